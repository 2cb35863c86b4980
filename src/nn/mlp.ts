/** The two linear maps with an activation between them that follow the attention in every block, as in timm's `Mlp`. */

import type { Activation } from '../steps/map.ts'
import type { Value } from '../steps/value.ts'
import { Dropout } from './dropout.ts'
import type { LayerInit } from './init.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'
import { makeNorm, type NormLayer } from './norm.ts'
import { each, expectOptions, type Kinds, kind } from './options.ts'
import { Identity } from './sequential.ts'

export interface MlpOptions {
  /** Width between the two maps; `dim` if not given. */
  readonly hiddenFeatures?: number | undefined
  /** Width of the output; `dim` if not given. */
  readonly outFeatures?: number | undefined
  readonly activation?: Activation | undefined
  readonly bias?: boolean | undefined
  /** Dropout after each of the maps. */
  readonly drop?: number | undefined
  /** A norm before the second map (timm's `scale_mlp_norm`). */
  readonly norm?: NormLayer | undefined
  /** Of this norm. */
  readonly eps?: number | undefined
  readonly init?: LayerInit | undefined
}

export const mlpOptions: Kinds<MlpOptions> = {
  ...each(kind.length, 'hiddenFeatures', 'outFeatures'),
  activation: kind.activation,
  bias: kind.flag,
  drop: kind.share,
  norm: kind.norm,
  eps: kind.number,
  init: kind.init,
}

/**
 * `fc2(activation(fc1(x)))` over the last axis: [..., dim] → [..., outFeatures].
 *
 * @param dim length of the input's last axis
 * @throws {EinopsError} when the input's last axis is not `dim` long
 *
 * @example
 * const mlp = new Mlp(192, { hiddenFeatures: 768 })
 * const y = mlp.forward(ndarray(new Float32Array(2 * 5 * 192), [2, 5, 192]))
 * y.shape // → [2, 5, 192]
 */
export class Mlp extends Module {
  readonly fc1: Linear
  readonly drop1: Dropout
  readonly norm: Module
  readonly fc2: Linear
  readonly drop2: Dropout
  readonly activation: Activation

  constructor(dim: number, options: MlpOptions = {}) {
    super()
    expectOptions(this, options, mlpOptions)
    const { hiddenFeatures = dim, outFeatures = dim, activation = 'gelu', bias = true, drop = 0 } = options
    const { init, eps = 1e-6 } = options
    this.activation = activation
    this.fc1 = new Linear(dim, hiddenFeatures, { bias, init })
    this.drop1 = new Dropout({ p: drop })
    this.norm = options.norm ? makeNorm(options.norm, hiddenFeatures, { eps }) : new Identity()
    this.fc2 = new Linear(hiddenFeatures, outFeatures, { bias, init })
    this.drop2 = new Dropout({ p: drop })
  }

  override compute(x: Value): Value {
    const hidden = this.drop1.compute(this.fc1.compute(x, { activation: this.activation }))
    return this.drop2.compute(this.fc2.compute(this.norm.compute(hidden)))
  }
}
