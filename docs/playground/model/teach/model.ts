/** The small ViT that is taught: what it is made like, what it answers, and the file that it is kept in. */
import { writeSafetensors } from 'tesserae/checkpoint'
import { manualSeed, VisionTransformer } from 'tesserae/nn'
import { arrayOf } from '../library.ts'
import { probabilities } from '../look.ts'
import { flat } from '../vit/flat.ts'
import { side } from './example.ts'
import { grid, heads, layers } from './lesson-plan.ts'

const shape = {
  imgSize: side,
  patchSize: side / grid,
  embedDim: 48,
  depth: layers,
  numHeads: heads,
  mlpRatio: 2,
}

/** A model that knows nothing; another seed, another beginning. */
export function newModel(classes: number, seed: number): VisionTransformer {
  manualSeed(seed)
  return new VisionTransformer({ ...shape, numClasses: classes }).eval()
}

/** What a model says of one picture. */
export interface Answer {
  /** For each class, 0 to 1. */
  readonly chances: readonly number[]
  /** Where the class token looks: [layer, head, 7 × 7]. */
  readonly looks: Float32Array
}

/** @param pixels [3, 28, 28] */
export function answerOf(model: VisionTransformer, pixels: Float32Array): Answer {
  const x = arrayOf(pixels, [1, 3, side, side])
  const patches = grid * grid
  const looks = new Float32Array(layers * heads * patches)
  for (const [layer, map] of model.attentionMaps(x).entries()) {
    const weights = flat(map) // [1, head, n, n]
    const n = patches + 1
    for (let head = 0; head < heads; head++) {
      const row = weights.subarray(head * n * n + 1, head * n * n + n)
      looks.set(row, (layer * heads + head) * patches)
    }
  }
  return { chances: probabilities(flat(model.forward(x))), looks }
}

/**
 * The weights under timm's names. What these do not tell stands in the file's metadata, in timm's words, so that whoever opens
 * it prepares pictures alike and knows the classes' names.
 */
export function savedModel(model: VisionTransformer, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const half = [0.5, 0.5, 0.5]
  const configuration = {
    num_heads: heads,
    norm_eps: 1e-6,
    label_names: names,
    pretrained_cfg: {
      ...{ input_size: [3, side, side], mean: half, std: half, crop_pct: 1, interpolation: 'box' },
    },
  }
  return writeSafetensors(model.stateDict(), {
    format: 'pt',
    'config.json': JSON.stringify(configuration),
  }) as Uint8Array<ArrayBuffer>
}
