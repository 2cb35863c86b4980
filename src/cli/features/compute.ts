/** The features of a batch of pictures: one vector a picture, or one a patch. */
import { sizeOf } from '../../layout/layout.ts'
import type { NdArray } from '../../layout/tensor.ts'
import { rearrange } from '../../ops/rearrange.ts'
import { reduce } from '../../ops/reduce.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import { UsageError } from '../arguments.ts'
import type { Origin, TokenKind } from './origin.ts'

export interface Features {
  /** Of one picture: [d], or [n, d] of patches. */
  readonly shape: readonly number[]
  /** A row for each picture. */
  readonly rows: readonly Float32Array[]
}

/** @throws UsageError when a model has no such tokens */
export function expectTokens(model: VisionTransformer, tokens: TokenKind): void {
  if (tokens !== 'class' || model.clsToken !== null) return
  throw new UsageError('--tokens is class, and the model has no class token — pooled is what its head sees')
}

/** @param images [b, c, h, w] */
export function featuresOf(
  model: VisionTransformer,
  images: NdArray<Float32Array>,
  { tokens, normalised }: Pick<Origin, 'tokens' | 'normalised'>,
): Features {
  const found = rearrange(chosen(model, images, tokens), 'b ... d -> b ... d', {}, { copy: 'always' })
  const [count, ...shape] = found.shape as [number, ...number[]]
  const size = sizeOf(shape)
  const rows = Array.from({ length: count }, (_, b) => found.data.subarray(b * size, (b + 1) * size))
  if (normalised) for (const row of rows) normalise(row, shape.at(-1)!)
  return { shape, rows }
}

function chosen(model: VisionTransformer, images: NdArray<Float32Array>, tokens: Origin['tokens']) {
  if (tokens === 'mirrored') return mirrored(model, images)
  if (tokens === 'pooled') return model.preLogits(images)
  const all = model.forwardFeatures(images)
  if (tokens === 'class') return all.pick(null, 0, null) as NdArray<Float32Array>
  return all.lo(0, model.numPrefixTokens, 0) as NdArray<Float32Array>
}

/** What the heads see of each picture and of its mirror image, which is as good an example: [b, 2, d]. */
function mirrored(model: VisionTransformer, images: NdArray<Float32Array>): NdArray<Float32Array> {
  const both = [images, images.step(1, 1, 1, -1) as NdArray<Float32Array>].map((x) => seenByHeads(model, x))
  return rearrange(both, 'two b d -> b two d')
}

/** Of a distilled model the mean of both tokens: its two heads, which are averaged, are then one. */
function seenByHeads(model: VisionTransformer, images: NdArray<Float32Array>): NdArray<Float32Array> {
  if (model.headDist === null) return rearrange(model.preLogits(images), 'b d -> b d', {}, { copy: 'always' })
  const tokens = model.forwardFeatures(images)
  return reduce(
    tokens.hi(tokens.shape[0]!, 2, tokens.shape[2]!),
    'b two d -> b d',
    'mean',
  ) as NdArray<Float32Array>
}

/** Makes each vector of `d` numbers one of length 1, in place. */
function normalise(row: Float32Array, d: number): void {
  for (let at = 0; at < row.length; at += d) {
    const vector = row.subarray(at, at + d)
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
    if (length > 0) for (let i = 0; i < d; i++) vector[i] = vector[i]! / length
  }
}
