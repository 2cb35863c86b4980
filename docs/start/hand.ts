/**
 * A hand that draws digits, each time otherwise: strokes through points that move, in several ways of writing the same digit, slanted, turned, stretched and
 * bent, by pens of any width, on paper that is not quite clean. Nothing here has seen a digit that somebody wrote.
 */
import type { Random } from 'tesserae/train'
import { curveThrough, type Point, SIDE, strokesOf } from './draw-digits.ts'

/** Ways to write each digit: more than one for each habit that hands have. */
const WAYS: readonly (readonly string[])[] = [
  [
    // closed, begun at the top left or right; with the ends crossing; narrow and pointed; open at the top
    '50,3 30,15 22,50 30,86 50,97 70,86 78,50 70,15 50,3',
    '62,6 34,14 24,48 34,90 60,94 76,60 70,20 44,4',
    '66,14 46,2 26,20 20,56 32,92 60,96 80,66 74,24 52,8 40,16',
    '56,2 36,30 28,70 40,98 58,80 70,40 60,2',
    '40,8 22,40 28,86 58,96 80,62 76,22 60,8',
  ],
  [
    // a line, upright or bowed; a flag; a flag and a foot
    '50,2 50,34 50,66 50,98',
    '52,2 49,34 49,66 50,98',
    '48,2 52,40 52,70 47,98',
    '36,22 46,12 53,2 52,34 50,66 50,98',
    '30,26 50,4 51,40 51,97 | 30,97 72,97',
    '40,16 50,4 50,50 50,97 | 34,97 50,96 66,97',
  ],
  [
    // round and flat; with a loop at the foot; an open hook at the top; like a Z; with a tail
    '22,22 40,4 66,8 72,28 56,54 34,78 18,94 50,93 84,94',
    '20,24 36,6 62,4 76,22 64,48 40,76 24,90 20,80 36,78 56,92 84,92',
    '22,22 40,4 66,8 72,28 56,54 34,78 22,90 30,78 46,84 60,96 84,88',
    '18,20 44,3 74,16 66,46 40,74 16,97 50,96 86,97',
    '16,8 44,6 76,8 60,40 38,68 16,94 50,94 86,92',
    '30,30 28,14 48,2 70,12 66,40 44,70 20,92 40,88 62,92 80,98',
  ],
  [
    // two bows that meet in a point, or in a loop; a flat top; a small upper or lower bow
    '20,12 46,3 70,11 70,30 40,47 68,54 78,74 58,95 22,90',
    '22,14 50,2 72,16 62,38 42,46 36,42 46,46 72,56 76,78 52,97 20,88',
    '20,6 50,5 78,6 58,26 44,40 70,50 78,72 58,95 22,90',
    '24,14 52,3 68,18 50,40 30,46 56,44 82,66 60,96 20,90',
    '24,10 56,4 74,20 60,42 40,46 62,52 70,72 52,94 28,96',
    '16,18 44,2 74,10 72,34 48,44 76,56 80,82 50,98 16,86',
  ],
  [
    // open above, with a straight or a bowed corner; closed; one stroke; a short stem
    '30,4 24,30 20,56 48,58 88,54 | 70,6 66,50 62,98',
    '26,4 22,34 30,54 56,54 78,46 | 78,4 74,48 70,98',
    '66,3 40,34 14,66 50,66 90,64 | 66,3 66,50 66,98',
    '62,2 38,36 16,62 52,62 88,58 | 62,36 60,66 56,98',
    '24,6 20,50 48,54 76,48 | 76,6 76,50 76,98',
    '22,8 24,46 46,52 70,40 76,6 74,40 70,70 68,98',
    '66,40 64,2 40,30 14,62 50,60 88,56 | 66,44 64,70 62,98',
  ],
  [
    // a hat of its own; one stroke; like an S; a small or a large bow
    '34,6 31,26 27,45 50,38 74,50 78,72 62,92 38,97 19,88 | 34,7 58,6 81,3',
    '76,5 50,5 32,6 26,44 52,38 78,58 72,86 44,97 18,88',
    '80,4 52,6 34,10 30,40 56,46 74,64 60,92 20,94',
    '82,2 54,4 38,16 34,38 58,48 68,68 54,92 22,96',
    '36,4 32,34 58,36 80,60 66,92 30,96 14,86 | 36,5 62,6 86,4',
    '74,8 44,4 28,26 44,44 70,58 72,84 44,98 18,88',
  ],
  [
    // a bowed back and a loop, large or small; a straight back; a curled beginning
    '66,3 43,20 27,48 25,76 40,96 62,94 75,76 67,58 48,55 29,70',
    '60,2 34,30 22,66 34,94 64,94 76,70 56,54 30,66',
    '72,8 40,14 22,50 24,84 52,98 76,80 66,58 34,60 26,76',
    '44,2 34,30 28,64 38,94 62,96 72,78 58,64 36,72 32,82',
    '76,2 50,24 30,54 24,80 40,98 60,92 64,76 48,68 30,80',
    '40,2 28,40 26,80 48,98 74,86 74,60 52,52 30,66',
  ],
  [
    // a corner; a bar through the stem; a hook at the beginning; a bowed stem
    '18,10 50,9 82,6 68,32 54,62 43,98',
    '16,8 50,8 84,6 72,30 64,46 46,98',
    '18,12 50,8 82,8 58,54 48,98 | 34,52 56,50 78,50',
    '16,10 50,8 84,8 66,40 50,98 | 40,50 60,46 82,46',
    '22,24 24,8 54,8 80,6 62,44 52,98',
    '14,20 34,6 60,12 82,6 62,40 50,70 50,98',
    '20,6 54,8 78,10 74,40 66,70 62,98',
  ],
  [
    // an S and back; two circles; a narrow waist; begun at the middle; open at the top
    '69,15 50,3 30,14 34,34 54,49 72,67 70,88 48,98 28,86 31,66 50,48 67,31 68,14',
    '50,48 26,28 42,4 70,16 60,42 40,58 24,80 50,98 76,80 50,48',
    '72,14 40,6 30,28 60,50 74,76 48,97 26,78 48,50 74,24',
    '50,46 30,36 30,12 50,2 70,12 70,36 50,46 26,60 24,86 50,98 76,86 74,60 50,46',
    '76,8 46,4 32,22 50,44 68,64 66,90 44,98 30,84 40,62 62,42 76,12',
    '56,44 34,30 44,6 66,10 64,36 42,60 38,86 54,98 68,84 56,52 46,40',
  ],
  [
    // a head and a straight, a bowed, or a hooked stem; the head open; narrow
    '73,20 56,4 34,10 25,30 38,47 60,42 73,22 71,50 66,76 57,98',
    '72,28 48,4 24,24 36,50 66,42 74,18 72,60 70,98',
    '70,14 40,6 28,34 52,48 72,24 74,20 68,60 44,96 26,90',
    '66,10 40,4 28,28 48,44 70,26 72,12 66,44 54,74 42,98',
    '74,8 46,6 26,26 38,46 66,40 74,14 74,56 72,98',
    '68,26 54,6 34,14 34,38 54,44 68,24 70,56 66,84 48,98 32,90',
    '76,6 44,10 30,34 50,50 72,38 76,10 66,50 60,98',
  ],
]

