/**
 * How a change of a reduction's result becomes a change of what was reduced, where that depends on the elements: the least and the greatest ones share
 * it evenly, and each factor of a product gets the product of the others.
 */
import type { Floats } from '../layout/data.ts'
import { type Layout, sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/resident.ts'

export type CurvedReduction = 'min' | 'max' | 'prod'

/** `kept` and `dropped` walk the elements of x as in a reduction; `change` is of kept's shape, and `result` is laid out like x. */
export function foldSlope(
  reduction: CurvedReduction,
  x: Tensor<Floats> & { readonly kept: Layout; readonly dropped: Layout },
  change: Tensor<Floats>,
  result: Tensor<Floats> & { readonly kept: Layout; readonly dropped: Layout },
): void {
  const [xs, gs, target] = [current(x.data), current(change.data), current(result.data)]
  const spread = reduction === 'prod' ? spreadOverFactors : spreadOverTies
  const [starts, changes, ends] = [positions(x.kept), positions(change), positions(result.kept)]
  const [from, to] = [x, result].map(({ dropped }) => positions({ ...dropped, offset: 0 })) as [
    Offsets,
    Offsets,
  ]
  const row = new Float64Array(from.length)
  for (let r = 0; r < starts.length; r++) {
    for (let i = 0; i < row.length; i++) row[i] = xs[starts[r]! + from[i]!]!
    spread(row, gs[changes[r]!]!, reduction === 'min')
    for (let i = 0; i < row.length; i++) target[ends[r]! + to[i]!] = row[i]!
  }
}

/** Several equal ones share evenly; NaN is the greatest and the least, as in the reduction. */
function spreadOverTies(row: Float64Array, g: number, least: boolean): void {
  let best = row[0]!
  for (const value of row) if (!(least ? value >= best : value <= best) && !Number.isNaN(best)) best = value
  const isBest = (value: number) => value === best || (Number.isNaN(value) && Number.isNaN(best))
  let ties = 0
  for (const value of row) if (isBest(value)) ties++
  for (let i = 0; i < row.length; i++) row[i] = isBest(row[i]!) ? g / ties : 0
}

/** What comes before times what comes after: no division, so that zeros do no harm. */
function spreadOverFactors(row: Float64Array, g: number): void {
  const after = new Float64Array(row.length + 1).fill(1)
  for (let i = row.length - 1; i >= 0; i--) after[i] = after[i + 1]! * row[i]!
  let before = 1
  for (let i = 0; i < row.length; i++) {
    const factor = row[i]!
    row[i] = g * before * after[i + 1]!
    before *= factor
  }
}

type Offsets = Float64Array

/** The positions of all elements in row-major order. */
function positions(layout: Layout): Offsets {
  const { shape, stride, offset } = layout
  const table = new Float64Array(sizeOf(shape))
  let filled = 1
  if (table.length === 0) return table
  table[0] = offset
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!
    for (let i = filled - 1; i >= 0; i--) {
      const start = table[i]!
      for (let j = 0; j < length; j++) table[i * length + j] = start + j * stride[axis]!
    }
    filled *= length
  }
  return table
}
