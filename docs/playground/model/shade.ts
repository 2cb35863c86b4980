/**
 * The colour of each element. Elements that share their place along the chosen axes share a hue, and get lighter
 * along all others: what stays together in a rearrangement is seen to stay together.
 */
import type { Hue } from './palette.ts'
import type { Reading, TensorReading } from './reading.ts'

/** Which hue of how many, and how far along the shade an element is, from 0 to 1. */
export interface Shade {
  /** Null for an element that has no place along these axes. */
  readonly group: number | null
  readonly groups: number
  readonly tone: number
}

/** How many hues can still be told apart. */
const mostHues = 24

/**
 * The axes that tell the most about a pattern. Of a reduction: all that stay, so that what meets in one element has
 * one colour. Else the first dimension that is not the same on both sides, of the result, or of the operand where
 * that groups more axes.
 */
export function tellingAxes({ axes, operands, result }: Reading, reduces: boolean): number[] {
  const kept = new Set(result.dimensions.flatMap((dimension) => dimension.axes))
  const given = new Set(
    operands.flatMap(({ dimensions }) => dimensions.flatMap((dimension) => dimension.axes)),
  )
  const long = (tensor: TensorReading | undefined) =>
    (tensor?.dimensions ?? [])
      .map((dimension) =>
        dimension.axes.filter((axis) => axes[axis]!.length > 1 && kept.has(axis) && given.has(axis)),
      )
      .filter((own) => own.length > 0)
  const after = long(result)
  const before = long(operands[0])
  const hues = after.flat().reduce((product, axis) => product * axes[axis]!.length, 1)
  if (reduces && hues <= mostHues) return after.flat()
  while (after.length > 1 && before.length > 1 && String(after[0]) === String(before[0])) {
    after.shift()
    before.shift()
  }
  const first = after[0] ?? []
  const source = before[0] ?? []
  return operands.length === 1 && source.length > first.length ? source : first
}

/** The shade of each element of a reading's tensors, by its coordinates. */
export function shader(
  { axes, operands }: Reading,
  telling: readonly number[],
): (coordinates: ReadonlyMap<number, number>) => Shade {
  // a repeat is the same element, so new axes change nothing
  const given = new Set(
    operands.flatMap(({ dimensions }) => dimensions.flatMap((dimension) => dimension.axes)),
  )
  return (coordinates) => {
    let group = 0
    let groups = 1
    for (const axis of telling) {
      const { length } = axes[axis]!
      groups *= length
      group = group * length + (coordinates.get(axis) ?? Number.NaN)
    }
    let rank = 0
    let ranks = 1
    for (const [axis, { length }] of axes.entries()) {
      if (telling.includes(axis) || !given.has(axis) || !coordinates.has(axis)) continue
      rank = rank * length + coordinates.get(axis)!
      ranks *= length
    }
    return { group: Number.isNaN(group) ? null : group, groups, tone: ranks > 1 ? rank / (ranks - 1) : 0.4 }
  }
}

/** A CSS colour for a shade. One axis alone is shown in its own hue, from dark to light along the axis. */
export function colourOf({ group, groups, tone }: Shade, own?: Hue): string {
  if (group === null) return `oklch(${(0.74 + 0.14 * tone).toFixed(3)} 0.008 80)`
  if (own !== undefined && !Number.isNaN(own.angle)) {
    const along = groups > 1 ? group / (groups - 1) : 0.5
    return `oklch(${(0.64 + 0.28 * along).toFixed(3)} ${(0.15 - 0.1 * along).toFixed(3)} ${own.angle})`
  }
  const hue = (28 + (360 * group) / Math.max(groups, 2)) % 360
  return `oklch(${(0.68 + 0.19 * tone).toFixed(3)} ${(0.135 - 0.05 * tone).toFixed(3)} ${hue.toFixed(1)})`
}
