/** Where a model looked: the picture, the last layer's class token and attention rollout, side by side. */
import { drawHeatMap } from '../image/draw.ts'
import { preprocess } from '../image/preprocess.ts'
import { contiguous } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { rearrange } from '../ops/rearrange.ts'
import { reduce } from '../ops/reduce.ts'
import { ofSize, type Preparation } from '../vit/preparation.ts'
import { attentionRollout } from '../vit/rollout.ts'
import type { VisionTransformer } from '../vit/vision-transformer.ts'
import { fill, fitted, letter, MUTED, PAPER, WHITE } from './lettering.ts'

/** The longer side of a panel, and the paper between two, in pixels. */
const SIDE = 448
const GAP = 12
/** The strip for two lines of letters below the panels, and the side of the letters' pixels. */
const CAPTION = 60
const LETTER = 2

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
  const looked = overPatches(last, grid)
  const notes = notesIn(looked)
  const token = model.clsToken === null ? 'average token' : 'class token'
  const left = notes.length === 0 ? '' : `${notes.length} patches of notes are left out`
  const panels = [
    { drawing: square, words: ['what the model sees', ''] },
    { drawing: await drawFlow(square, without(looked, notes)), words: [`the last layer's ${token}`, left] },
    {
      drawing: await drawFlow(square, without(overPatches(attentionRollout(maps), grid), notes)),
      words: [`attention rollout, ${maps.length} layers`, 'bright is looked at most'],
    },
  ]
  return sideBySide(panels)
}

interface Panel {
  readonly drawing: NdArray<Uint8Array>
  /** Two lines. */
  readonly words: readonly string[]
}

/** Panels with their captions below them. */
function sideBySide(panels: readonly Panel[]): NdArray<Uint8Array> {
  const [height, width] = panels[0]!.drawing.shape as [number, number]
  const shape = [height + CAPTION, panels.length * (width + GAP) - GAP, 3]
  const data = new Uint8Array(shape[0]! * shape[1]! * 3)
  const canvas = toNdarray({ data, ...contiguous(shape) })
  fill(canvas, { x: 0, y: 0, width: shape[1]!, height: shape[0]! }, PAPER)
  for (const [i, { drawing, words }] of panels.entries()) {
    const x = i * (width + GAP)
    for (let row = 0; row < height; row++) {
      const start = (row * shape[1]! + x) * 3
      data.set(drawing.data.subarray(row * width * 3, (row + 1) * width * 3), start)
    }
    const letters = Math.floor((width - 8 + LETTER) / (6 * LETTER))
    for (const [line, color] of [WHITE, MUTED].entries()) {
      const y = height + 12 + line * 22
      letter(canvas, fitted(words[line]!, letters), { x: x + 8, y, scale: LETTER, color })
    }
  }
  return canvas
}

/**
 * Patches in which a ViT keeps notes, as it does in a few of the background at the edges, its corners above all (Darcet et al., "Vision Transformers
 * Need Registers"): those at the edge that are looked at four times as much as nine tenths of all patches. They say nothing of the picture, and would outshine it.
 */
function notesIn(flow: NdArray<Float32Array>): number[] {
  const [h, w] = flow.shape as [number, number]
  const values = rearrange(flow, 'h w -> (h w)', {}, { copy: 'always' }).data
  const most = 4 * values.toSorted()[Math.floor(0.9 * (values.length - 1))]!
  return Array.from(values.keys()).filter((i) => {
    const [row, column] = [Math.floor(i / w), i % w]
    return values[i]! > most && (row === 0 || column === 0 || row === h - 1 || column === w - 1)
  })
}

/** The same with the mean of the others around it in each of some patches. */
function without(flow: NdArray<Float32Array>, patches: readonly number[]): NdArray<Float32Array> {
  const filled = rearrange(flow, 'h w -> h w', {}, { copy: 'always' })
  const [h, w] = flow.shape as [number, number]
  for (const patch of patches) {
    const [row, column] = [Math.floor(patch / w), patch % w]
    let [sum, count] = [0, 0]
    for (let i = Math.max(0, row - 1); i <= Math.min(h - 1, row + 1); i++) {
      for (let j = Math.max(0, column - 1); j <= Math.min(w - 1, column + 1); j++) {
        if (patches.includes(i * w + j)) continue
        sum += flow.get(i, j)
        count++
      }
    }
    filled.set(row, column, count === 0 ? 0 : sum / count)
  }
  return filled
}

/** Dark is the least; bright, but not white, is what two or three of a hundred patches have. */
function drawFlow(square: NdArray<Uint8Array>, flow: NdArray<Float32Array>): Promise<NdArray<Uint8Array>> {
  const sorted = rearrange(flow, 'h w -> (h w)', {}, { copy: 'always' }).data.toSorted()
  const [min, top] = [sorted[0]!, sorted[Math.floor(0.985 * (sorted.length - 1))]!]
  return drawHeatMap(square, flow, { min, max: min + (top - min) / 0.85 })
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
