/** Which element of each row is the greatest. */
import type { FloatArray } from './vit.ts'

/** x: [b, classes] → b numbers. */
export function argmaxOfRows(x: FloatArray): number[] {
  const [b, classes] = x.shape as [number, number]
  return Array.from({ length: b }, (_, i) => {
    let best = 0
    for (let c = 1; c < classes; c++) if (x.get(i, c) > x.get(i, best)) best = c
    return best
  })
}
