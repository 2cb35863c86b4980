/** Tensors of TensorFlow.js, described by what they have, so that it is no dependency (tfjs-core, `tensor.ts`). */
import { bytesOfDtype, isByteDtype, isFloatDtype, isWholeDtype } from '../layout/dtype.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { dtypeOf } from '../ops/array.ts'
import { oneOf } from '../ops/kinds.ts'
import { checkOptions } from '../ops/options.ts'
import { rowMajor, wrap } from './dims.ts'
import { expectMembers, refuse } from './refuse.ts'

/** What a tfjs tensor has. */
export interface TensorflowTensor {
  readonly shape: readonly number[]
  readonly dtype: string
  dataSync(): unknown
}

/** What is needed of tfjs to make tensors: `tf` itself. */
export interface TensorflowMaker<T> {
  // biome-ignore lint/suspicious/noExplicitAny: tfjs takes many kinds of values and types its ranks, which no structural type can meet
  tensor(values: any, shape: any, dtype: any): T
}

interface TensorflowArrays {
  float32: Float32Array
  int32: Int32Array
  bool: Uint8Array
}

type ElementsOf<T extends string> = T extends keyof TensorflowArrays ? TensorflowArrays[T] : Data

/**
 * An array of a tfjs tensor's elements, on the memory that tfjs hands out: no further copy is made. tfjs takes its
 * tensors to be immutable, so copy before writing to it.
 *
 * @param tensor a tensor of float32, int32 or bool
 * @param values the elements where they were fetched already, as WebGL and WebGPU need it: `await tensor.data()`
 * @returns an array of the tensor's shape: float32, int32, or uint8 for bool
 * @throws {EinopsError} for strings and complex numbers
 *
 * @example
 * const logits = { shape: [1, 3], dtype: 'float32', dataSync: () => Float32Array.of(0.1, 2, 0.3) } // as model.predict gives it
 * fromTensorflow(logits).get(0, 1) // → 2
 */
export function fromTensorflow<T extends string>(
  tensor: TensorflowTensor & { readonly dtype: T },
  values: unknown = undefined,
): NdArray<ElementsOf<T>> {
  expectMembers('fromTensorflow', tensor, 'dtype, shape and dataSync')
  const { dtype, shape } = tensor
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw refuse(
      'fromTensorflow',
      'adapter/dtype',
      'this dtype has no array',
      dtype,
      'float32, int32 or bool',
    )
  }
  const data = (values ?? tensor.dataSync()) as ElementsOf<T>
  return wrap({ data, dims: shape }, 'fromTensorflow')
}

/**
 * A tfjs tensor of an array's elements. float32 and int32 are passed on without a copy where they stand in row-major
 * order (the CPU backend then keeps that memory, so do not write to it afterwards); smaller integers become int32,
 * float64 and half floats float32, as tfjs has no other numbers.
 *
 * @param x an array of any strides
 * @param tf tfjs, or anything with its `tensor`
 * @param options `dtype`: `'bool'` for an array of uint8 that says yes and no
 * @throws {EinopsError} for uint32 and big integers, which int32 cannot hold, and when the array is not valid
 *
 * @example
 * const tf = { tensor: (values: Float32Array, shape: number[], dtype: string) => ({ values, shape, dtype }) } // stands for tfjs
 * const picture = ndarray(new Uint8Array(4 * 6 * 3), [4, 6, 3])
 * const input = toTensorflow(rearrange(picture, 'h w c -> 1 h w c'), tf)
 * input.dtype // → int32
 * input.shape // [1, 4, 6, 3]
 */
export function toTensorflow<T>(
  x: Tensor,
  tf: TensorflowMaker<T>,
  options: { readonly dtype?: 'bool' | undefined } = {},
): T {
  const { dtype: wanted } = checkOptions(options, 'toTensorflow', { dtype: oneOf(['bool']) })
  if (typeof tf?.tensor !== 'function') {
    throw refuse('toTensorflow', 'adapter/type', 'not tfjs', show(tf), 'an object with its function tensor')
  }
  const { data, dims } = rowMajor(x, 'toTensorflow')
  const dtype = dtypeOf(data)
  if (wanted === 'bool') {
    if (isByteDtype(dtype))
      return tf.tensor(
        Uint8Array.from(data as Uint8Array, (byte) => (byte === 0 ? 0 : 1)),
        dims,
        'bool',
      )
    throw refuse('toTensorflow', 'adapter/dtype', "dtype: 'bool' is for bytes", dtype, 'uint8')
  }
  if (dtype === 'float32' || dtype === 'int32') return tf.tensor(data, dims, dtype)
  const values = data as ArrayLike<number>
  if (isFloatDtype(dtype)) return tf.tensor(Float32Array.from(values), dims, 'float32')
  if (isWholeDtype(dtype) && bytesOfDtype(dtype) < 4) return tf.tensor(Int32Array.from(values), dims, 'int32')
  throw refuse(
    'toTensorflow',
    'adapter/dtype',
    'tfjs cannot hold this dtype',
    dtype,
    'float32 or an integer of at most 31 bits',
    'convert the elements to float32 or int32 first',
  )
}
