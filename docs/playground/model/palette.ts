/**
 * The colours of axes. Names get theirs in the order of the pattern, so that neighbours differ most; each colour has a
 * tone that can be read as text on the light page, one for the dark page, and one to fill cells with. A test holds the
 * contrast of every tone (WCAG 2.2, 4.5 to 1). Hues are spread so that the common kinds of colour blindness keep
 * neighbours apart (after Okabe and Ito's set); the name beside a colour always says the same thing again.
 */

export interface Hue {
  readonly light: string
  readonly dark: string
  /** In degrees, for the shades of cells. */
  readonly angle: number
}

export const hues: readonly Hue[] = [
  { light: '#0a6ab4', dark: '#6bb8ff', angle: 250 }, // blue
  { light: '#b8430f', dark: '#ff9d66', angle: 45 }, // vermilion
  { light: '#0c7a5b', dark: '#4ed3a5', angle: 165 }, // green
  { light: '#a02c84', dark: '#f08fd6', angle: 340 }, // purple-red
  { light: '#8a6100', dark: '#e8bf4a', angle: 90 }, // ochre
  { light: '#5b4cc4', dark: '#b0a5ff', angle: 285 }, // violet
  { light: '#0b7786', dark: '#4fd0e0', angle: 210 }, // cyan
  { light: '#b3263e', dark: '#ff8f9d', angle: 15 }, // red
  { light: '#4d7a0e', dark: '#a6d65c', angle: 130 }, // leaf
]

/** What has no hue: units, numbers, `...`. */
export const neutral: Hue = { light: '#5d5a55', dark: '#b5b1aa', angle: Number.NaN }

/** The hue of each name, by its place among all of them. */
export function paint(names: readonly string[]): Map<string, Hue> {
  return new Map(names.map((name, i) => [name, name === '...' ? neutral : hues[i % hues.length]!]))
}
