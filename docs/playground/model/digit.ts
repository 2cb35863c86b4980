/**
 * From strokes of a pen to what the digits' model reads: 28×28 pixels, ink 1 on paper 0. Drawings are brought to the
 * form of MNIST's digits (LeCun, Cortes, Burges): they fill a box of 20×20 pixels, and their centre of mass is the
 * picture's centre.
 */

export type Point = readonly [x: number, y: number]
/** Points of one touch of the pen, 0 to 1 to the right and downwards. */
export type Stroke = readonly Point[]

export const side = 28

export interface RasterOptions {
  /** Radius of the pen in pixels. */
  readonly pen?: number
  /** Whether the drawing is scaled and centred as MNIST's digits are. */
  readonly centred?: boolean
}

/** Ink for each pixel, [28, 28], 0 to 1. */
export function rasterize(
  strokes: readonly Stroke[],
  { pen = 1.25, centred = true }: RasterOptions = {},
): Float32Array {
  const lines = strokes.filter((stroke) => stroke.length > 0)
  if (lines.length === 0) return new Float32Array(side * side)
  const scaled = lines.map((line) => line.map(([x, y]): Point => [x * side, y * side]))
  if (!centred) return paint(scaled, pen)
  const boxed = fitBox(scaled, 20 - 2 * pen)
  const [x, y] = centreOfMass(paint(boxed, pen))
  return paint(move(boxed, side / 2 - x, side / 2 - y), pen)
}

/** Scales and moves the lines so that they fill a square of this size in the middle. */
function fitBox(lines: readonly Stroke[], size: number): Point[][] {
  const xs = lines.flatMap((line) => line.map(([x]) => x))
  const ys = lines.flatMap((line) => line.map(([, y]) => y))
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  // a first dot is not blown up to a blot that fills the picture
  const extent = Math.max(right - left, bottom - top, side / 4)
  const scale = size / extent
  const place = (value: number, low: number, high: number) => (value - (low + high) / 2) * scale + side / 2
  return lines.map((line) => line.map(([x, y]): Point => [place(x, left, right), place(y, top, bottom)]))
}

function move(lines: readonly Stroke[], dx: number, dy: number): Point[][] {
  return lines.map((line) => line.map(([x, y]): Point => [x + dx, y + dy]))
}

function centreOfMass(ink: Float32Array): Point {
  let mass = 0
  let x = 0
  let y = 0
  for (const [i, amount] of ink.entries()) {
    mass += amount
    x += amount * ((i % side) + 0.5)
    y += amount * (Math.floor(i / side) + 0.5)
  }
  return mass === 0 ? [side / 2, side / 2] : [x / mass, y / mass]
}

/** Ink where the round pen has been; its edge is one pixel soft. */
function paint(lines: readonly Stroke[], pen: number): Float32Array {
  const ink = new Float32Array(side * side)
  for (const line of lines) {
    for (let k = 0; k < line.length; k++) {
      const [ax, ay] = line[Math.max(0, k - 1)]!
      const [bx, by] = line[k]!
      const reach = pen + 1
      const columns = [Math.floor(Math.min(ax, bx) - reach), Math.ceil(Math.max(ax, bx) + reach)] as const
      const rows = [Math.floor(Math.min(ay, by) - reach), Math.ceil(Math.max(ay, by) + reach)] as const
      for (let row = Math.max(0, rows[0]); row < Math.min(side, rows[1]); row++) {
        for (let column = Math.max(0, columns[0]); column < Math.min(side, columns[1]); column++) {
          const distance = toSegment(column + 0.5, row + 0.5, ax, ay, bx, by)
          const amount = Math.min(1, Math.max(0, pen + 0.5 - distance))
          const at = row * side + column
          ink[at] = Math.max(ink[at]!, amount)
        }
      }
    }
  }
  return ink
}

/** The distance of a point from a segment. */
function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length))
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}
