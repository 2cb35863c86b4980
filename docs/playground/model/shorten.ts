/**
 * A tensor of a million elements cannot be drawn, but its pattern can: the same axes, made shorter, show the same
 * rearrangement. Numbers that stand in the pattern keep their length, since they are part of what one reads.
 */
import type { Reading, TensorReading } from './reading.ts'

export interface Shortened {
  readonly reading: Reading
  /** The axes that are drawn shorter than they are. */
  readonly shortened: readonly number[]
}

/** How many elements a drawing can have and still be followed. */
export const drawable = 640

/** How many moving pixels a picture can have. */
export const drawableOfPicture = 30_000

export interface ShortenOptions {
  /** How many moves a reading has; all combinations of its axes unless said otherwise. */
  readonly count?: (reading: Reading) => number
  /** An axis that follows from the others and is left alone. */
  readonly spare?: number
}

/** The same reading with at most `limit` moves, or null where even the shortest has more. */
export function shorten(
  reading: Reading,
  limit: number,
  { count, spare = -1 }: ShortenOptions = {},
): Shortened | null {
  const lengths = reading.axes.map(({ length }) => length)
  const product = () =>
    count === undefined
      ? lengths.reduce((size, length) => size * length, 1)
      : count(withLengths(reading, lengths))
  for (const least of [2, 1]) {
    while (product() > limit) {
      const axis = longest(reading, lengths, least, spare)
      if (axis === undefined) break
      lengths[axis] = Math.max(least, Math.floor(lengths[axis]! * 0.75))
    }
  }
  if (product() > limit) return null
  const shortened = lengths.flatMap((length, axis) => (length < reading.axes[axis]!.length ? axis : []))
  return { reading: withLengths(reading, lengths), shortened }
}

function longest(
  { axes }: Reading,
  lengths: readonly number[],
  least: number,
  spare: number,
): number | undefined {
  let best: number | undefined
  for (const [axis, { kind }] of axes.entries()) {
    if (axis === spare || kind === 'number' || lengths[axis]! <= least) continue
    if (best === undefined || lengths[axis]! > lengths[best]!) best = axis
  }
  return best
}

function withLengths({ axes, operands, result }: Reading, lengths: readonly number[]): Reading {
  const resize = ({ dimensions }: TensorReading): TensorReading => {
    const resized = dimensions.map((dimension) => ({
      axes: dimension.axes,
      length: dimension.axes.reduce((product, axis) => product * lengths[axis]!, 1),
    }))
    return { dimensions: resized, shape: resized.map(({ length }) => length) }
  }
  return {
    axes: axes.map((axis, i) => ({ ...axis, length: lengths[i]! })),
    operands: operands.map(resize),
    result: resize(result),
  }
}
