/** Shapes as a hand draws them, each time a little otherwise: to begin with, and for whoever draws by keyboard. */
import type { Point, Stroke } from '../digit.ts'

/** A number from 0 to 1, as Math.random gives. */
type Chance = () => number

const between = (chance: Chance, low: number, high: number) => low + chance() * (high - low)

/** Points along a closed or open line through corners, none of them quite where it should be. */
function through(chance: Chance, corners: readonly Point[]): Stroke {
  const shaken = corners.map(
    ([x, y]): Point => [x + between(chance, -0.04, 0.04), y + between(chance, -0.04, 0.04)],
  )
  return shaken.flatMap((point, i) => {
    const next = shaken[i + 1]
    if (next === undefined) return [point]
    return [0, 0.25, 0.5, 0.75].map(
      (part): Point => [
        point[0] + part * (next[0] - point[0]) + between(chance, -0.008, 0.008),
        point[1] + part * (next[1] - point[1]) + between(chance, -0.008, 0.008),
      ],
    )
  })
}

export const shapes = {
  circle(chance: Chance): Stroke[] {
    const [rx, ry] = [between(chance, 0.24, 0.36), between(chance, 0.24, 0.36)]
    const first = between(chance, 0, 2 * Math.PI)
    const count = 28
    return [
      Array.from({ length: count + 1 }, (_, i): Point => {
        const angle = first + (i / count) * 2 * Math.PI
        const wave = 1 + 0.05 * Math.sin(2 * angle + first)
        return [0.5 + rx * wave * Math.cos(angle), 0.5 + ry * wave * Math.sin(angle)]
      }),
    ]
  },
  cross(chance: Chance): Stroke[] {
    return [
      through(chance, [
        [0.22, 0.22],
        [0.78, 0.78],
      ]),
      through(chance, [
        [0.78, 0.22],
        [0.22, 0.78],
      ]),
    ]
  },
  triangle(chance: Chance): Stroke[] {
    const top: Point = [0.5, 0.2]
    return [through(chance, [top, [0.22, 0.76], [0.78, 0.76], top])]
  },
  zigzag(chance: Chance): Stroke[] {
    return [
      through(chance, [
        [0.16, 0.36],
        [0.34, 0.66],
        [0.5, 0.34],
        [0.66, 0.66],
        [0.84, 0.36],
      ]),
    ]
  },
} as const

export type Shape = keyof typeof shapes
