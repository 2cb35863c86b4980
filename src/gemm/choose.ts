/**
 * Which kernel suits a product: one that packs its operands into panels, or one that reads them where they stand. It does not ask how many products come
 * together, unless these stand element beside element, nor, of a product with a weight, how many rows: the bits of a picture's result must not depend on what
 * pictures come with it.
 */
import { lengthOf } from './matrix.ts'
import type { Product } from './pair.ts'

export type KernelKind = 'tiles' | 'thin'

/** Nanoseconds, about, on one thread. */
const tiles = { begin: 150, packed: 0.3, term: 1 / 20, stored: 0.15, scatteredRow: 6, scattered: 1.5 }
const thin = {
  ...{ element: 1.5, gatheredTerm: 0.75, row: 10, dotTerm: 0.3, eight: 4, wideTerm: 0.2, alone: 0.12 },
  ...{ beside: 1, besideTerm: 0.3 },
}

const longSum = 64
const few = 4

/** Columns of a register tile. */
const width = 8

/** The kernel for single precision. */
export function kernelFor(product: Product): KernelKind {
  if (product.epilogue.activation !== null) return 'tiles'
  const { walks, b } = product
  const [m, k, n] = [lengthOf(walks.a.rows), lengthOf(walks.a.columns), lengthOf(walks.b.columns)]
  const each = b.weight !== undefined
  // the sums of a matrix and a vector or two cost no more in doubles, and may be long
  if (k >= longSum && (n < few || (!each && m < few))) return 'thin'
  const rows = each ? 1 : m
  const once = each ? 0 : tiles.begin + tiles.packed * n * k
  return once + rows * tileRowTime(product, n, k) <= thinTime(product, rows, n, k) ? 'tiles' : 'thin'
}

/** Of a row: packing it, multiplying, and storing whole vectors or element by element. */
function tileRowTime({ walks }: Product, n: number, k: number): number {
  const side = n >= width && walks.output.columns.strides.at(-1) === 1
  const stored = side ? tiles.stored * n : tiles.scatteredRow * Math.ceil(n / width) + tiles.scattered * n
  return tiles.packed * k + Math.ceil(n / width) * width * k * tiles.term + stored
}

function thinTime(product: Product, m: number, n: number, k: number): number {
  const { a, b, groups, lengths, output } = product
  if (product.isDots) return m * n * (thin.row + thin.dotTerm * k)
  const gathered = m * n * (thin.element + thin.gatheredTerm * k)
  const beside = groups.batch.filter((axis) =>
    [a, b, output].every((tensor) => tensor.stride[axis] === 1 && lengths[axis]! > 1),
  )
  const together = (axis: number) => m * n * (thin.row / lengths[axis]! + thin.beside + thin.besideTerm * k)
  const across = groups.columns.at(-1)
  const down = groups.rows.at(-1)
  const wide = (rows: number, columns: number) => {
    const eights = Math.ceil(columns / 8) * (thin.eight + 8 * thin.wideTerm * k)
    return rows * (thin.row + (k === 1 ? thin.alone * columns : eights))
  }
  return Math.min(
    gathered,
    ...beside.map(together),
    across !== undefined && b.stride[across] === 1 ? wide(m, n) : gathered,
    down !== undefined && a.stride[down] === 1 ? wide(n, m) : gathered,
  )
}

// below this many multiplications in all, bringing tensors to linear memory costs more than it saves
const leastBrought = 16_384

/** Whether a product of so many multiplications is computed where its tensors are, outside of linear memory; the bits are the same. */
export function staysOutside(multiplications: number): boolean {
  return multiplications < leastBrought
}

/** Whether a product of numbers of any dtype is too small, or too thin, for panels of the plain kernel. */
export function isThinForPlain(m: number, n: number, k: number): boolean {
  return k < 4 || n < 4 || m < 4 || m * n * k < leastBrought
}
