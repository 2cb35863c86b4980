/** Small pictures of numbers: ink, heat, embeddings. All of them draw into a canvas of one pixel an element. */
import { element } from '../page/element.ts'

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
export function ink(dark: boolean): (value: number) => Colour {
  const tone = dark ? 236 : 29
  return (value) => [tone, tone, tone, Math.round(255 * value)]
}

/** Heat from nothing, at the least value, to full, over what lies below. */
export function heat(largest: number, least = 0): (value: number) => Colour {
  return (value) => {
    const part = largest <= least ? 0 : Math.min(1, (value - least) / (largest - least))
    return [224, 92, 24, Math.round(225 * part ** 0.8)]
  }
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

/** Blue below zero, orange above, nothing at zero. */
export function signed(largest: number): (value: number) => Colour {
  return (value) => {
    const part = largest === 0 ? 0 : Math.min(1, Math.abs(value) / largest)
    const alpha = Math.round(255 * part ** 0.7)
    return value < 0 ? [24, 116, 205, alpha] : [224, 92, 24, alpha]
  }
}

export function maximum(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!))
  return largest
}
