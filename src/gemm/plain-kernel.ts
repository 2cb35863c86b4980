/**
 * The kernel in plain TypeScript, for every dtype whose elements are numbers: 4×4 tiles over panels of doubles. Integers are then
 * exact up to 2^53, and on V8 it is twice as fast as one in single precision, whose every operation JavaScript has to round.
 */
import { fillOffsets } from '../wasm/offsets.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { activations } from './activation.ts'
import type { Elements, Kernel, MatrixProduct } from './kernel.ts'
import { lengthOf, type Matrix } from './matrix.ts'
import { multiplyTile, tile } from './plain-tile.ts'

/** What is packed at a time. */
const largest = { rows: 48, columns: 512, depth: 384 } as const

/** A part of a product: rows × columns of the output, a part of the depth. */
interface Block {
  row: number
  rows: number
  column: number
  columns: number
  k: number
  depth: number
}

interface Workspace {
  /** Panels of A and B: [sliver, k, row or column within the tile]. */
  readonly a: Float64Array
  readonly b: Float64Array
  /** The block of the product: [row, column], columns padded to whole tiles. */
  readonly sums: Float64Array
  /** Scatter vectors of the matrix at hand. */
  readonly rows: Int32Array
  readonly columns: Int32Array
  readonly depth: Int32Array
}

// made on first use: importing the library costs no memory
let workspace: Workspace | undefined

function getWorkspace(): Workspace {
  workspace ??= {
    a: new Float64Array(largest.rows * largest.depth),
    b: new Float64Array(largest.columns * largest.depth),
    sums: new Float64Array(largest.rows * largest.columns),
    rows: new Int32Array(largest.rows),
    columns: new Int32Array(largest.columns),
    depth: new Int32Array(largest.depth),
  }
  return workspace
}

export const plainKernel: Kernel = {
  /** The order of the loops is that of BLIS (Van Zee & van de Geijn 2015): columns, depth, rows. */
  multiply(product) {
    computedPlainly()
    const end = {
      rows: lengthOf(product.a.rows),
      columns: lengthOf(product.b.columns),
      depth: lengthOf(product.b.rows),
    }
    const block: Block = { row: 0, rows: 0, column: 0, columns: 0, k: 0, depth: 0 }
    for (block.column = 0; block.column < end.columns; block.column += largest.columns) {
      block.columns = Math.min(largest.columns, end.columns - block.column)
      for (block.k = 0; block.k < end.depth; block.k += largest.depth) {
        block.depth = Math.min(largest.depth, end.depth - block.k)
        packB(product.b, block)
        const part = { first: block.k === 0, last: block.k + block.depth === end.depth }
        for (block.row = 0; block.row < end.rows; block.row += largest.rows) {
          block.rows = Math.min(largest.rows, end.rows - block.row)
          packA(product.a, block)
          multiplyBlock(block)
          store(product, block, part)
        }
      }
    }
  },
}

function packA({ data, offset, rows, columns }: Matrix<Elements>, block: Block): void {
  const space = getWorkspace()
  fillOffsets(rows, block.row, space.rows.subarray(0, block.rows))
  fillOffsets(columns, block.k, space.depth.subarray(0, block.depth))
  pack(data, offset, space.rows, block.rows, space.depth, block.depth, space.a)
}

function packB({ data, offset, rows, columns }: Matrix<Elements>, block: Block): void {
  const space = getWorkspace()
  fillOffsets(columns, block.column, space.columns.subarray(0, block.columns))
  fillOffsets(rows, block.k, space.depth.subarray(0, block.depth))
  pack(data, offset, space.columns, block.columns, space.depth, block.depth, space.b)
}

function multiplyBlock({ rows, columns, depth }: Block): void {
  const { a, b, sums } = getWorkspace()
  const width = padded(columns)
  for (let column = 0; column < columns; column += tile) {
    for (let row = 0; row < rows; row += tile) {
      multiplyTile(a, row * depth, b, column * depth, depth, sums, row * width + column, width)
    }
  }
}

function padded(count: number): number {
  return Math.ceil(count / tile) * tile
}

/**
 * Copies a block into a panel: lines of the matrix (rows of A, columns of B) in slivers of a tile's width, each sliver
 * [depth, line]; missing lines of the last one are zeros.
 */
function pack(
  data: Elements,
  offset: number,
  lineOffsets: Int32Array,
  lines: number,
  depthOffsets: Int32Array,
  depth: number,
  panel: Float64Array,
): void {
  let to = 0
  let line = 0
  for (; line + tile <= lines; line += tile) {
    const at0 = offset + lineOffsets[line]!
    const at1 = offset + lineOffsets[line + 1]!
    const at2 = offset + lineOffsets[line + 2]!
    const at3 = offset + lineOffsets[line + 3]!
    for (let k = 0; k < depth; k++) {
      const step = depthOffsets[k]!
      panel[to] = data[at0 + step]!
      panel[to + 1] = data[at1 + step]!
      panel[to + 2] = data[at2 + step]!
      panel[to + 3] = data[at3 + step]!
      to += tile
    }
  }
  if (line === lines) return
  panel.fill(0, to, to + tile * depth)
  for (let i = 0; line + i < lines; i++) {
    const at = offset + lineOffsets[line + i]!
    for (let k = 0; k < depth; k++) panel[to + tile * k + i] = data[at + depthOffsets[k]!]!
  }
}

/** Adds what earlier blocks of the depth left in the output, applies the epilogue after the last one, and writes the block. */
function store(
  { output, scale, bias, activation, residual }: MatrixProduct,
  block: Block,
  { first, last }: { first: boolean; last: boolean },
): void {
  const { sums } = getWorkspace()
  if (!first) addBlock(output, block, sums)
  if (last) {
    const count = block.rows * padded(block.columns)
    if (scale !== 1) for (let i = 0; i < count; i++) sums[i]! *= scale
    if (bias) addBlock(bias, block, sums)
    if (activation) {
      const activate = activations[activation]
      for (let i = 0; i < count; i++) sums[i] = activate(sums[i]!)
    }
    if (residual) addBlock(residual, block, sums)
  }
  const { data, offset } = output
  const { rows, columns } = tables(output, block)
  const width = padded(block.columns)
  for (let row = 0; row < block.rows; row++) {
    const from = row * width
    const to = offset + rows[row]!
    for (let column = 0; column < block.columns; column++) data[to + columns[column]!] = sums[from + column]!
  }
}

function addBlock(matrix: Matrix<Elements>, block: Block, sums: Float64Array): void {
  const { data, offset } = matrix
  const { rows, columns } = tables(matrix, block)
  const width = padded(block.columns)
  for (let row = 0; row < block.rows; row++) {
    const to = row * width
    const from = offset + rows[row]!
    for (let column = 0; column < block.columns; column++)
      sums[to + column]! += data[from + columns[column]!]!
  }
}

/** The scatter vectors of a block of rows and columns; valid until the next call. */
function tables(
  { rows, columns }: Matrix<Elements>,
  block: Block,
): { rows: Int32Array; columns: Int32Array } {
  const space = getWorkspace()
  fillOffsets(rows, block.row, space.rows.subarray(0, block.rows))
  fillOffsets(columns, block.column, space.columns.subarray(0, block.columns))
  return space
}