/** The longer side of a digit, of which the pen leaves ink to the edge: digits of any size are brought to it, as MNIST's are. */
const BOX = 20

/** One digit, [28 · 28], ink 1 on paper 0. */
export function drawDigit(digit: number, random: Random): Float32Array {
  const spread = (most: number) => random.uniform(-most, most)
  const ways = WAYS[digit]!
  const text = ways[Math.floor(random.uniform() * ways.length)]!
  const deform = deformation(random)
  const shake = random.uniform(0, 0.06)
  const lines = strokesOf(text).map((points) => {
    const [dx, dy] = [spread(0.04), spread(0.04)]
    const moved = points.map(([x, y]): Point => [x + dx + spread(shake), y + dy + spread(shake)])
    return cutShort(curveThrough(moved, 8), random).map(deform)
  })
  const nib = {
    pen: random.uniform(0.75, 2.1),
    soft: random.uniform(0.6, 1.6),
    phase: spread(Math.PI),
    pressure: random.uniform(0, 0.3),
  }
  const ink = inTheMiddle(painted(boxed(lines, BOX - 2 * nib.pen), nib))
  const [strength, noise] = [random.uniform(0.85, 1.3), random.uniform() < 0.2 ? random.uniform(0, 0.08) : 0]
  for (let i = 0; i < ink.length; i++) {
    const grain = noise > 0 ? Math.max(0, random.normal(0, noise)) : 0
    ink[i] = Math.min(1, ink[i]! * strength + grain)
  }
  return ink
}

