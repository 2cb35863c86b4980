/** Where a model looked: the picture, the last layer's class token and attention rollout, side by side. */
import { drawHeatMap } from '../image/draw.ts'
import { preprocess } from '../image/preprocess.ts'
import { contiguous } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { pack } from '../ops/pack.ts'
import { rearrange } from '../ops/rearrange.ts'
import { reduce } from '../ops/reduce.ts'
import { repeat } from '../ops/repeat.ts'
import { ofSize, type Preparation } from '../vit/preparation.ts'
import { attentionRollout } from '../vit/rollout.ts'
import type { VisionTransformer } from '../vit/vision-transformer.ts'

/** The longer side of a panel, and the paper between two, in pixels. */
const SIDE = 448
const GAP = 12

/**
 * Draws three panels of what the model saw of a picture.
 *
 * @param picture uint8 [h, w, c]
 * @param x the model's input made of it, [1, c, h, w]
 * @param preparation how it was made of it
 */
export async function drawAttention(
  picture: NdArray<Uint8Array>,
  x: NdArray<Float32Array>,
  model: VisionTransformer,
  preparation: Preparation,
): Promise<NdArray<Uint8Array>> {
  const square = seenOf(picture, x, preparation)
  const maps = model.attentionMaps(x)
  const last = reduce(maps.at(-1)!, 'b head n m -> b n m', 'mean') as NdArray<Float32Array>
  const grid = model.patchEmbed.gridSize!
  const paper = repeat(
    square.pick(0, 0, null),
    'c -> h w c',
    { h: square.shape[0]!, w: GAP },
    { copy: 'always' },
  )
  paper.data.fill(20)
  const [panels] = pack(
    [
      square,
      paper,
      await drawFlow(square, overPatches(last, grid)),
      paper,
      await drawFlow(square, overPatches(attentionRollout(maps), grid)),
    ],
    'h * c',
  )
  return panels
}

/**
 * Dark is the least, bright the 97th of a hundred: a few patches of the background, in which a ViT keeps notes (Darcet et
 * al., "Vision Transformers Need Registers"), would darken everything else.
 */
function drawFlow(square: NdArray<Uint8Array>, flow: NdArray<Float32Array>): Promise<NdArray<Uint8Array>> {
  const sorted = Array.from(rearrange(flow, 'h w -> (h w)', {}, { copy: 'always' }).data).sort(
    (a, b) => a - b,
  )
  return drawHeatMap(square, flow, { min: sorted[0]!, max: sorted[Math.floor(0.97 * (sorted.length - 1))]! })
}

/** What the model saw, as large as a panel and in colour: the picture prepared in the same way, but for another size and without a mean. */
function seenOf(
  picture: NdArray<Uint8Array>,
  x: NdArray<Float32Array>,
  preparation: Preparation,
): NdArray<Uint8Array> {
  const sides = x.shape.slice(2)
  const [height, width] = sides.map((side) => Math.round((side * SIDE) / Math.max(...sides))) as [
    number,
    number,
  ]
  const plain = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255], rescale: 1 / 255, bgr: false }
  const seen = preprocess(picture, {
    ...preparation,
    ...ofSize([height, width], { ...preparation, size: sides as [number, number] }),
    ...plain,
  })
  const bytes = toNdarray({ ...contiguous(seen.shape), data: Uint8Array.from(seen.data, Math.round) })
  return rearrange(bytes, '1 c h w -> h w c', {}, { copy: 'always' }) as NdArray<Uint8Array>
}

/** How much the class token, or where there is none the average token, drew from each patch: [1, n, n] → [h, w]. */
function overPatches(flow: NdArray<Float32Array>, [h, w]: readonly [number, number]): NdArray<Float32Array> {
  const others = flow.shape[1]! - h * w // class token and registers stand first
  const row = others > 0 ? flow.pick(0, 0, null) : reduce(flow, '1 n m -> m', 'mean')
  return rearrange(row.lo(others) as NdArray<Float32Array>, '(h w) -> h w', { h, w })
}
