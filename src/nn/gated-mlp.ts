/**
 * MLPs in which one linear map opens and closes the other (Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202),
 * in the three forms that timm's checkpoints have them: `GluMlp` and `SwiGLUPacked` hold both maps in one weight, `SwiGLU`
 * has a weight for each.
 */

import { type Activation, activate } from '../steps/map.ts'
import { slice } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'
import { multiply } from '../steps/zip.ts'
import { expectOption } from './check.ts'
import { Dropout } from './dropout.ts'
import { Linear } from './linear.ts'
import { Mlp, type MlpOptions, mlpOptions } from './mlp.ts'
import { Module } from './module.ts'
import { makeNorm } from './norm.ts'
import { expectOptions, kind } from './options.ts'
import { Identity } from './sequential.ts'

/** Which MLP a block has, by timm's class names. */
export type MlpLayer = (typeof mlpLayers)[number]

export const mlpLayers = ['Mlp', 'GluMlp', 'SwiGLUPacked', 'SwiGLU'] as const

export interface GatedMlpOptions extends MlpOptions {
  /** Whether the second half of `fc1` is the gate, as in `GluMlp`; false if not given: the first is, as in `SwiGLUPacked`. */
  readonly gateLast?: boolean | undefined
}

/**
 * `fc2(activation(gate) · value)` over the last axis, gate and value being the halves of `fc1(x)`: [..., dim] →
 * [..., outFeatures]. The activation is that of the gate, `'silu'` if not given.
 *
 * @param dim length of the input's last axis; `hiddenFeatures` counts both halves
 * @throws {EinopsError} when `hiddenFeatures` is odd, or the input's last axis is not `dim` long
 *
 * @example
 * const mlp = new GatedMlp(8, { hiddenFeatures: 32 })
 * mlp.fc2.weight.shape // → [8, 16]
 * mlp.forward(ndarray(new Float32Array(2 * 5 * 8), [2, 5, 8])).shape // → [2, 5, 8]
 */
export class GatedMlp extends Module {
  readonly fc1: Linear
  readonly drop1: Dropout
  readonly norm: Module
  readonly fc2: Linear
  readonly drop2: Dropout
  readonly activation: Activation
  readonly gateLast: boolean

  constructor(dim: number, options: GatedMlpOptions = {}) {
    super()
    expectOptions(this, options, { ...mlpOptions, gateLast: kind.flag })
    const { hiddenFeatures = dim, outFeatures = dim, activation = 'silu', bias = true, drop = 0 } = options
    const { init, eps = 1e-6 } = options
    expectOption(this, hiddenFeatures % 2 === 0, `hiddenFeatures is not even — got ${hiddenFeatures}`)
    const half = hiddenFeatures / 2
    this.activation = activation
    this.gateLast = options.gateLast ?? false
    this.fc1 = new Linear(dim, hiddenFeatures, { bias, init })
    this.drop1 = new Dropout({ p: drop })
    this.norm = options.norm ? makeNorm(options.norm, half, { eps }) : new Identity()
    this.fc2 = new Linear(half, outFeatures, { bias, init })
    this.drop2 = new Dropout({ p: drop })
  }

  override compute(x: Value): Value {
    const both = this.fc1.compute(x)
    const half = this.fc2.inFeatures
    const [first, second] = [slice(both, -1, 0, half), slice(both, -1, half, 2 * half)]
    const [gate, value] = this.gateLast ? [second, first] : [first, second]
    const hidden = this.drop1.compute(multiply(activate(gate, this.activation), value))
    return this.drop2.compute(this.fc2.compute(this.norm.compute(hidden)))
  }
}

/**
 * `fc2(activation(fc1_g(x)) · fc1_x(x))` over the last axis: [..., dim] → [..., outFeatures].
 *
 * @param dim length of the input's last axis
 * @throws {EinopsError} when the input's last axis is not `dim` long
 *
 * @example
 * const mlp = new SwiGLU(8, { hiddenFeatures: 16 })
 * Object.keys(mlp.stateDict())[0] // → 'fc1_g.weight'
 * mlp.forward(ndarray(new Float32Array(2 * 5 * 8), [2, 5, 8])).shape // → [2, 5, 8]
 */
export class SwiGLU extends Module {
  readonly fc1G: Linear
  readonly fc1X: Linear
  readonly drop1: Dropout
  readonly norm: Module
  readonly fc2: Linear
  readonly drop2: Dropout
  readonly activation: Activation

  constructor(dim: number, options: MlpOptions = {}) {
    super()
    expectOptions(this, options, mlpOptions)
    const { hiddenFeatures = dim, outFeatures = dim, activation = 'silu', bias = true, drop = 0 } = options
    const { init, eps = 1e-6 } = options
    this.activation = activation
    this.fc1G = new Linear(dim, hiddenFeatures, { bias, init })
    this.fc1X = new Linear(dim, hiddenFeatures, { bias, init })
    this.drop1 = new Dropout({ p: drop })
    this.norm = options.norm ? makeNorm(options.norm, hiddenFeatures, { eps }) : new Identity()
    this.fc2 = new Linear(hiddenFeatures, outFeatures, { bias, init })
    this.drop2 = new Dropout({ p: drop })
  }

  override compute(x: Value): Value {
    const gate = this.fc1G.compute(x, { activation: this.activation })
    const hidden = this.drop1.compute(multiply(gate, this.fc1X.compute(x)))
    return this.drop2.compute(this.fc2.compute(this.norm.compute(hidden)))
  }
}

/** What a block has as its MLP: [..., dim] → [..., dim]. */
export type AnyMlp = Mlp | GatedMlp | SwiGLU

/** A new MLP by its name. The activation is timm's of a block, GELU, unless another is given. */
export function makeMlp(layer: MlpLayer, dim: number, { activation = 'gelu', ...rest }: MlpOptions): AnyMlp {
  const options = { ...rest, activation }
  if (layer === 'Mlp') return new Mlp(dim, options)
  if (layer === 'SwiGLU') return new SwiGLU(dim, options)
  return new GatedMlp(dim, { ...options, gateLast: layer === 'GluMlp' })
}
