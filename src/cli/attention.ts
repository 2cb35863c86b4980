/** Where a model looked: the picture, the last layer's class token and attention rollout, side by side. */
import { drawHeatMap } from '../image/draw.ts'
import { resize } from '../image/resize.ts'
import type { NdArray } from '../layout/tensor.ts'
import { pack } from '../ops/pack.ts'
import { rearrange } from '../ops/rearrange.ts'
import { reduce } from '../ops/reduce.ts'
import { repeat } from '../ops/repeat.ts'
import { attentionRollout } from '../vit/rollout.ts'
import type { VisionTransformer } from '../vit/vision-transformer.ts'

/** Side of a panel, and the paper between two, in pixels. */
const SIDE = 448
const GAP = 12

/**
 * Draws three panels of what the model saw of a picture.
 *
 * @param picture uint8 [h, w, c]
 * @param x the model's input made of it, [1, c, h, w]
 * @param seen the part of the picture's short side that the model sees, 0…1
 */
export async function drawAttention(
  picture: NdArray<Uint8Array>,
  x: NdArray<Float32Array>,
  model: VisionTransformer,
  seen: number,
): Promise<NdArray<Uint8Array>> {
  const square = resize(inColor(centreOf(picture, seen)), { height: SIDE, width: SIDE })
  const maps = model.attentionMaps(x)
  const last = reduce(maps.at(-1)!, 'b head n m -> b n m', 'mean') as NdArray<Float32Array>
  const grid = model.patchEmbed.gridSize!
  const paper = repeat(square.pick(0, 0, null), 'c -> h w c', { h: SIDE, w: GAP }, { copy: 'always' })
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

/** The square in the middle whose side is this part of the short side. */
function centreOf(picture: NdArray<Uint8Array>, part: number): NdArray<Uint8Array> {
  const [height, width, channels] = picture.shape as [number, number, number]
  const side = Math.max(1, Math.round(part * Math.min(height, width)))
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)]
  return picture.lo(top, left, 0).hi(side, side, channels)
}

const inColor = (picture: NdArray<Uint8Array>): NdArray<Uint8Array> =>
  picture.shape[2]! < 3
    ? repeat(picture.pick(null, null, 0), 'h w -> h w c', { c: 3 })
    : picture.hi(picture.shape[0]!, picture.shape[1]!, 3)

/** How much the class token, or where there is none the average token, drew from each patch: [1, n, n] → [h, w]. */
function overPatches(flow: NdArray<Float32Array>, [h, w]: readonly [number, number]): NdArray<Float32Array> {
  const others = flow.shape[1]! - h * w // class token and registers stand first
  const row = others > 0 ? flow.pick(0, 0, null) : reduce(flow, '1 n m -> m', 'mean')
  return rearrange(row.lo(others) as NdArray<Float32Array>, '(h w) -> h w', { h, w })
}
