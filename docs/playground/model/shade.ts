/**
 * The colour of each element. Elements that share their place along the chosen axes share a hue, and get lighter
 * along all others: what stays together in a rearrangement is seen to stay together.
 */
import type { Hue } from './palette.ts'
import type { Reading, TensorReading } from './reading.ts'

/** Which hue of how many, and how far along the shade an element is, from 0 to 1. */
export interface Shade {
  readonly group: number
  readonly groups: number
  readonly tone: number
}

/**
 * The axes that tell the most about a pattern: those of the first dimension that groups several axes, in the result
 * or else in the operand, or that is moved to the front.
 */
export function tellingAxes({ axes, operands, result }: Reading): number[] {
  const kept = new Set(result.dimensions.flatMap((dimension) => dimension.axes))
  const long = (tensor: TensorReading | undefined) =>
    (tensor?.dimensions ?? [])
      .map((dimension) => dimension.axes.filter((axis) => axes[axis]!.length > 1 && kept.has(axis)))
      .filter((own) => own.length > 0)
  const after = long(result)
  const before = long(operands[0])
  const first = after[0] ?? []
  const source = before[0] ?? []
  if (operands.length > 1) return first
  return source.length > first.length ? source : first
}

/** The shade of each element of a reading's tensors. */
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
      group = group * length + (coordinates.get(axis) ?? 0)
    }
    let rank = 0
    let ranks = 1
    for (const [axis, { length }] of axes.entries()) {
      if (telling.includes(axis) || !given.has(axis) || !coordinates.has(axis)) continue
      rank = rank * length + coordinates.get(axis)!
      ranks *= length
    }
    return { group, groups, tone: ranks > 1 ? rank / (ranks - 1) : 0.4 }
  }
}

/** A CSS colour for a shade. One axis alone is shown in its own hue, from dark to light along the axis. */
export function colourOf({ group, groups, tone }: Shade, own?: Hue): string {
  if (own !== undefined && !Number.isNaN(own.angle)) {
    const along = groups > 1 ? group / (groups - 1) : 0.5
    return `oklch(${(0.64 + 0.28 * along).toFixed(3)} ${(0.15 - 0.1 * along).toFixed(3)} ${own.angle})`
  }
  const hue = (28 + (360 * group) / Math.max(groups, 2)) % 360
  return `oklch(${(0.68 + 0.19 * tone).toFixed(3)} ${(0.135 - 0.05 * tone).toFixed(3)} ${hue.toFixed(1)})`
}
