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

type Point = readonly [x: number, y: number]

/** The strokes of the digits 0 to 9 in a unit square, y downwards; the pen is lifted between strokes. */
const DIGITS: readonly (readonly (readonly Point[])[])[] = [
  [[[0.6, 0.03], [0.36, 0.08], [0.2, 0.34], [0.2, 0.68], [0.38, 0.95], [0.64, 0.93], [0.82, 0.66], [0.81, 0.32], [0.66, 0.08], [0.5, 0.04]]],
  [[[0.36, 0.2], [0.46, 0.12], [0.55, 0.02], [0.53, 0.3], [0.5, 0.64], [0.48, 0.98]]],
  [[[0.2, 0.24], [0.32, 0.07], [0.56, 0.03], [0.74, 0.15], [0.71, 0.37], [0.53, 0.6], [0.34, 0.8], [0.18, 0.94], [0.34, 0.92], [0.58, 0.93], [0.84, 0.94]]],
  [[[0.23, 0.12], [0.46, 0.03], [0.7, 0.11], [0.73, 0.28], [0.6, 0.42], [0.42, 0.47]], [[0.42, 0.47], [0.67, 0.52], [0.8, 0.7], [0.68, 0.91], [0.44, 0.98], [0.2, 0.88]]],
  [[[0.36, 0.04], [0.28, 0.3], [0.18, 0.56], [0.48, 0.58], [0.88, 0.55]], [[0.67, 0.1], [0.63, 0.5], [0.58, 0.98]]],
  [[[0.34, 0.06], [0.31, 0.26], [0.27, 0.45], [0.5, 0.38], [0.74, 0.5], [0.78, 0.72], [0.62, 0.92], [0.38, 0.97], [0.19, 0.88]], [[0.34, 0.07], [0.58, 0.06], [0.81, 0.03]]],
  [[[0.66, 0.03], [0.43, 0.2], [0.27, 0.48], [0.25, 0.76], [0.4, 0.96], [0.62, 0.94], [0.75, 0.76], [0.67, 0.58], [0.48, 0.55], [0.29, 0.7]]],
  [[[0.18, 0.1], [0.5, 0.09], [0.82, 0.06], [0.68, 0.32], [0.54, 0.62], [0.43, 0.98]]],
  [[[0.69, 0.15], [0.5, 0.03], [0.3, 0.14], [0.34, 0.34], [0.54, 0.49], [0.72, 0.67], [0.7, 0.88], [0.48, 0.98], [0.28, 0.86], [0.31, 0.66], [0.5, 0.48], [0.67, 0.31], [0.68, 0.14]]],
  [[[0.73, 0.2], [0.56, 0.04], [0.34, 0.1], [0.25, 0.3], [0.38, 0.47], [0.6, 0.42], [0.73, 0.22], [0.71, 0.5], [0.66, 0.76], [0.57, 0.98]]],
] // biome-ignore format: one digit a line

const SIDE = 28
/** Digits fill this much of their tile, as MNIST's do. */
const HEIGHT = 20

/** The strip, `[28, 280, 1]`: ink 255 on paper 0. The same seed draws the same strip. */
export function drawDigits(seed: number): ndarray.NdArray<Uint8Array> {
  const generator = mersenne(seed)
  const random = (spread: number) => spread * (2 * uniformFloat64(generator) - 1)
  const strip = ndarray(new Uint8Array(SIDE * SIDE * DIGITS.length), [SIDE, SIDE * DIGITS.length, 1])
  for (const [digit, strokes] of DIGITS.entries()) {
    const hand = {
      slant: 0.12 + random(0.1),
      turn: random(0.06),
      width: 0.94 + random(0.08),
      pen: 1.15 + random(0.2),
    }
    const lines = strokes.map((points) => {
      const moved = points.map(([x, y]): Point => [x + random(0.022), y + random(0.022)])
      return curveThrough(moved).map((point) => place(point, hand))
    })
    const pressure = { phase: random(Math.PI), pen: hand.pen }
    paint(strip.lo(0, digit * SIDE, 0).hi(SIDE, SIDE, 1), centred(lines), pressure)
  }
  return strip
}

/** A smooth curve through points (Catmull and Rom, 1974), twenty points from each to the next. */
function curveThrough(points: readonly Point[]): Point[] {
  const steps = 20
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
