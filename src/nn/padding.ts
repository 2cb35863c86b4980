/** Images made larger by zeros or smaller by leaving out their right and lower margin. Cropping moves nothing. */

import { copyInto } from '../copy/copy.ts'
import { slice } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { roomFor } from '../ops/result.ts'
import { newTensor } from '../rows/index.ts'

/** Zeros before and after an axis. */
export type Margins = readonly [before: number, after: number]

/** Surrounds an image [b, c, h, w] with zeros. */
export function pad(image: FloatTensor, rows: Margins, columns: Margins, operation: string): FloatTensor {
  if ([...rows, ...columns].every((margin) => margin === 0)) return image
  const [b, c, h, w] = image.shape as [number, number, number, number]
  const shape = [b, c, rows[0] + h + rows[1], columns[0] + w + columns[1]]
  const padded = roomFor('the padded image', shape, operation, () => newTensor(shape))
  const inside = slice(slice(padded, 2, rows[0], rows[0] + h), 3, columns[0], columns[0] + w)
  copyInto(image, { ...inside, data: padded.data })
  return padded
}

/** Adds zeros below and at the right, up to the next multiple of a patch: [b, c, h, w] → [b, c, (h' s1), (w' s2)]. */
export function padToPatches(image: FloatTensor, [s1, s2]: readonly [number, number]): FloatTensor {
  const [, , h, w] = image.shape as [number, number, number, number]
  return pad(image, [0, Math.ceil(h / s1) * s1 - h], [0, Math.ceil(w / s2) * s2 - w], 'PatchEmbed')
}

/** Leaves out what does not fill a patch below and at the right: a view [b, c, (h' s1), (w' s2)]. */
export function cropToPatches(image: FloatTensor, [s1, s2]: readonly [number, number]): FloatTensor {
  const [, , h, w] = image.shape as [number, number, number, number]
  return { ...slice(slice(image, 2, 0, h - (h % s1)), 3, 0, w - (w % s2)), data: image.data }
}
