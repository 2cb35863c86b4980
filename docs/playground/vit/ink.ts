/** Small pictures of numbers: ink, heat, vectors. All of them draw into a canvas of one pixel an element. */
import { element } from '../page/element.ts'
import { isDark } from '../page/theme.ts'

type Colour = readonly [red: number, green: number, blue: number, alpha: number]

/** A canvas of `columns` × `rows` pixels, shown without smoothing. */
export function grid(columns: number, rows: number, className: string): HTMLCanvasElement {
  return element('canvas', {
    className: `pixels ${className}`,
    width: columns,
    height: rows,
    attributes: { 'aria-hidden': 'true' },
  })
}

/** Fills a canvas with one colour for each value. */
export function fill(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  colour: (value: number) => Colour,
): void {
  const image = new ImageData(canvas.width, canvas.height)
  for (let i = 0; i < values.length; i++) image.data.set(colour(values[i]!), 4 * i)
  canvas.getContext('2d')!.putImageData(image, 0, 0)
}

/** Ink 0 to 1, in the page's ink colour; paper is transparent. */
export function ink(): (value: number) => Colour {
  const tone = isDark() ? 236 : 29
  return (value) => [tone, tone, tone, Math.round(255 * Math.min(1, Math.max(0, value)))]
}

/**
 * A weight from 0 to 1 as heat: one scale for all maps of the page. The root makes small weights visible, and 1 is still
 * twice as strong as a quarter.
 */
export function weight(value: number): Colour {
  return [224, 92, 24, Math.round(240 * Math.sqrt(Math.min(1, Math.max(0, value))))]
}

/** The same as CSS, for cells and legends. */
export function weightCss(value: number): string {
  const [red, green, blue, alpha] = weight(value)
  return `rgb(${red} ${green} ${blue} / ${(alpha / 255).toFixed(3)})`
}

/**
 * A veil that is thick at the least value and gone at the largest ones, the upper twentieth: what is lit is looked at.
 */
export function spotlight(values: ArrayLike<number>): (value: number) => Colour {
  const sorted = Array.from(values).sort((a, b) => a - b)
  const least = sorted[0] ?? 0
  const most = sorted[Math.floor(0.95 * (sorted.length - 1))] ?? 0
  return (value) => {
    const part = most > least ? Math.min(1, (value - least) / (most - least)) : 0
    return [12, 13, 18, Math.round(205 * (1 - part))]
  }
}

/** Blue below zero, orange above, nothing at zero; `largest` is full. */
export function signed(largest: number): (value: number) => Colour {
  return (value) => {
    const part = largest === 0 ? 0 : Math.min(1, Math.abs(value) / largest)
    const alpha = Math.round(255 * part ** 0.7)
    return value < 0 ? [24, 116, 205, alpha] : [224, 92, 24, alpha]
  }
}

export function signedCss(value: number, largest: number): string {
  const [red, green, blue, alpha] = signed(largest)(value)
  return `rgb(${red} ${green} ${blue} / ${(alpha / 255).toFixed(3)})`
}

export function maximum(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!))
  return largest
}

/** The length of a vector. */
export function norm(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2
  return Math.sqrt(sum)
}

/** A number in a figure. */
export function shown(value: number, digits = 2): string {
  return value.toFixed(digits).replace('-', '−')
}