/** Slanted, turned, stretched, and bent by slow waves, as hands differ. */
function deformation(random: Random): (point: Point) => Point {
  const spread = (most: number) => random.uniform(-most, most)
  const [slant, turn, taper] = [0.12 + spread(0.5), spread(0.2), spread(0.25)]
  const width = Math.exp(random.uniform(Math.log(0.4), Math.log(1.25)))
  const waves = [0, 1, 0, 1].map((axis) => ({
    ...{ axis, size: spread(0.08), phase: spread(Math.PI) },
    pace: [random.uniform(-6, 6), random.uniform(-6, 6)] as const,
  }))
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  return ([x, y]) => {
    const moved: [number, number] = [x - 0.5, y - 0.5]
    for (const { axis, size, phase, pace } of waves)
      moved[axis as 0 | 1] += size * Math.sin(pace[0] * x + pace[1] * y + phase)
    const [u, v] = [width * moved[0] * (1 + taper * moved[1]) - slant * moved[1], moved[1]]
    return [u * cos - v * sin, u * sin + v * cos]
  }
}

/** Strokes brought to a size, the longer side of what they fill, and to the middle of the tile. */
function boxed(lines: readonly (readonly Point[])[], side: number): Point[][] {
  const ends = ([0, 1] as const).map((axis) => {
    const values = lines.flat().map((point) => point[axis])
    return [Math.min(...values), Math.max(...values)] as const
  }) as [readonly [number, number], readonly [number, number]]
  const scale = side / Math.max(...ends.map(([low, high]) => high - low), 1e-3)
  const place = (value: number, axis: 0 | 1) =>
    SIDE / 2 + scale * (value - (ends[axis][0] + ends[axis][1]) / 2)
  return lines.map((line) => line.map(([x, y]): Point => [place(x, 0), place(y, 1)]))
}

/** The picture moved by whole pixels, so that the middle of its ink is the middle of the tile. */
function inTheMiddle(ink: Float32Array): Float32Array {
  let [sum, across, down] = [0, 0, 0]
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      const here = ink[i * SIDE + j]!
      sum += here
      across += here * (j + 0.5)
      down += here * (i + 0.5)
    }
  }
  if (sum === 0) return ink
  const [dx, dy] = [Math.round(SIDE / 2 - across / sum), Math.round(SIDE / 2 - down / sum)]
  const moved = new Float32Array(SIDE * SIDE)
  for (let i = Math.max(0, -dy); i < Math.min(SIDE, SIDE - dy); i++) {
    for (let j = Math.max(0, -dx); j < Math.min(SIDE, SIDE - dx); j++)
      moved[(i + dy) * SIDE + j + dx] = ink[i * SIDE + j]!
  }
  return moved
}

/** A stroke whose ends may be missing: a hand begins late and lifts the pen early. */
function cutShort(points: readonly Point[], random: Random): Point[] {
  const most = 0.08 * points.length
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
