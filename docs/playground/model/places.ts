/** The places of all elements of a tensor, twice: with its groups closed, as it is, and open, as the pattern reads it. */
import { type Arrangement, type ArrangeOptions, arrange, placeOf } from './arrange.ts'
import { sizeOf } from './cells.ts'
import type { Reading, TensorReading } from './reading.ts'

export interface Places {
  /** With its groups closed, as it is. */
  readonly arrangement: Arrangement
  /** With its groups open, as the pattern reads it. */
  readonly opened: Arrangement
  readonly size: number
  /** The corner of each element's cell, in cells: closed, and open. */
  readonly x: Float32Array
  readonly y: Float32Array
  readonly openX: Float32Array
  readonly openY: Float32Array
}

/** The place of each element of a tensor, with its groups closed and open. */
export function placesOf(
  tensor: TensorReading,
  axes: Reading['axes'],
  options: ArrangeOptions,
  opened: number,
): Places {
  const closed = arrange(tensor, axes, options)
  const open = arrange(tensor, axes, { ...options, opened })
  const size = sizeOf(tensor)
  const [x, y, openX, openY] = Array.from({ length: 4 }, () => new Float32Array(size)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  for (let element = 0; element < size; element++) {
    const place = placeOf(closed, element)
    const wide = placeOf(open, element)
    x[element] = place.x
    y[element] = place.y
    openX[element] = wide.x
    openY[element] = wide.y
  }
  return { arrangement: closed, opened: open, size, x, y, openX, openY }
}
