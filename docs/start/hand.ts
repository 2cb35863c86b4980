/**
 * A hand that draws digits, each time otherwise: strokes through points that move, in several ways of writing the same digit, slanted, turned, stretched and
 * bent, by pens of any width, on paper that is not quite clean. Nothing here has seen a digit that somebody wrote.
 */
import type { Random } from 'tesserae/train'
import { centredByMass, curveThrough, DIGITS, type Point, SIDE, strokesOf } from './draw-digits.ts'

/** Other ways to write some of the digits. */
const VARIANTS: Readonly<Record<number, readonly string[]>> = {
  0: ['50,3 30,15 22,50 30,86 50,97 70,86 78,50 70,15 50,3', '62,6 34,14 24,48 34,90 60,94 76,60 70,20 44,4'],
  1: ['50,2 50,30 50,65 50,98', '62,2 56,34 48,66 40,98', '30,22 50,4 51,40 51,97 | 30,97 72,97'],
  2: [
    '22,22 40,4 66,8 72,28 56,54 34,78 22,90 32,80 46,86 60,96 82,90',
    '18,20 44,3 74,16 66,46 40,74 16,97 50,97 86,97',
  ],
  3: [
    '20,6 50,4 78,6 58,26 44,40 70,50 78,72 58,95 22,90',
    '24,14 52,3 72,20 50,46 30,48 56,48 80,70 56,97 22,86',
  ],
  4: ['66,3 40,34 14,66 50,66 90,66 | 66,3 66,50 66,98', '24,4 22,34 26,52 50,54 74,48 | 76,4 74,48 72,98'],
  5: ['76,5 50,5 30,6 26,44 52,38 78,58 72,86 44,97 18,88', '80,4 34,6 30,46 60,42 76,64 60,94 20,94'],
  6: ['60,2 34,30 22,66 34,94 64,94 76,70 56,54 30,66', '72,8 40,14 22,50 24,84 52,98 76,80 66,58 34,60'],
  7: [
    '16,8 50,8 84,6 64,46 46,98',
    '18,12 50,8 82,8 58,54 48,98 | 34,52 56,50 78,50',
    '22,20 24,8 56,8 80,6 62,44 52,98',
  ],
  8: [
    '50,48 26,28 42,4 70,16 60,42 40,58 24,80 50,98 76,80 50,48',
    '72,14 40,6 30,28 60,50 74,76 48,97 26,78 48,50 74,24',
  ],
  9: [
    '72,28 48,4 24,24 36,50 66,42 74,18 72,60 70,98',
    '70,14 40,6 28,34 52,48 72,24 74,20 68,60 44,96 26,90',
  ],
}

/** One digit, [28 · 28], ink 1 on paper 0. */
export function drawDigit(digit: number, random: Random): Float32Array {
  const spread = (most: number) => random.uniform(-most, most)
  const ways = [DIGITS[digit]!, ...(VARIANTS[digit] ?? [])]
  const text = ways[Math.floor(random.uniform() * ways.length)]!
  const [slant, turn] = [0.1 + spread(0.45), spread(0.25)]
  const [width, height] = [random.uniform(8, 22), random.uniform(16, 21)]
  const shake = random.uniform(0.01, 0.09)
  // two slow waves bend the whole
  const bend = [0, 1].map(() => ({ size: spread(0.12), pace: random.uniform(2, 7), phase: spread(Math.PI) }))
  const lines = strokesOf(text).map((points) => {
    const moved = points.map(([x, y]): Point => [x + spread(shake), y + spread(shake)])
    return cutShort(curveThrough(moved, 8), random).map(([x, y]): Point => {
      const [u, v] = [
        x - 0.5 - slant * (y - 0.5) + bend[0]!.size * Math.sin(bend[0]!.pace * y + bend[0]!.phase),
        y - 0.5 + bend[1]!.size * Math.sin(bend[1]!.pace * x + bend[1]!.phase),
      ]
      const [a, b] = [width * u, height * v]
      return [a * Math.cos(turn) - b * Math.sin(turn), a * Math.sin(turn) + b * Math.cos(turn)]
    })
  })
  const nib = {
    pen: random.uniform(0.6, 2.2),
    soft: random.uniform(0.5, 1.3),
    phase: spread(Math.PI),
    pressure: random.uniform(0, 0.35),
  }
  const ink = painted(centredByMass(lines), nib)
  const [strength, noise] = [random.uniform(0.8, 1), random.uniform() < 0.3 ? random.uniform(0, 0.08) : 0]
  for (let i = 0; i < ink.length; i++) {
    ink[i] = Math.min(
      1,
      Math.max(0, ink[i]! * strength + (noise > 0 ? Math.max(0, random.normal(0, noise)) : 0)),
    )
  }
  return ink
}

/** A stroke whose ends may be missing: a hand begins late and lifts the pen early. */
function cutShort(points: readonly Point[], random: Random): Point[] {
  const most = 0.12 * points.length
  return points.slice(
    Math.floor(random.uniform(0, most)),
    points.length - Math.floor(random.uniform(0, most)),
  )
}

interface Nib {
  readonly pen: number
  readonly soft: number
  readonly phase: number
  readonly pressure: number
}

/** Ink where the nib has been, looked for only around each point. */
function painted(lines: readonly (readonly Point[])[], { pen, soft, phase, pressure }: Nib): Float32Array {
  const ink = new Float32Array(SIDE * SIDE)
  for (const line of lines) {
    for (const [k, [x, y]] of line.entries()) {
      const radius = pen * (1 + pressure * Math.sin(phase + (5 * k) / line.length))
      const reach = radius + soft
      const rows = [Math.max(0, Math.floor(y - reach)), Math.min(SIDE - 1, Math.ceil(y + reach))] as const
      const columns = [Math.max(0, Math.floor(x - reach)), Math.min(SIDE - 1, Math.ceil(x + reach))] as const
      for (let i = rows[0]; i <= rows[1]; i++) {
        for (let j = columns[0]; j <= columns[1]; j++) {
          const distance = Math.hypot(j + 0.5 - x, i + 0.5 - y)
          const here = Math.min(1, Math.max(0, (radius + soft / 2 - distance) / soft))
          if (here > ink[i * SIDE + j]!) ink[i * SIDE + j] = here
        }
      }
    }
  }
  return ink
}
