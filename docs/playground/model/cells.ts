/**
 * Which element goes where. Every element has a coordinate along each axis; an element of the result comes from those
 * of the operands that have the same coordinates. That is all that a pattern means, and all that is computed here.
 */
import type { Reading, TensorReading } from './reading.ts'

/** Element `from` of an operand goes into element `to` of the result; both count in row-major order. */
export interface Move {
  readonly operand: number
  readonly from: number
  readonly to: number
}

/** Every way of an element into the result. A dropped axis gives many to one, a new axis one to many. */
export function movesOf({ axes, operands, result }: Reading): Move[] {
  const moves: Move[] = []
  const seen = operands.map(() => new Set<number>())
  const size = sizeOf(result)
  for (const coordinates of indices(axes.map(({ length }) => length))) {
    const to = elementAt(result, axes, coordinates)
    for (const [operand, tensor] of operands.entries()) {
      const from = elementAt(tensor, axes, coordinates)
      const key = from * size + to
      if (seen[operand]!.has(key)) continue
      seen[operand]!.add(key)
      moves.push({ operand, from, to })
    }
  }
  return moves
}

/** What one element of the result is made of: for each term the elements of the operands that meet in it. */
export function termsOf({ axes, operands, result }: Reading, element: number): number[][] {
  const terms: number[][] = []
  for (const coordinates of indices(axes.map(({ length }) => length))) {
    if (elementAt(result, axes, coordinates) !== element) continue
    terms.push(operands.map((tensor) => elementAt(tensor, axes, coordinates)))
  }
  return terms
}

/** The number of the element with these coordinates along the reading's axes. */
export function elementAt(
  { dimensions }: TensorReading,
  axes: Reading['axes'],
  coordinates: readonly number[],
): number {
  let element = 0
  for (const dimension of dimensions) {
    for (const axis of dimension.axes) element = element * axes[axis]!.length + coordinates[axis]!
  }
  return element
}

/** The coordinates of an element along the axes of its tensor, by axis; axes that the tensor lacks have none. */
export function coordinatesOf(
  { dimensions }: TensorReading,
  axes: Reading['axes'],
  element: number,
): Map<number, number> {
  const coordinates = new Map<number, number>()
  let rest = element
  for (const axis of dimensions.flatMap((dimension) => dimension.axes).toReversed()) {
    const { length } = axes[axis]!
    coordinates.set(axis, rest % length)
    rest = Math.floor(rest / length)
  }
  return coordinates
}

/** The index of an element, dimension by dimension. */
export function indexOf({ shape }: TensorReading, element: number): number[] {
  const index = shape.map(() => 0)
  let rest = element
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    index[dimension] = rest % shape[dimension]!
    rest = Math.floor(rest / shape[dimension]!)
  }
  return index
}

export function sizeOf({ shape }: TensorReading): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** All coordinates below the given lengths, the last one fastest. */
function* indices(lengths: readonly number[]): Generator<readonly number[]> {
  if (lengths.includes(0)) return
  const coordinates = lengths.map(() => 0)
  while (true) {
    yield coordinates
    let axis = lengths.length - 1
    while (axis >= 0 && ++coordinates[axis]! === lengths[axis]) coordinates[axis--] = 0
    if (axis < 0) return
  }
}
