/**
 * Draws `digits.png`, the strip of ten digits that `npm start` reads: `node dist/tools/draw-digits.js`. Each digit is
 * a few strokes of a round pen through points that a hand would touch; a seeded generator moves the points a little,
 * slants and turns each digit and changes the pen's pressure, as a hand does. Nothing here knows the model.
 */
import { writeFile } from 'node:fs/promises'
import ndarray from 'ndarray'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import { writePng } from 'tesserae/image'

export type Point = readonly [x: number, y: number]

/**
 * The strokes of the digits 0 to 9: points x,y in hundredths of a square, y downwards; the pen is lifted at each bar.
 */
export const DIGITS = [
  '60,3 36,8 20,34 20,68 38,95 64,93 82,66 81,32 66,8 50,4',
  '36,20 46,12 55,2 53,30 50,64 48,98',
  '20,24 32,7 56,3 74,15 71,37 53,60 34,80 18,94 34,92 58,93 84,94',
  '23,12 46,3 70,11 73,28 60,42 42,47 | 42,47 67,52 80,70 68,91 44,98 20,88',
  '36,4 28,30 18,56 48,58 88,55 | 67,10 63,50 58,98',
  '34,6 31,26 27,45 50,38 74,50 78,72 62,92 38,97 19,88 | 34,7 58,6 81,3',
  '66,3 43,20 27,48 25,76 40,96 62,94 75,76 67,58 48,55 29,70',
  '18,10 50,9 82,6 68,32 54,62 43,98',
  '69,15 50,3 30,14 34,34 54,49 72,67 70,88 48,98 28,86 31,66 50,48 67,31 68,14',
  '73,20 56,4 34,10 25,30 38,47 60,42 73,22 71,50 66,76 57,98',
]

export const SIDE = 28
/** Digits fill this much of their tile, as MNIST's do. */
const HEIGHT = 20

/** The strip, `[28, 280, 1]`: ink 255 on paper 0. The same seed draws the same strip. */
export function drawDigits(seed: number): ndarray.NdArray<Uint8Array> {
  const generator = mersenne(seed)
  const random = (spread: number) => spread * (2 * uniformFloat64(generator) - 1)
  const strip = ndarray(new Uint8Array(SIDE * SIDE * DIGITS.length), [SIDE, SIDE * DIGITS.length, 1])
  for (const [digit, text] of DIGITS.entries()) {
    const hand = {
      slant: 0.12 + random(0.1),
      turn: random(0.06),
      width: 0.94 + random(0.08),
      pen: 1.15 + random(0.2),
    }
    const lines = strokesOf(text).map((points) => {
      const moved = points.map(([x, y]): Point => [x + random(0.022), y + random(0.022)])
      return curveThrough(moved).map((point) => place(point, hand))
    })
    const pressure = { phase: random(Math.PI), pen: hand.pen }
    paint(strip.lo(0, digit * SIDE, 0).hi(SIDE, SIDE, 1), centred(lines), pressure)
  }
  return strip
}

export const strokesOf = (text: string): Point[][] =>
  text.split(' | ').map((stroke) =>
    stroke.split(' ').map((point): Point => {
      const [x, y] = point.split(',').map((hundredths) => Number(hundredths) / 100)
      return [x!, y!]
    }),
  )

/** A smooth curve through points (Catmull and Rom, 1974), so many points from each to the next. */
export function curveThrough(points: readonly Point[], steps: number = 20): Point[] {
  const curve: Point[] = []
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [i - 1, i, i + 1, i + 2].map(
      (k) => points[Math.min(points.length - 1, Math.max(0, k))]!,
    )
    for (let step = 0; step <= steps; step++) {
      const t = step / steps
      const at = (axis: 0 | 1) => {
        const [p, q, r, s] = [a![axis], b![axis], c![axis], d![axis]]
        return q + (t / 2) * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)))
      }
      curve.push([at(0), at(1)])
    }
  }
  return curve
}

function place([x, y]: Point, { slant, turn, width }: { slant: number; turn: number; width: number }): Point {
  const [u, v] = [HEIGHT * width * (x - 0.5 - slant * (y - 0.5)), HEIGHT * (y - 0.5)]
  return [u * Math.cos(turn) - v * Math.sin(turn), u * Math.sin(turn) + v * Math.cos(turn)]
}

/** Moves the strokes so that their bounding box stands in the middle of the tile. */
function centred(lines: readonly (readonly Point[])[]): Point[][] {
  const [dx, dy] = ([0, 1] as const).map((axis) => {
    const values = lines.flat().map((point) => point[axis])
    return SIDE / 2 - (Math.min(...values) + Math.max(...values)) / 2
  }) as [number, number]
  return lines.map((line) => line.map(([x, y]): Point => [x + dx, y + dy]))
}

/** Ink where the round nib has been; its edge is one pixel soft. */
function paint(
  tile: ndarray.NdArray<Uint8Array>,
  lines: readonly (readonly Point[])[],
  { phase, pen }: { phase: number; pen: number },
): void {
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      let ink = 0
      for (const line of lines) {
        for (const [k, [x, y]] of line.entries()) {
          const radius = pen * (1 + 0.15 * Math.sin(phase + (5 * k) / line.length))
          const distance = Math.hypot(j + 0.5 - x, i + 0.5 - y)
          ink = Math.max(ink, Math.min(1, radius + 0.5 - distance))
        }
      }
      tile.set(i, j, 0, Math.round(255 * ink))
    }
  }
}

/** The strip in the repository is the one of this seed. */
export const SEED = 2026

if (process.argv[1]?.endsWith('draw-digits.js')) {
  await writeFile(new URL('../../docs/start/digits.png', import.meta.url), writePng(drawDigits(SEED)))
}
