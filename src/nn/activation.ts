/** Activations and softmax as layers, for `Sequential`. */

import { EinopsError } from '../../grammar/error.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { type GeluOptions, gelu, logSoftmax, quickGelu, relu, silu, softmax } from '../rows/index.ts'
import { Module } from './module.ts'
import { expectOptions, kind, oneOf } from './options.ts'

/**
 * `x · Φ(x)`, Φ the normal distribution function; with `approximate: 'tanh'` its approximation.
 *
 * @example
 * new GELU().forward(ndarray(new Float32Array([1]))).get(0).toFixed(4) // → '0.8413'
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh'

  constructor(options: GeluOptions = {}) {
    super()
    expectOptions(this, options, { approximate: oneOf(['none', 'tanh']) })
    this.approximate = options.approximate ?? 'none'
  }

  override compute(x: FloatTensor): FloatTensor {
    return gelu(x, { approximate: this.approximate })
  }
}

/**
 * `max(x, 0)`.
 *
 * @example
 * new ReLU().forward(ndarray(new Float32Array([-1]))).get(0) // → 0
 */
export class ReLU extends Module {
  override compute(x: FloatTensor): FloatTensor {
    return relu(x)
  }
}

/**
 * `x / (1 + exp(−x))`.
 *
 * @example
 * new SiLU().forward(ndarray(new Float32Array([1]))).get(0).toFixed(4) // → '0.7311'
 */
export class SiLU extends Module {
  override compute(x: FloatTensor): FloatTensor {
    return silu(x)
  }
}

/**
 * `x / (1 + exp(−1.702 x))`, the approximation of GELU that OpenAI's CLIP was trained with.
 *
 * @example
 * new QuickGELU().forward(ndarray(new Float32Array([1]))).get(0).toFixed(4) // → '0.8458'
 */
export class QuickGELU extends Module {
  override compute(x: FloatTensor): FloatTensor {
    return quickGelu(x)
  }
}

abstract class AlongAxis extends Module {
  readonly axis: number

  constructor(options: { readonly axis?: number | undefined } = {}) {
    super()
    expectOptions(this, options, { axis: kind.number })
    this.axis = options.axis ?? -1
  }

  /** The axis, after checking that the input has it. */
  protected axisOf({ shape }: FloatTensor): number {
    const rank = Math.max(shape.length, 1)
    if (Number.isInteger(this.axis) && this.axis >= -rank && this.axis < rank) return this.axis
    throw new EinopsError({
      code: 'layer/axis',
      operation: this.constructor.name,
      what: `the input has no axis ${this.axis} — got ${shape.length} axes`,
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
  override compute(x: FloatTensor): FloatTensor {
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
  override compute(x: FloatTensor): FloatTensor {
    return logSoftmax(x, { axis: this.axisOf(x) })
  }
}
