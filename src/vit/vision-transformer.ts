/**
 * The Vision Transformer (Dosovitskiy et al., "An Image is Worth 16×16 Words", arXiv:2010.11929) with the options and the
 * parameter names of timm's `VisionTransformer`; vit-pytorch's and Hugging Face's models are this one with other options
 * and names.
 */

import type { StateDict } from '../checkpoint/read.ts'
import type { NdArray } from '../layout/tensor.ts'
import { attentionMaps } from '../nn/attention.ts'
import { AttentionPool } from '../nn/attention-pool.ts'
import { Dropout, PatchDropout } from '../nn/dropout.ts'
import { encoderBlocks, runBlocks } from '../nn/encoder.ts'
import { type EncoderBlock, encoderBlockOptions } from '../nn/encoder-block.ts'
import { isOfTokens } from '../nn/first-tokens.ts'
import { newParameter, normal, truncNormal } from '../nn/init.ts'
import { Linear } from '../nn/linear.ts'
import { Module, runOn } from '../nn/module.ts'
import { makeNorm } from '../nn/norm.ts'
import { only, type Read, readOptions } from '../nn/options.ts'
import type { Parameter } from '../nn/parameter.ts'
import { PatchEmbed } from '../nn/patch-embed.ts'
import { RotaryPositions2d } from '../nn/rotary.ts'
import { RotaryMixed } from '../nn/rotary-mixed.ts'
import { Identity } from '../nn/sequential.ts'
import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { reduceTensor } from '../ops/reduce.ts'
import { repeatTensor } from '../ops/repeat.ts'
import { unpackTensor } from '../ops/unpack.ts'
import { apart } from '../steps/scope.ts'
import type { Value } from '../steps/value.ts'
import { add } from '../steps/zip.ts'
import {
  type About,
  type CheckpointOptions,
  type CheckpointSource,
  type Configurations,
  modelFrom,
  modelFromState,
} from './from-checkpoint.ts'
import { poolTokens } from './pooling.ts'
import { resamplePositionsTensor, sinCosPositions2d } from './positions.ts'
import { type Preparation, preparationIn } from './preparation.ts'
import {
  expectCompatible,
  type VisionTransformerOptions,
  visionTransformerOptions,
} from './vision-transformer-options.ts'
import { shrinkBranches, type VitInit, vitInit } from './vit-init.ts'

/**
 * Image to logits: [b, inChans, h, w] → [b, numClasses].
 *
 * @throws {EinopsError} when options contradict each other, or the image is not of the model's size
 *
 * @example
 * const model = new VisionTransformer({ imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 10 })
 * const x = ndarray(new Float32Array(2 * 3 * 32 * 32), [2, 3, 32, 32])
 * model.forward(x).shape // → [2, 10]
 * model.forwardFeatures(x).shape // → [2, 17, 48]
 * model.attentionMaps(x).map((map) => map.shape.join()) // → ['2,3,17,17', '2,3,17,17']
 */
export class VisionTransformer extends Module {
  readonly clsToken: Parameter | null
  readonly distToken: Parameter | null
  readonly regToken: Parameter | null
  readonly posEmbed: Parameter | null
  readonly patchEmbed: PatchEmbed
  readonly posDrop: Dropout
  readonly patchDrop: PatchDropout
  readonly normPre: Module
  readonly blocks: readonly EncoderBlock[]
  readonly norm: Module
  readonly attnPool: AttentionPool | null
  readonly fcNorm: Module
  readonly headDrop: Dropout
  readonly head: Module
  readonly headDist: Module | null
  readonly options: VisionTransformerOptions
  /** What a checkpoint did not tell and its naming scheme's convention had to, and what of it was left out, a sentence each. */
  readonly guesses: readonly string[]
  /** The names of the classes in their order, where a configuration has them. */
  readonly labels: readonly string[] | undefined
  readonly #texts: Readonly<Record<string, string>>
  readonly #read: Options

