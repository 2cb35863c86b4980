/**
 * An array as text: values nested by shape, columns under each other, the middle left out where there are many, as NumPy prints them.
 */
import { readElement } from '../copy/reference.ts'
import { dtypeOf } from '../layout/data.ts'
import { sizeOf } from '../layout/layout.ts'
import { showShape } from '../layout/show.ts'
import type { Tensor } from '../layout/tensor.ts'

export interface ShowOptions {
  /** From so many elements on the middle of each axis is left out; 1000 if not given. */
  readonly threshold?: number | undefined
  /** How many are shown at either end of an axis then; 3 if not given. */
  readonly edgeItems?: number | undefined
  /** Significant digits of a number with a fraction; 8 if not given. */
  readonly precision?: number | undefined
  /** After so many characters a row goes on in the next line; 80 if not given. */
  readonly lineWidth?: number | undefined
}

/** A row of numbers, or of rows; null is what was left out. */
type Cell = string | null | readonly Cell[]

/** The text of a tensor. */
export function textOf(
  x: Tensor,
  { threshold = 1000, edgeItems = 3, precision = 8, lineWidth = 80 }: ShowOptions = {},
): string {
  const { data, shape, stride, offset } = x
  const isShort = sizeOf(shape) <= threshold
  const cellAt = (axis: number, at: number): Cell => {
    if (axis === shape.length) return numberText(readElement(data, at), precision)
    const length = shape[axis]!
    const items = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => cellAt(axis + 1, at + (from + i) * stride[axis]!))
    return isShort || length <= 2 * edgeItems
      ? items(0, length)
      : [...items(0, edgeItems), null, ...items(length - edgeItems, length)]
  }
  const cells = cellAt(0, offset)
  return `${headOf(x)}\n${isRow(cells) ? layOut(cells, widthOf(cells), lineWidth, 1) : cells}`
}

function isRow(cell: Cell): cell is readonly Cell[] {
  return Array.isArray(cell)
}

/** Dtype and shape: `float32 [2, 3]`. */
export function headOf({ data, shape }: Tensor): string {
  return `${dtypeOf(data)} ${showShape(shape)}`
}

function numberText(value: unknown, precision: number): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'number') return typeof value === 'string' ? JSON.stringify(value) : String(value)
  if (Object.is(value, -0)) return '-0'
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(precision)))
}

function widthOf(cell: Cell): number {
  if (isRow(cell)) return cell.reduce((most, part) => Math.max(most, widthOf(part)), 0)
  return cell?.length ?? 0
}

function layOut(cells: readonly Cell[], width: number, lineWidth: number, depth: number): string {
  const indent = ' '.repeat(depth)
  if (cells.some(isRow)) {
    const rows = cells.map((cell) => (isRow(cell) ? layOut(cell, width, lineWidth, depth + 1) : '…'))
    const isDeep = cells.some((cell) => isRow(cell) && cell.some(isRow))
    return `[${rows.join(`,${isDeep ? '\n' : ''}\n${indent}`)}]`
  }
  const perLine = Math.max(1, Math.floor((lineWidth - depth) / (width + 2)))
  const texts = cells.map((cell) => (typeof cell === 'string' ? cell.padStart(width) : '…'))
  const lines = Array.from({ length: Math.ceil(texts.length / perLine) }, (_, i) =>
    texts.slice(i * perLine, (i + 1) * perLine).join(', '),
  )
  return `[${lines.join(`,\n${indent}`)}]`
}
