/** Activations and softmax as layers, for `Sequential`. */

import { EinopsError } from '../../grammar/error.ts'
import { activate } from '../steps/map.ts'
import { logSoftmax, softmax } from '../steps/softmax.ts'
import type { Value } from '../steps/value.ts'
import { Module } from './module.ts'
import { kind, type OptionsOf, oneOf, or, readOptions } from './options.ts'

const geluOptions = { approximate: or(oneOf(['none', 'tanh']), 'none') }
const axisOptions = { axis: or(kind.number, -1) }

export interface GELUOptions extends OptionsOf<typeof geluOptions> {}
export interface AxisOptions extends OptionsOf<typeof axisOptions> {}

/**
 * `x · Φ(x)`, Φ the normal distribution function; with `approximate: 'tanh'` its approximation.
 *
 * @example
 * new GELU().forward(ndarray(new Float32Array([1]))).get(0).toFixed(4) // → '0.8413'
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh'

  constructor(options: GELUOptions = {}) {
    super()
    this.approximate = readOptions(this, options, geluOptions).approximate
  }

  override compute(x: Value): Value {
    return activate(x, this.approximate === 'tanh' ? 'gelu-tanh' : 'gelu')
  }
}

/**
 * `max(x, 0)`.
 *
 * @example
 * new ReLU().forward(ndarray(new Float32Array([-1]))).get(0) // → 0
 */
export class ReLU extends Module {
  override compute(x: Value): Value {
    return activate(x, 'relu')
  }
}

/**
 * `x / (1 + exp(−x))`.
 *
 * @example
 * new SiLU().forward(ndarray(new Float32Array([1]))).get(0).toFixed(4) // → '0.7311'
 */
export class SiLU extends Module {
  override compute(x: Value): Value {
    return activate(x, 'silu')
  }
}

/**
 * `x / (1 + exp(−1.702 x))`, the approximation of GELU that OpenAI's CLIP was trained with.
 *
 * @example
 * new QuickGELU().forward(ndarray(new Float32Array([1]))).get(0).toFixed(4) // → '0.8458'
 */
export class QuickGELU extends Module {
  override compute(x: Value): Value {
    return activate(x, 'quick-gelu')
  }
}

abstract class AlongAxis extends Module {
  readonly axis: number

  constructor(options: AxisOptions = {}) {
    super()
    this.axis = readOptions(this, options, axisOptions).axis
  }

  /** The axis, after checking that the input has it. */
  protected axisOf({ shape }: Value): number {
    const rank = Math.max(shape.length, 1)
    if (Number.isInteger(this.axis) && this.axis >= -rank && this.axis < rank) return this.axis
    throw new EinopsError({
      code: 'layer/axis',
      operation: this.constructor.name,
      what: `the input has no axis ${this.axis} — got ${shape.length} axes`,
      values: { axis: this.axis, got: shape.length },
      shape,
    })
  }
}

/**
 * `exp(x) / Σ exp(x)` along an axis, the last one if not given.
 *
 * @throws {EinopsError} when the input has no such axis
 *
 * @example
 * new Softmax().forward(ndarray(new Float32Array([0, 0]))).get(1) // → 0.5
 */
export class Softmax extends AlongAxis {
  override compute(x: Value): Value {
    return softmax(x, { axis: this.axisOf(x) })
  }
}

/**
 * `x − log Σ exp(x)` along an axis, the last one if not given.
 *
 * @throws {EinopsError} when the input has no such axis
 *
 * @example
 * new LogSoftmax().forward(ndarray(new Float32Array([0, 0]))).get(1).toFixed(4) // → '-0.6931'
 */
export class LogSoftmax extends AlongAxis {
  override compute(x: Value): Value {
    return logSoftmax(x, { axis: this.axisOf(x) })
  }
}
