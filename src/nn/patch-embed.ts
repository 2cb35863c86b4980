/**
 * Image to patch embeddings, as in the documents: cut into patches, flatten, project. Rearrange + Linear and the
 * strided convolution are the same einsum with the weight written in two ways, so there is one computation and either
 * form of the weight can be loaded. Options are those of timm's `PatchEmbed`.
 */

import { EinopsError } from '../../grammar/error.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { filled } from '../ops/kinds.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import type { Value } from '../steps/value.ts'
import { expectLength, expectRank, expectWhole, ofSize, pair } from './check.ts'
import { linearParameters } from './init.ts'
import { Module } from './module.ts'
import { LayerNorm, makeNorm, type NormLayer } from './norm.ts'
import { type Kind, kind, type OptionsOf, oneOf, or, orNull, readOptions } from './options.ts'
import { cropToPatches, pad, padToPatches } from './padding.ts'
import type { Parameter } from './parameter.ts'
import { Identity } from './sequential.ts'

export const projections = ['linear', 'conv'] as const

export type Projection = (typeof projections)[number]

/** The order of the output's axes: N batch, L patches in rows, H and W patches in a grid, C features. */
export type TokenFormat = (typeof tokenFormats)[number]

const tokenFormats = ['NLC', 'NCL', 'NHWC', 'NCHW'] as const

const norm: Kind<boolean | NormLayer> = {
  expected: `true or false or ${kind.norm.expected}`,
  has: (value) => kind.flag.has(value) || kind.norm.has(value),
}

const projectionOptions = {
  inChans: or(kind.length, 3),
  /** In which form the new weight is: [d, (s1 s2 c)] or [d, c, s1, s2]. A weight that is loaded in the other form decides from then on. `'linear'` if not given. */
  projection: or(oneOf(projections), 'linear'),
  /** Whether patches stand in one row, [b, n, d]; `false` is format NCHW; true if not given. */
  flatten: or(kind.flag, true),
  outputFmt: or(orNull(oneOf(tokenFormats)), null),
  bias: or(kind.flag, true),
  seed: kind.seed,
  init: kind.init,
}

const patchEmbedOptions = {
  /** Height and width of the images; null if nothing is known about it; 224 if not given. */
  imgSize: or(orNull(kind.sides), 224),
  patchSize: or(kind.sides, 16),
  embedDim: or(kind.length, 768),
  ...projectionOptions,
  /** Whether the elements of a patch are normalised before the projection (vit-pytorch); false if not given. */
  patchNorm: or(kind.flag, false),
  /** A norm over the features at the end: `true` for LayerNorm, a name, or a function that makes one; false if not given. */
  norm: or(norm, false),
  /** Of the norms that are not made by a function; PyTorch's default; 1e-5 if not given. */
  normEps: or(kind.fromZero, 1e-5),
  /** Whether images must have the size `imgSize`; true if not given. */
  strictImgSize: or(kind.flag, true),
  /** Whether zeros fill the last patches up; false if not given. */
  dynamicImgPad: or(kind.flag, false),
  /** Zeros around the image, as a convolution's padding: so far outside of it patches begin; 0 if not given. */
  padding: or(kind.count, 0),
}

export interface PatchEmbedOptions extends OptionsOf<typeof patchEmbedOptions> {}

/**
 * Cuts images into patches and projects each to a vector: [b, c, h, w] → [b, (h/s1 · w/s2), embedDim].
 *
 * @throws {EinopsError} when the image has another size than the model or other channels; with `projection: 'linear'`
 *   also when patches do not cover it, where `'conv'` leaves out the rest, as PyTorch does
 *
 * @example
 * const embed = new PatchEmbed({ imgSize: 224, patchSize: 16, inChans: 3, embedDim: 768 })
 * const tokens = embed.forward(ndarray(new Float32Array(3 * 224 * 224), [1, 3, 224, 224]))
 * tokens.shape // → [1, 196, 768]
 * embed.proj.weight.shape // → [768, 768]
 */
export class PatchEmbed extends Module {
  readonly patchNorm: Module | null
  readonly proj: PatchProjection
  readonly norm: Module
  readonly imgSize: readonly [number, number] | null
  readonly patchSize: readonly [number, number]
  readonly gridSize: readonly [number, number] | null
  readonly numPatches: number | null
  readonly strictImgSize: boolean
  readonly dynamicImgPad: boolean
  readonly padding: number

  constructor(options: PatchEmbedOptions = {}) {
    super()
    const read = readOptions(this, options, patchEmbedOptions)
    const { imgSize, patchSize, inChans, embedDim, norm, normEps: eps } = read
    this.imgSize = imgSize === null ? null : pair(imgSize)
    this.patchSize = pair(patchSize)
    this.padding = read.padding
    this.dynamicImgPad = read.dynamicImgPad
    this.gridSize = this.imgSize && this.#gridOf(this.imgSize)
    this.numPatches = this.gridSize && this.gridSize[0] * this.gridSize[1]
    this.strictImgSize = read.strictImgSize
    const [s1, s2] = this.patchSize
    this.patchNorm = read.patchNorm ? new LayerNorm(s1 * s2 * inChans, { eps }) : null
    this.proj = new PatchProjection(this.patchSize, embedDim, read)
    this.norm =
      norm === false ? new Identity() : makeNorm(norm === true ? 'layernorm' : norm, embedDim, { eps })
  }

