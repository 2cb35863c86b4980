/** PyTorch's `nn.TransformerEncoderLayer` and `nn.TransformerEncoder`: an encoder block under other names and defaults. */

import type { Value } from '../steps/value.ts'
import { expectWhole } from './check.ts'
import { runBlocks } from './encoder.ts'
import { EncoderBlock } from './encoder-block.ts'
import { isAsMade } from './first-tokens.ts'
import type { Mlp } from './mlp.ts'
import { type Member, Module } from './module.ts'
import { kind, needed, type OptionsOf, or, readOptions } from './options.ts'

const layerOptions = {
  /** Width of a token. */
  dModel: needed(kind.length),
  /** The number of heads. */
  nhead: needed(kind.length),
  /** Width of the MLP; 2048 if not given. */
  dimFeedforward: or(kind.length, 2048),
  /** Dropout of the attention weights and of everything the layer adds; 0.1 if not given. */
  dropout: or(kind.share, 0.1),
  activation: or(kind.activation, 'relu'),
  /** Norms before attention and MLP; false if not given. */
  normFirst: or(kind.flag, false),
  layerNormEps: or(kind.fromZero, 1e-5),
  bias: or(kind.flag, true),
}

export interface TransformerEncoderLayerOptions extends OptionsOf<typeof layerOptions> {}

/**
 * An encoder block with PyTorch's defaults and parameter names (`self_attn.in_proj_weight`, `linear1.weight`, …), on
 * input whose first axis is the batch: [b, n, dModel] → [b, n, dModel].
 *
 * @throws {EinopsError} when `nhead` does not divide `dModel`, or the input is not [b, n, dModel]
 *
 * @example
 * const layer = new TransformerEncoderLayer({ dModel: 48, nhead: 4, dimFeedforward: 96, normFirst: true })
 * layer.forward(ndarray(new Float32Array(2 * 9 * 48), [2, 9, 48])).shape // → [2, 9, 48]
 * Object.keys(layer.stateDict())[0] // → self_attn.in_proj_weight
 */
export class TransformerEncoderLayer extends EncoderBlock {
  declare readonly mlp: Mlp
  readonly options: TransformerEncoderLayerOptions

  constructor(options: TransformerEncoderLayerOptions) {
    const read = readOptions('TransformerEncoderLayer', options, layerOptions)
    const { dModel, nhead, dimFeedforward, dropout, bias, normFirst, activation, layerNormEps } = read
    super(dModel, {
      ...{ numHeads: nhead, qkvBias: bias, projBias: bias },
      ...{ hiddenFeatures: dimFeedforward, normFirst, activation },
      ...{ drop: dropout, attnDrop: dropout, eps: layerNormEps },
      // as `nn.MultiheadAttention` draws its parameters
      ...{ qkvInit: { weight: 'xavier-uniform', bias: 'zeros' }, projInit: { bias: 'zeros' } },
    })
    this.options = options
  }

  override members(): Member[] {
    const { attn, mlp, norm1, norm2 } = this
    const { weight, bias } = attn.qkv
    return [
      ['self_attn.in_proj_weight', weight],
      ...(bias === null ? [] : [['self_attn.in_proj_bias', bias] as const]),
      ['self_attn.dropout', attn.attnDrop],
      ['self_attn.out_proj', attn.proj],
      ['linear1', mlp.fc1],
      ['dropout', mlp.drop1],
      ['linear2', mlp.fc2],
      ['norm1', norm1],
      ['norm2', norm2],
      ['dropout1', attn.projDrop],
      ['dropout2', mlp.drop2],
    ]
  }
}

/**
 * Copies of a layer one after another: [b, n, dModel] → [b, n, dModel]. As in PyTorch the copies begin with the
 * parameters of the given layer, which itself is not one of them.
 *
 * @throws {EinopsError} what the layers throw
 *
 * @example
 * const layer = new TransformerEncoderLayer({ dModel: 48, nhead: 4, dimFeedforward: 96 })
 * const encoder = new TransformerEncoder(layer, 2)
 * encoder.forward(ndarray(new Float32Array(9 * 48), [1, 9, 48])).shape // → [1, 9, 48]
 * Object.keys(encoder.stateDict())[0] // → layers.0.self_attn.in_proj_weight
 */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[]

  constructor(layer: TransformerEncoderLayer, numLayers: number) {
    super()
    expectWhole(this, { numLayers }, 0)
    this.layers = Array.from({ length: numLayers }, () => copyOf(layer))
  }

  /** `asked`: how many of the first tokens anybody wants to know of; all if not given. */
  override compute(x: Value, asked?: number): Value {
    return runBlocks(this.layers, x, isAsMade(this) ? asked : undefined)
  }
}

function copyOf(layer: TransformerEncoderLayer): TransformerEncoderLayer {
  const copy = new TransformerEncoderLayer(layer.options)
  copy.loadStateDict(layer.stateDict())
  return copy
}
