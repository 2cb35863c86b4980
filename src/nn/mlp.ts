/** The two linear maps with an activation between them that follow the attention in every block, as in timm's `Mlp`. */

import type { Activation } from '../steps/map.ts'
import type { Value } from '../steps/value.ts'
import { Dropout } from './dropout.ts'
import { Linear, type LinearOptions } from './linear.ts'
import { Module } from './module.ts'
import { makeNorm, normOptions } from './norm.ts'
import { kind, type OptionsOf, or, type Read, readOptions } from './options.ts'
import { Identity } from './sequential.ts'

export const mlpOptions = {
  /** Width between the two maps; `dim` if not given. */
  hiddenFeatures: kind.length,
  /** Width of the output; `dim` if not given. */
  outFeatures: kind.length,
  activation: or(kind.activation, 'gelu'),
  bias: or(kind.flag, true),
  /** Dropout after each of the maps; 0 if not given. */
  drop: or(kind.share, 0),
  /** A norm before the second map (timm's `scale_mlp_norm`). */
  norm: kind.norm,
  /** Of this norm. */
  eps: normOptions.eps,
  init: kind.init,
}

export interface MlpOptions extends OptionsOf<typeof mlpOptions> {}

/** What follows the first map of an MLP: each kind has its own, and says what comes of it. */
export abstract class MlpBase extends Module {
  declare readonly drop1: Dropout
  declare readonly norm: Module
  declare readonly fc2: Linear
  declare readonly drop2: Dropout
  declare readonly activation: Activation

  /** `first` are the maps before the activation by their names, `width` counts the features that it gives. */
  constructor(
    first: Readonly<Record<string, Linear>>,
    [width, outFeatures]: readonly [number, number],
    { activation, bias, drop, norm, eps, init }: Read<typeof mlpOptions>,
  ) {
    super()
    Object.assign(this, first)
    this.drop1 = new Dropout({ p: drop })
    this.norm = norm ? makeNorm(norm, width, { eps }) : new Identity()
    this.fc2 = new Linear(width, outFeatures, { bias, init })
    this.drop2 = new Dropout({ p: drop })
    this.activation = activation
  }

  /** [..., dim] → [..., width]. */
  protected abstract hidden(x: Value): Value

  override compute(x: Value): Value {
    const hidden = this.drop1.compute(this.hidden(x))
    return this.drop2.compute(this.fc2.compute(this.norm.compute(hidden)))
  }
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
export class Mlp extends MlpBase {
  declare readonly fc1: Linear

  constructor(dim: number, options: MlpOptions = {}) {
    const read = readOptions(new.target.name, options, mlpOptions)
    const { hiddenFeatures = dim, outFeatures = dim } = read
    super({ fc1: new Linear(dim, hiddenFeatures, firstOf(read)) }, [hiddenFeatures, outFeatures], read)
  }

  protected override hidden(x: Value): Value {
    return this.fc1.compute(x, { activation: this.activation })
  }
}

/** What the options of an MLP say of its first map. */
export const firstOf = ({ bias, init }: Read<typeof mlpOptions>): LinearOptions => ({ bias, init })
