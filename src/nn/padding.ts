/** Images made larger by zeros or smaller by leaving out their right and lower margin. Cropping moves nothing. */

import { place, slice } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'

/** Zeros before and after an axis. */
export type Margins = readonly [before: number, after: number]

/** Surrounds an image [b, c, h, w] with zeros. */
export function pad(image: Value, rows: Margins, columns: Margins): Value {
  return padAxis(padAxis(image, 2, rows), 3, columns)
}

function padAxis(image: Value, axis: number, [before, after]: Margins): Value {
  if (before === 0 && after === 0) return image
  return place(image, axis, { start: before, length: before + image.shape[axis]! + after })
}

/** Adds zeros below and at the right, up to the next multiple of a patch: [b, c, h, w] → [b, c, (h' s1), (w' s2)]. */
export function padToPatches(image: Value, [s1, s2]: readonly [number, number]): Value {
  const [, , h, w] = image.shape as [number, number, number, number]
  return pad(image, [0, Math.ceil(h / s1) * s1 - h], [0, Math.ceil(w / s2) * s2 - w])
}

/** Leaves out what does not fill a patch below and at the right: a view [b, c, (h' s1), (w' s2)]. */
export function cropToPatches(image: Value, [s1, s2]: readonly [number, number]): Value {
  const [, , h, w] = image.shape as [number, number, number, number]
  return slice(slice(image, 2, 0, h - (h % s1)), 3, 0, w - (w % s2))
}
