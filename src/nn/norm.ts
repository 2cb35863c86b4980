/** Normalisation of the last axes, with a learned factor and summand for each place. */

import { show, showShape } from '../layout/show.ts'
import { layerNorm, rmsNorm } from '../steps/norm.ts'
import type { Value } from '../steps/value.ts'
import { expectLength, expectOption } from './check.ts'
import { newParameter } from './init.ts'
import { Module } from './module.ts'
import { kind, type OptionsOf, or, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'

const layerNormOptions = {
  /** Added to the variance or the mean square before its root; 1e-5 if not given. */
  eps: or(kind.fromZero, 1e-5),
  /** Whether there are parameters; true if not given. */
  affine: or(kind.flag, true),
}
const rmsNormOptions = { ...layerNormOptions, eps: or(kind.fromZero, 1e-6) }

export interface NormLayerOptions extends OptionsOf<typeof layerNormOptions> {}

/** The norms of a layer that has some: which, and of them all. */
export const normOptions = {
  normLayer: or(kind.norm, 'layernorm'),
  /** Added to the variance in the norms; timm's default; 1e-6 if not given. */
  eps: or(kind.fromZero, 1e-6),
}

abstract class Norm extends Module {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly shape: readonly number[]
  readonly eps: number

  constructor(
    shape: number | readonly number[],
    eps: number,
    parameters: { weight: boolean; bias: boolean },
  ) {
    super()
    expectShape(this, shape)
    this.shape = typeof shape === 'number' ? [shape] : [...shape]
    this.eps = eps
    this.weight = parameters.weight ? newParameter(this.shape, 'ones') : null
    this.bias = parameters.bias ? newParameter(this.shape, 'zeros') : null
  }

  /** The last axes, one for each of the layer's shape, after checking their lengths. */
  protected axesOf(x: Value): number[] {
    return this.shape.map((length, i) => {
      const axis = i - this.shape.length
      expectLength(this, x, axis, length, 'features')
      return axis
    })
  }
}

function expectShape(layer: Module, shape: unknown): void {
  const lengths = Array.isArray(shape) ? shape : [shape]
  const holds = lengths.length > 0 && lengths.every((length) => kind.count.has(length))
  const got = Array.isArray(shape) ? showShape(shape) : show(shape)
  expectOption(
    layer,
    holds,
    `shape is no length — got ${got}, expected a whole number from 0, or a list of them`,
  )
}

/**
 * `(x − mean) / √(variance + eps) · weight + bias` over the last axis, or over the last axes if given a shape.
 *
 * @param shape length of the last axis, or lengths of the last axes
 * @throws {EinopsError} when the input's last axes are not of this shape
 *
 * @example
 * const norm = new LayerNorm(4, { eps: 1e-6 })
 * const y = norm.forward(ndarray(new Float32Array([1, 2, 3, 4]), [1, 4]))
 * y.get(0, 0).toFixed(3) // → '-1.342'
 */
export class LayerNorm extends Norm {
  constructor(shape: number | readonly number[], options: NormLayerOptions = {}) {
    const { eps, affine } = readOptions('LayerNorm', options, layerNormOptions)
    super(shape, eps, { weight: affine, bias: affine })
  }

  override compute(x: Value): Value {
    const { eps } = this
    const axes = this.axesOf(x)
    return layerNorm(x, { weight: this.weight ?? undefined, bias: this.bias ?? undefined, eps, axes })
  }
}

/**
 * `x / √(mean(x²) + eps) · weight` over the last axis, or over the last axes if given a shape.
 *
 * @param shape length of the last axis, or lengths of the last axes
 * @throws {EinopsError} when the input's last axes are not of this shape
 *
 * @example
 * const y = new RMSNorm(2).forward(ndarray(new Float32Array([3, 4]), [1, 2]))
 * y.get(0, 1).toFixed(3) // → '1.131'
 */
export class RMSNorm extends Norm {
  constructor(shape: number | readonly number[], options: NormLayerOptions = {}) {
    const { eps, affine } = readOptions('RMSNorm', options, rmsNormOptions)
    super(shape, eps, { weight: affine, bias: false })
  }

  override compute(x: Value): Value {
    return rmsNorm(x, { weight: this.weight ?? undefined, eps: this.eps, axes: this.axesOf(x) })
  }
}

/** Which norm a model uses: a name, or a function that makes one for a number of features. */
export type NormLayer = 'layernorm' | 'rmsnorm' | ((features: number) => Module)

/** A new norm over `features`; `eps` is for the norms with a name. */
export function makeNorm(norm: NormLayer, features: number, options: NormLayerOptions = {}): Module {
  if (typeof norm === 'function') return norm(features)
  return norm === 'layernorm' ? new LayerNorm(features, options) : new RMSNorm(features, options)
}