  /** What turns queries and keys by their places in the grid. */
  readonly rope: RotaryPositions2d | RotaryMixed | null
  readonly #sinesAndCosines = forLastGrid((grid) => {
    return rearrangeTensor(sinCosPositions2d({ grid, dim: this.#read.embedDim }), 'n d -> 1 n d')
  })

  constructor(options: VisionTransformerOptions = {}, { guesses = [], labels, texts = {} }: About = {}) {
    super()
    const read = readOptions(this, options, visionTransformerOptions)
    this.guesses = guesses
    this.labels = labels
    this.#texts = texts
    this.#read = read
    const { imgSize, patchSize, inChans, numClasses, embedDim, depth, numHeads, globalPool } = read
    const { classToken, regTokens, distilled, noEmbedClass, preNorm, finalNorm, dynamicImgSize } = read
    const { normLayer, eps, actLayer: activation, mlpRatio, projection, dynamicImgPad, patchNorm } = read
    const init = initOf(read)
    expectCompatible(this, read)
    const pools = globalPool === 'avg' || globalPool === 'max' || globalPool === 'avgmax'
    const normAfterPool = read.fcNorm ?? pools
    const makeNormIf = (wanted: boolean) => (wanted ? makeNorm(normLayer, embedDim, { eps }) : new Identity())
    this.options = options
    this.patchEmbed = new PatchEmbed({
      ...{ imgSize, patchSize, inChans, embedDim, bias: !preNorm, strictImgSize: !dynamicImgSize },
      ...{ projection, dynamicImgPad, patchNorm, outputFmt: dynamicImgSize ? 'NHWC' : 'NLC' },
      ...{ norm: read.embedNormLayer ?? false, padding: read.patchPadding, normEps: eps },
      init: init.patches,
    })
    const prefix = (classToken ? 1 : 0) + (distilled ? 1 : 0) + regTokens
    const positions = this.patchEmbed.numPatches! + (noEmbedClass ? 0 : prefix)
    this.clsToken = classToken ? newParameter([1, 1, embedDim], normal({ std: 1e-6 })) : null
    this.distToken = distilled ? newParameter([1, 1, embedDim], truncNormal({ std: 0.02 })) : null
    this.regToken = regTokens > 0 ? newParameter([1, regTokens, embedDim], normal({ std: 1e-6 })) : null
    this.posEmbed =
      read.posEmbed === 'learn' ? newParameter([1, positions, embedDim], truncNormal({ std: 0.02 })) : null
    this.posDrop = new Dropout({ p: read.posDropRate })
    this.patchDrop = new PatchDropout({ p: read.patchDropRate, numPrefixTokens: prefix })
    this.normPre = makeNormIf(preNorm)
    this.rope = rotaryOf(read, this.patchEmbed.gridSize!, prefix)
    const { relPos: type, relPosDim: hiddenFeatures } = read
    const grid = this.patchEmbed.gridSize!
    const relPos = type && { type, hiddenFeatures, grid, numPrefixTokens: prefix }
    const { rope } = this
    const ropes = rope instanceof RotaryMixed ? Array.from({ length: depth }, (_, i) => rope.ofBlock(i)) : []
    const blocks = encoderBlocks(
      embedDim,
      {
        ...{ ...only(read, encoderBlockOptions), depth, blockFn: read.blockFn, activation, normFirst: true },
        ...{ relPos, rope: rope ?? undefined },
        ...{ init: init.mlp, qkvInit: init.qkv, projInit: init.proj },
        ...{ drop: read.projDropRate, attnDrop: read.attnDropRate, dropPath: read.dropPathRate },
      },
      ropes,
    )
    this.blocks = blocks as EncoderBlock[] // of another class only where `blockFn` names it
    this.norm = makeNormIf(finalNorm && !normAfterPool)
    this.attnPool =
      globalPool === 'map'
        ? new AttentionPool(embedDim, {
            ...{ activation, normLayer, eps, numHeads: read.attnPoolNumHeads ?? numHeads },
            mlpRatio: read.attnPoolMlpRatio ?? mlpRatio,
            hiddenFeatures: read.attnPoolMlpRatio === undefined ? read.hiddenFeatures : undefined,
            init: init.mlp,
          })
        : null
    this.fcNorm = makeNormIf(finalNorm && normAfterPool)
    this.headDrop = new Dropout({ p: read.dropRate })
    const features = globalPool === 'token+avg' ? 2 * embedDim : embedDim
    const makeHead = () => new Linear(features, numClasses, { init: init.head })
    this.head = numClasses > 0 ? makeHead() : new Identity()
    this.headDist = distilled && numClasses > 0 ? makeHead() : null
    if (read.fixInit) shrinkBranches(this.blocks)
  }

  override get inputShape(): readonly number[] | undefined {
    return this.patchEmbed.inputShape
  }

  override compute(x: Value): Value {
    if (this.headDist === null) return this.head.compute(this.headDrop.compute(this.#pooled(x)))
    const [token, second] = unpackTensor(this.#features(x, 2), [[], [], [-1]], 'b * d') as Value[]
    const answers = [this.head.compute(token!), this.headDist.compute(second!)]
    return reduceTensor(packTensors(answers, '* b c')[0], 'two b c -> b c', 'mean')
  }

  /** The tokens after the last block and norm: [b, prefix + n, embedDim]. */
  forwardFeatures(x: NdArray<Float32Array>): NdArray<Float32Array> {
    return runOn(x, this, (input) => this.#features(input))
  }

  /** What the head sees of an image: [b, embedDim]. */
  preLogits(x: NdArray<Float32Array>): NdArray<Float32Array> {
    return runOn(x, this, (input) => this.#pooled(input))
  }

  /** The tokens of an image with positions, before the blocks: [b, prefix + n, embedDim]. */
  embed(x: NdArray<Float32Array>): NdArray<Float32Array> {
    return runOn(x, this, (input) => this.#tokens(input))
  }

  /** The attention weights of every block on the way to an answer, each [b, head, n, n]. */
  attentionMaps(x: NdArray<Float32Array>): NdArray<Float32Array>[] {
    return attentionMaps(this, x)
  }

  /**
   * How pictures are prepared for the model, as its configuration says: options of `preprocess`. What is not said is as Google's ViTs have it, and
   * among `assumed`.
   *
   * @throws ImageError where the configuration asks for what cannot be done
   */
  get preparation(): Preparation {
    const { imgSize, proj } = this.patchEmbed
    return preparationIn(this.#texts, {
      ...{ size: imgSize ?? [224, 224], channels: proj.inChans },
      isFixed: !this.#read.dynamicImgSize,
    })
  }

  /** The number of class and register tokens, which stand before the patches. */
  get numPrefixTokens(): number {
    const tokens = [this.clsToken, this.distToken, this.regToken]
    return tokens.reduce((count, token) => count + (token?.shape[1] ?? 0), 0)
  }

  /**
   * The model of a checkpoint, in evaluation mode: naming scheme and hyper-parameters are read off names and shapes; what
   * these do not tell, off the file's metadata and, of a path, `config.json` in the same folder; the rest is assumed, and among `guesses`.
   *
   * @param source a safetensors file as bytes or a Blob, the path of one (or of a sharded one's index), or a state dict
   * @param overrides options that names and shapes do not tell, or tell wrongly; another `imgSize` than the checkpoint's resamples its positions, and another `numClasses` begins with a new head, or with 0 without one. `precision`: how weights are kept and
   *   multiplied, as `quantize` makes them (`'int8'`, `'int8-fast'`) or as `'float32'`; as the file has them if not given
   * @param configurations `config.json` and the like, where they do not stand beside the file: texts or objects by their names
   * @throws CheckpointError when it is no checkpoint of a Vision Transformer; parameters that do not fit are listed
   *
   * @example
   * const dict = new VisionTransformer({ imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3 }).stateDict()
   * const model = await VisionTransformer.fromCheckpoint(dict, { numHeads: 3 })
   * model.blocks.length // → 2
   */
  static fromCheckpoint(
    source: CheckpointSource,
    overrides: CheckpointOptions = {},
    configurations?: Configurations,
  ): Promise<VisionTransformer> {
    return modelFrom(source, overrides, (...args) => new VisionTransformer(...args), configurations)
  }

  /** The same of parameters that are in memory, at once. */
  static fromStateDict(
    dict: StateDict,
    overrides: VisionTransformerOptions = {},
    configurations?: Configurations,
  ): VisionTransformer {
    return modelFromState(dict, overrides, (...args) => new VisionTransformer(...args), configurations)
  }

  /** The tokens after the last block and norm; where no more than the first `asked` are used, perhaps them alone. */
  #features(x: Value, asked?: number): Value {
    const tokens = this.normPre.compute(this.patchDrop.compute(this.#tokens(x)))
    this.rope?.moveTo(this.patchEmbed.gridOf(x))
    return this.norm.compute(runBlocks(this.blocks, tokens, isOfTokens(this.norm) ? asked : undefined))
  }

  #pooled(x: Value): Value {
    const { globalPool, poolIncludePrefix } = this.#read
    const skipped = poolIncludePrefix ? 0 : this.numPrefixTokens
    const tokens = this.#features(x, globalPool === 'token' ? 1 : undefined)
    return this.fcNorm.compute(poolTokens(tokens, { globalPool, skipped, attnPool: this.attnPool }))
  }

  /** Patches with class and register tokens before them, and positions on those that have one. */
  #tokens(x: Value): Value {
    const patches = this.patchEmbed.compute(x)
    const row = patches.shape.length === 4 ? rearrangeTensor(patches, 'b h w d -> b (h w) d') : patches
    const positions = this.#positions(this.patchEmbed.gridOf(x))
    if (positions === null) return this.posDrop.compute(this.#withPrefix(row))
    const hasPrefix = positions.shape[1] !== row.shape[1]
    return this.posDrop.compute(
      hasPrefix ? add(this.#withPrefix(row), positions) : this.#withPrefix(add(row, positions)),
    )
  }

  #withPrefix(patches: Value): Value {
    const b = patches.shape[0]!
    const prefix = [this.clsToken, this.distToken, this.regToken].flatMap((token) =>
      token === null ? [] : [repeatTensor(token, '1 n d -> b n d', { b })],
    )
    return prefix.length === 0 ? patches : packTensors([...prefix, patches], 'b * d')[0]
  }

  /** Positions for a grid, [1, n, d]; n counts class and registers unless they have none. */
  #positions(grid: readonly [number, number]): Value | null {
    const { posEmbed, noEmbedClass, posAntialias: antialias, posInterpolation: interpolation } = this.#read
    if (posEmbed === 'sincos') return this.#sinesAndCosines(grid)
    if (this.posEmbed === null) return null
    const numPrefixTokens = noEmbedClass ? 0 : this.numPrefixTokens
    return resamplePositionsTensor(this.posEmbed, {
      from: this.patchEmbed.gridSize!,
      to: grid,
      numPrefixTokens,
      ...{ antialias, interpolation },
    })
  }
}

type Options = Read<typeof visionTransformerOptions>

type Grid = readonly [rows: number, columns: number]

/** What turns queries and keys, where positions are rotary. */
function rotaryOf(
  { rotary, embedDim, depth, numHeads, headDim = embedDim / numHeads }: Options,
  grid: Grid,
  numPrefixTokens: number,
): RotaryPositions2d | RotaryMixed | null {
  if (rotary === false) return null
  const { mixed = false, ...others } = rotary === true ? {} : rotary
  const place = { grid, headDim, numPrefixTokens }
  if (!mixed) return new RotaryPositions2d({ ...others, ...place })
  const { temperature, gridIndexing } = others
  return new RotaryMixed({ ...place, depth, numHeads, temperature, gridIndexing })
}

/** Keeps what was made for the last grid, which is that of the next image as a rule. */
function forLastGrid<T>(make: (grid: Grid) => T): (grid: Grid) => T {
  let last: { readonly grid: Grid; readonly made: T } | undefined
  return (grid) => {
    if (last?.grid[0] !== grid[0] || last.grid[1] !== grid[1]) last = { grid, made: apart(() => make(grid)) }
    return last.made
  }
}

/** How each kind of map is drawn: as `init` says, or else by one of timm's rules. */
function initOf({ init, weightInit, numClasses, embedDim: dim }: Options): VitInit {
  return init === undefined
    ? vitInit(weightInit, { numClasses, dim })
    : { qkv: init, proj: init, mlp: init, head: init }
}
