/** Ten digits as one hand writes them, to begin with: points in hundredths of the pad, the pen lifted at each bar. */
import type { Point, Stroke } from './digit.ts'

const written = [
  '56 15, 40 19, 29 34, 26 54, 32 74, 46 85, 61 80, 71 63, 72 42, 66 24, 54 15',
  '41 28, 50 20, 56 14, 55 36, 53 60, 52 86',
  '30 30, 38 18, 54 14, 67 23, 67 38, 56 54, 41 70, 29 84, 46 83, 60 84, 74 85',
  '31 21, 46 14, 63 20, 64 34, 53 45, 42 48, 56 50, 69 61, 66 77, 50 87, 31 80',
  '43 14, 37 34, 30 56, 48 58, 76 56 | 62 30, 60 56, 57 87',
  '68 16, 52 17, 38 17, 36 32, 34 47, 48 43, 62 49, 69 63, 62 79, 47 87, 30 80',
  '62 14, 47 26, 36 45, 32 66, 41 83, 58 85, 68 72, 62 58, 47 56, 36 66',
  '27 18, 46 18, 73 17, 65 34, 56 52, 49 70, 45 87',
  '60 20, 46 15, 35 24, 39 38, 54 49, 66 62, 62 80, 46 86, 33 76, 36 61, 50 49, 63 36, 64 25, 58 18',
  '66 26, 54 15, 39 20, 33 36, 42 49, 57 46, 66 32, 66 26, 65 48, 61 68, 56 87',
]

/** The strokes of each digit, smooth. */
export const sampleDigits: readonly (readonly Stroke[])[] = written.map((digit) =>
  digit.split(' | ').map((stroke) =>
    smooth(
      stroke.split(', ').map((point): Point => {
        const [x, y] = point.split(' ')
        return [Number(x) / 100, Number(y) / 100]
      }),
    ),
  ),
)

/** A curve through the points (Catmull and Rom, 1974). */
function smooth(points: readonly Point[]): Point[] {
  const curve: Point[] = [points[0]!]
  for (let i = 1; i < points.length; i++) {
    const [p, q, r, s] = [i - 2, i - 1, i, i + 1].map(
      (k) => points[Math.min(points.length - 1, Math.max(0, k))]!,
    )
    for (let step = 1; step <= 8; step++) {
      const t = step / 8
      const at = (axis: 0 | 1) =>
        q![axis] +
        (t / 2) *
          (r![axis] -
            p![axis] +
            t *
              (2 * p![axis] -
                5 * q![axis] +
                4 * r![axis] -
                s![axis] +
                t * (3 * (q![axis] - r![axis]) + s![axis] - p![axis])))
      curve.push([at(0), at(1)])
    }
  }
  return curve
}
