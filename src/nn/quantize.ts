/** Models whose weights are integers of eight bits: a quarter of the memory, and faster products. */
import { EinopsError } from '../../grammar/error.ts'
import { haveKernels } from '../gemm/quantized-kernels.ts'
import { QuantizedWeight } from '../gemm/quantized-weight.ts'
import { contiguous } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { keepAsCodes, leastColumns, mostColumns, weightsOf } from './codes.ts'
import { expectModule } from './expect-module.ts'
import type { Module } from './module.ts'
import { type Kind, type OptionsOf, oneOf, or, readOptions } from './options.ts'

const bits: Kind<8 | 16> = { expected: '8 or 16', has: (value) => value === 8 || value === 16 }

const quantizeOptions = {
  /** `'int8'` multiplies by activations of up to 16 bits, `'int8-fast'` by such of 7; 'int8' if not given. */
  precision: or(oneOf(['int8', 'int8-fast']), 'int8'),
  /** Bits of a weight in memory while it is multiplied in `'int8'`, with the same results: 16 take twice the memory, and may be faster; 8 if not given. */
  panels: or(bits, 8),
}

export interface QuantizeOptions extends OptionsOf<typeof quantizeOptions> {}

/** What became of a model. */
export interface Quantized {
  /** How products are computed here: `'int8'` also where `'int8-fast'` was asked for and the platform has no relaxed SIMD. */
  readonly precision: 'int8' | 'int8-fast'
  /** Every weight that was made integers, and how far its values moved: the root of the mean square, relative to that of the values. */
  readonly weights: readonly { readonly name: string; readonly error: number }[]
  /** Bytes of all parameters, before and after. */
  readonly bytes: { readonly before: number; readonly after: number }
}

/**
 * Makes the weights of a model's linear maps integers of eight bits, a scale for each output channel, in place. Embeddings of patches, norms, biases and tokens stay float32. From then on
 * each row of a product's input is rounded to integers too, by a scale of its own, and products are exact sums of integers: the same for any number of threads, on any platform.
 *
 * @param model the model or layer; on a trained one, the answers stay about the same
 * @returns what was quantised, and how far values moved
 * @throws {EinopsError} when the model has no weight that can be, or an option is another
 *
 * @example
 * const layer = new Linear(64, 32)
 * quantize(layer).bytes // → { before: 8320, after: 2304 }
 * layer.weight.precision // → 'int8'
 */
export function quantize(model: Module, options: QuantizeOptions = {}): Quantized {
  expectModule('quantize', model)
  const keeping = readOptions('quantize', options, quantizeOptions)
  const weights = weightsOf(model)
  if (weights.length === 0) {
    throw new EinopsError({
      code: 'quantize/nothing',
      operation: 'quantize',
      what: `${model.constructor.name} has no weight of a linear map of ${leastColumns} to ${mostColumns} inputs`,
    })
  }
  haveKernels()
  const before = bytesOf(model)
  const moved = weights.map(([name, parameter]) => {
    const values = parameter.weight.read()
    keepAsCodes(parameter, keeping)
    return { name, error: relativeError(values, parameter.weight.read()) }
  })
  const { precision } = weights[0]![1]
  return {
    precision: precision as Exclude<typeof precision, 'float32'>,
    weights: moved,
    bytes: { before, after: bytesOf(model) },
  }
}

/**
 * The parameters of a model as they are kept, by name: of a quantised weight its codes, int8, and under the name with `_scale` behind it the scales of its output channels, float32. What
 * `writeSafetensors` takes, and {@link VisionTransformer.fromCheckpoint} opens.
 *
 * @example
 * const layer = new Linear(64, 32)
 * quantize(layer)
 * Object.keys(quantizedState(layer)) // → ['weight', 'weight_scale', 'bias']
 */
export function quantizedState(model: Module): Record<string, NdArray<Int8Array> | NdArray<Float32Array>> {
  expectModule('quantizedState', model)
  const dict = Object.create(null) as Record<string, NdArray<Int8Array> | NdArray<Float32Array>>
  for (const [name, parameter] of model.namedParameters()) {
    const { shape, weight } = parameter
    if (weight instanceof QuantizedWeight) {
      dict[name] = toNdarray({ ...contiguous(shape), data: weight.readCodes().slice() })
      dict[`${name}_scale`] = toNdarray({ ...contiguous([shape[0]!]), data: weight.scales.slice() })
    } else dict[name] = toNdarray({ ...contiguous(shape), data: parameter.copy() })
  }
  return dict
}

/** The bytes of a model's parameters as they are kept in a file. */
function bytesOf(model: Module): number {
  let bytes = 0
  for (const parameter of model.parameters()) {
    const isCodes = parameter.precision !== 'float32'
    bytes += isCodes ? parameter.size + 4 * parameter.shape[0]! : 4 * parameter.size
  }
  return bytes
}

function relativeError(values: Float32Array, rounded: Float32Array): number {
  let [difference, all] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    difference += (values[i]! - rounded[i]!) ** 2
    all += values[i]! ** 2
  }
  return all === 0 ? 0 : Math.sqrt(difference / all)
}
