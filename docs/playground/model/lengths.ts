/**
 * Axes that are drawn shorter than they are, and what is drawn of them: of numbers the first and the last half, with a
 * mark in between, so that every number drawn is the true tensor's own; of a picture pixels at even distances, so that
 * the whole picture is seen.
 */
import { coordinatesOf } from './cells.ts'
import type { Reading, TensorReading } from './reading.ts'

/** How the indices of an axis are chosen that is drawn shorter. */
export type Choice = 'ends' | 'even'

/** The true index of what is drawn at `index` of an axis of this length, drawn as `drawn`. */
export function trueIndex(index: number, drawn: number, length: number, choice: Choice): number {
  if (drawn === length) return index
  if (choice === 'even') return Math.floor((index * length) / drawn)
  return index < Math.ceil(drawn / 2) ? index : length - drawn + index
}

/** Where a drawn element stands in the true tensor: its index along each dimension. */
export function trueAddress(
  tensor: TensorReading,
  drawn: Reading['axes'],
  full: Reading['axes'],
  element: number,
  choice: Choice,
): number[] {
  const coordinates = coordinatesOf(tensor, drawn, element)
  return tensor.dimensions.map(({ axes }) =>
    axes.reduce((index, axis) => {
      const { length } = full[axis]!
      return index * length + trueIndex(coordinates.get(axis)!, drawn[axis]!.length, length, choice)
    }, 0),
  )
}

/** The number of an element in row-major order. */
export function numberOf(address: readonly number[], shape: readonly number[]): number {
  return address.reduce((number, index, dimension) => number * shape[dimension]! + index, 0)
}