  override get inputShape(): readonly number[] | undefined {
    return this.imgSize === null ? undefined : [1, this.proj.inChans, ...this.imgSize]
  }

  override compute(x: Value): Value {
    this.#expectSize(x)
    const { padding } = this
    const padded = padding === 0 ? x : pad(x, [padding, padding], [padding, padding])
    // as a convolution does; without padding a linear map refuses what does not fill its patches
    const crops = padding > 0 || this.proj.isConvolution
    const image = this.dynamicImgPad
      ? padToPatches(padded, this.patchSize)
      : crops
        ? cropToPatches(padded, this.patchSize)
        : padded
    return this.norm.compute(
      this.proj.compute(this.patchNorm === null ? image : this.#normalizePatches(image)),
    )
  }

  /** Rows and columns of the patches of an image [b, c, h, w]. */
  gridOf({ shape: [, , h = 0, w = 0] }: Pick<Value, 'shape'>): readonly [number, number] {
    return this.#gridOf([h, w])
  }

  /** How many patches fit along each side, or are begun. */
  #gridOf(sides: readonly [number, number]): readonly [number, number] {
    const round = this.dynamicImgPad ? Math.ceil : Math.floor
    const [rows, columns] = sides.map((side, axis) =>
      round((side + 2 * this.padding) / this.patchSize[axis]!),
    )
    return [rows!, columns!]
  }

  /** Each patch normalised by itself: [b, c, h, w] → [b, c, h, w]. */
  #normalizePatches(image: Value): Value {
    const [s1, s2] = this.patchSize
    const patches = rearrangeTensor(image, 'b c (h s1) (w s2) -> b h w (s1 s2 c)', { s1, s2 })
    const normalized = this.patchNorm!.compute(patches)
    return rearrangeTensor(normalized, 'b h w (s1 s2 c) -> b c (h s1) (w s2)', { s1, s2 })
  }

  #expectSize(x: Value): void {
    expectRank(this, x, '[b, c, h, w]')
    const [, , h = 0, w = 0] = x.shape
    if (!this.strictImgSize || this.imgSize === null) return
    const [height, width] = this.imgSize
    if (h === height && w === width) return
    throw new EinopsError({
      code: 'layer/image-size',
      operation: this.constructor.name,
      what: `Input image size (${h}*${w}) doesn't match model (${height}*${width}).`,
      values: { got: [h, w], expected: [height, width] },
      shape: x.shape,
      hint:
        w === this.proj.inChans && x.shape[1] !== w
          ? "channels stand last — rearrange(x, 'b h w c -> b c h w') puts them first"
          : `${ofSize(height, width)}; a VisionTransformer made with dynamicImgSize: true takes others`,
    })
  }
}

/** The projection alone: one einsum of the image and a weight in either form. */
export class PatchProjection extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly patchSize: readonly [number, number]
  readonly inChans: number
  readonly format: TokenFormat

  constructor(
    [s1, s2]: readonly [number, number],
    embedDim: number,
    options: OptionsOf<typeof projectionOptions>,
  ) {
    super()
    const { inChans, projection, flatten, outputFmt, ...drawn } = filled(options, projectionOptions)
    for (const patchSize of [s1, s2]) expectWhole(this, { patchSize })
    expectWhole(this, { inChans, embedDim })
    this.patchSize = [s1, s2]
    this.inChans = inChans
    this.format = outputFmt ?? (flatten ? 'NLC' : 'NCHW')
    const linear = [embedDim, s1 * s2 * inChans]
    const conv = [embedDim, inChans, s1, s2]
    const parameters = linearParameters(projection === 'linear' ? linear : conv, {
      ...drawn,
      otherShapes: [linear, conv],
    })
    this.weight = parameters.weight
    this.bias = parameters.bias
  }

  /** Whether the weight is a convolution's, which leaves out what does not fill a patch. */
  get isConvolution(): boolean {
    return this.weight.shape.length === 4
  }

  override compute(x: Value): Value {
    expectLength(this, x, 1, this.inChans, 'inChans')
    const [s1, s2] = this.patchSize
    const { output, biasAxes } = formats[this.format]
    const { isConvolution } = this
    return einsumTensor(
      [isConvolution ? cropToPatches(x, this.patchSize) : x, this.weight],
      `b c (h s1) (w s2), ${isConvolution ? 'd c s1 s2' : 'd (s1 s2 c)'} -> ${output}`,
      { s1, s2 },
      { bias: this.bias && rearrangeTensor(this.bias, biasAxes) },
    )
  }
}

const formats: Record<TokenFormat, { readonly output: string; readonly biasAxes: string }> = {
  NLC: { output: 'b (h w) d', biasAxes: 'd -> d' },
  NCL: { output: 'b d (h w)', biasAxes: 'd -> d 1' },
  NHWC: { output: 'b h w d', biasAxes: 'd -> d' },
  NCHW: { output: 'b d h w', biasAxes: 'd -> d 1 1' },
}
