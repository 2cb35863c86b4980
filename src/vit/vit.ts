/**
 * The Vision Transformer of document 1 ("ViT 阅读笔记", after "Demystifying Visual Transformers with PyTorch"): patches by a
 * strided convolution, a class token and learned positions, torch's `nn.TransformerEncoder`, and a head on the class
 * token. Parameters have the names they have there.
 */

import type { NdArray } from '../layout/tensor.ts'
import { attentionMaps } from '../nn/attention.ts'
import { expectLength, expectRank, ofSize, pair } from '../nn/check.ts'
import { Dropout } from '../nn/dropout.ts'
import { newParameter } from '../nn/init.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { LayerNorm } from '../nn/norm.ts'
import { kind, needed, type OptionsOf, only, or, readOptions } from '../nn/options.ts'
import type { Parameter } from '../nn/parameter.ts'
import { PatchProjection } from '../nn/patch-embed.ts'
import { Sequential } from '../nn/sequential.ts'
import { TransformerEncoder, TransformerEncoderLayer } from '../nn/transformer-encoder.ts'
import { packTensors } from '../ops/pack.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { repeatTensor } from '../ops/repeat.ts'
import { unpackTensor } from '../ops/unpack.ts'
import type { Value } from '../steps/value.ts'
import { add } from '../steps/zip.ts'

const embeddingOptions = {
  /** Height and width of the images. */
  imageSize: needed(kind.length),
  inChannels: needed(kind.length),
  embedDim: needed(kind.length),
  patchSize: needed(kind.length),
  dropout: or(kind.share, 0),
}

export interface PatchEmbeddingOptions extends OptionsOf<typeof embeddingOptions> {}

/**
 * Document 1's embedding: patches, a class token in front of them, and learned positions on all:
 * [b, c, h, w] → [b, 1 + n, embedDim].
 *
 * @throws {EinopsError} when the images are not `imageSize` high and wide or have other channels
 *
 * @example
 * const embed = new PatchEmbedding({ imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7, dropout: 0.1 })
 * const tokens = embed.forward(ndarray(new Float32Array(4 * 28 * 28), [4, 1, 28, 28]))
 * tokens.shape // → [4, 17, 100]
 */
export class PatchEmbedding extends Module {
  readonly patcher: Sequential
  readonly clsToken: Parameter
  readonly positionEmbedding: Parameter
  readonly dropout: Dropout
  readonly imageSize: number
  readonly inChannels: number

  constructor(options: PatchEmbeddingOptions) {
    super()
    const { imageSize, inChannels, embedDim, patchSize, dropout } = readOptions(
      this,
      options,
      embeddingOptions,
    )
    const numPatches = Math.floor(imageSize / patchSize) ** 2
    this.imageSize = imageSize
    this.inChannels = inChannels
    // nn.Conv2d and nn.Flatten(2) in one product: [b, d, (h w)]
    this.patcher = new Sequential(
      new PatchProjection(pair(patchSize), embedDim, {
        inChans: inChannels,
        projection: 'conv',
        outputFmt: 'NCL',
      }),
    )
    this.clsToken = newParameter([1, 1, embedDim], 'normal')
    this.positionEmbedding = newParameter([1, numPatches + 1, embedDim], 'normal')
    this.dropout = new Dropout({ p: dropout })
  }

  override get inputShape(): readonly number[] {
    return [1, this.inChannels, this.imageSize, this.imageSize]
  }

  override compute(x: Value): Value {
    expectRank(this, x, '[b, c, h, w]')
    for (const axis of [2, 3])
      expectLength(this, x, axis, this.imageSize, 'imageSize', ofSize(this.imageSize))
    const patches = rearrangeTensor(this.patcher.compute(x), 'b d n -> b n d')
    const classToken = repeatTensor(this.clsToken, '1 1 d -> b d', { b: x.shape[0]! })
    const [tokens] = packTensors([classToken, patches], 'b * d')
    return this.dropout.compute(add(this.positionEmbedding, tokens))
  }
}

const vitOptions = {
  ...embeddingOptions,
  numHeads: needed(kind.length),
  /** The number of encoder layers. */
  numEncoders: needed(kind.count),
  numClasses: needed(kind.length),
  /** Width of the MLPs in multiples of `embedDim`. */
  expansion: needed(kind.number),
  /** Accepted and not used, as in the document. */
  numLayers: kind.count,
}

export interface ViTOptions extends OptionsOf<typeof vitOptions> {}

/**
 * Document 1's model: [b, c, h, w] → [b, numClasses].
 *
 * @throws {EinopsError} when the images are not `imageSize` high and wide or have other channels
 *
 * @example
 * const model = new ViT({
 *   imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7, numHeads: 1, numEncoders: 1, numClasses: 10, expansion: 4,
 * })
 * const logits = model.forward(ndarray(new Float32Array(4 * 28 * 28), [4, 1, 28, 28]))
 * logits.shape // → [4, 10]
 */
export class ViT extends Module {
  readonly embeddingBlock: PatchEmbedding
  readonly encoderBlocks: TransformerEncoder
  readonly mlpHead: Sequential

  constructor(options: ViTOptions) {
    super()
    const read = readOptions(this, options, vitOptions)
    const { embedDim, numHeads, numEncoders, numClasses, expansion, dropout } = read
    this.embeddingBlock = new PatchEmbedding(only(read, embeddingOptions))
    const encoderLayer = new TransformerEncoderLayer({
      dModel: embedDim,
      nhead: numHeads,
      dimFeedforward: Math.floor(embedDim * expansion),
      dropout,
      activation: 'gelu',
      normFirst: true,
    })
    this.encoderBlocks = new TransformerEncoder(encoderLayer, numEncoders)
    this.mlpHead = new Sequential(new LayerNorm(embedDim), new Linear(embedDim, numClasses))
  }

  override get inputShape(): readonly number[] {
    return this.embeddingBlock.inputShape
  }

  override compute(x: Value): Value {
    const tokens = this.encoderBlocks.compute(this.embeddingBlock.compute(x), 1)
    const [classToken] = unpackTensor(tokens, [[], [-1]], 'b * d')
    return this.mlpHead.compute(classToken!)
  }

  /** The attention weights of every layer on the way to an answer, each [b, head, n, n]. */
  attentionMaps(x: NdArray<Float32Array>): NdArray<Float32Array>[] {
    return attentionMaps(this, x)
  }
}
