/**
 * Colours for heat maps: matplotlib's "inferno" (S. van der Walt and N. Smith, 2015), whose lightness grows evenly,
 * interpolated between nine of its colours.
 */

const STOPS: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [31, 12, 72],
  [85, 15, 109],
  [136, 34, 106],
  [186, 54, 85],
  [227, 89, 51],
  [249, 140, 10],
  [249, 201, 50],
  [252, 255, 164],
]

/** The colour of a value 0…1 (beyond: of the nearer end), channels 0…255. */
export function inferno(value: number): readonly [number, number, number] {
  const position = Math.min(1, Math.max(0, value)) * (STOPS.length - 1)
  const first = Math.min(STOPS.length - 2, Math.floor(position))
  const [from, to] = [STOPS[first]!, STOPS[first + 1]!]
  const part = position - first
  const [r, g, b] = from.map((channel, i) => channel + part * (to[i]! - channel))
  return [r!, g!, b!]
}
