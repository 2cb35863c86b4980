/**
 * Tensors of onnxruntime-web, onnxruntime-node and onnxruntime-react-native, which share their class. It is described
 * here by what it has, so that none of them is a dependency (onnxruntime-common, `tensor.ts`).
 */

import { widenHalf } from '../checkpoint/half.ts'
import { materialize } from '../copy/copy.ts'
import { type Dtype, dtypes, isByteDtype, numberName } from '../layout/dtype.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { dtypeOf, toNdarray } from '../ops/array.ts'
import { oneOf } from '../ops/kinds.ts'
import { checkOptions } from '../ops/options.ts'
import { type CopyOption, copyKinds, rowMajor, wrap } from './dims.ts'
import { expectMembers, refuse } from './refuse.ts'

/** What onnxruntime's `Tensor` has. */
export interface OnnxTensor {
  readonly type: string
  readonly data: unknown
  readonly dims: readonly number[]
  /** Where the elements are; absent means `'cpu'`. */
  readonly location?: string
}

/** onnxruntime's `Tensor`, as a class. */
export type OnnxTensorConstructor<T> = new (
  // biome-ignore lint/suspicious/noExplicitAny: onnxruntime has one overload for each type, which no structural type can meet
  type: any,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  data: any,
  dims: readonly number[],
) => T

/** The arrays that elements of each type are in, for the compiler. */
export interface OnnxArrays {
  float32: Float32Array
  float64: Float64Array
  float16: Float32Array
  int8: Int8Array
  int16: Int16Array
  int32: Int32Array
  int64: BigInt64Array<ArrayBuffer>
  uint8: Uint8Array
  uint16: Uint16Array
  uint32: Uint32Array
  uint64: BigUint64Array<ArrayBuffer>
  bool: Uint8Array
}

type ElementsOf<T extends string> = T extends keyof OnnxArrays ? OnnxArrays[T] : Data

const onnxTypes: readonly string[] = [
  ...Object.keys(dtypes).flatMap((dtype) => numberName(dtype as Dtype) ?? []),
  'bool',
]

/**
 * An array over an onnxruntime tensor's elements: on its memory, except that half floats widen to float32.
 *
 * @param tensor a tensor whose elements are in the processor's memory
 * @param options `copy`: `'auto'`; `'always'` shares no memory with the tensor, which the session may use again, `'never'` refuses half floats
 * @returns an array of the tensor's shape: float32 for `'float16'`, uint8 for `'bool'`, big integers for `'int64'`
 * @throws {EinopsError} for strings, for four-bit integers, for a tensor whose memory was given away, and for one on the GPU (`await
 *   tensor.getData()` brings it over)
 *
 * @example
 * const output = { type: 'float32', data: Float32Array.of(1, 2, 3, 4), dims: [1, 2, 2] } // as session.run gives it
 * reduce(fromOnnx(output), '1 token channel -> channel', 'mean').get(0) // → 2
 */
export function fromOnnx<T extends string>(
  tensor: OnnxTensor & { readonly type: T },
  options: CopyOption = {},
): NdArray<ElementsOf<T>> {
  expectMembers('fromOnnx', tensor, 'type, data and dims')
  const { copy = 'auto' } = checkOptions(options, 'fromOnnx', copyKinds)
  const { type, dims, location = 'cpu' } = tensor
  if (location !== 'cpu' && location !== 'cpu-pinned') {
    const hint = 'call `await tensor.getData()` first, or ask the session for outputs on the cpu'
    throw refuse('fromOnnx', 'adapter/location', 'the elements are elsewhere', location, "'cpu'", hint)
  }
  if (!onnxTypes.includes(type)) {
    throw refuse('fromOnnx', 'adapter/dtype', 'this type has no array', `'${type}'`, 'numbers or bool')
  }
  if (type === 'float16' && copy === 'never') {
    const hint = "half floats widen to float32: copy: 'auto'"
    throw refuse('fromOnnx', 'adapter/dtype', 'this type cannot stay where it is', type, 'another one', hint)
  }
  const array = wrap({ data: tensor.data as Data, dims }, 'fromOnnx')
  if (type !== 'float16')
    return (copy === 'always' ? toNdarray(materialize(array)) : array) as NdArray<ElementsOf<T>>
  const halves = array.data as Data
  const floats =
    dtypeOf(halves) === 'uint16'
      ? widenHalf(halves as Uint16Array)
      : Float32Array.from(halves as ArrayLike<number>)
  return wrap({ data: floats, dims }, 'fromOnnx') as NdArray<ElementsOf<T>>
}

export interface ToOnnxOptions extends CopyOption {
  /** `'bool'` for an array of uint8 that says yes and no: whatever is not 0 becomes 1. */
  readonly type?: 'bool' | undefined
}

const toOnnxKinds = { ...copyKinds, type: oneOf(['bool']) }

/**
 * An onnxruntime tensor of an array's elements: on the array's memory where they stand in row-major order, else one copy.
 *
 * @param x an array of any numeric dtype and strides; uint8_clamped becomes `'uint8'`, half floats of a polyfill their bits
 * @param Tensor onnxruntime's class: `ort.Tensor`
 * @param options `copy`: `'auto'`; `'always'` shares no memory with the array, `'never'` refuses where that is not possible without; `type`: `'bool'`
 * @returns what `session.run` takes
 * @throws {EinopsError} when the array is not valid, its elements are not in a typed array, or an option cannot be met
 *
 * @example
 * class Tensor { // stands for `import { Tensor } from 'onnxruntime-web'`
 *   type; data; dims
 *   constructor(type: string, data: Float32Array, dims: readonly number[]) { this.type = type; this.data = data; this.dims = dims }
 * }
 * const picture = ndarray(new Float32Array(224 * 224 * 3), [224, 224, 3])
 * const input = toOnnx(rearrange(picture, 'h w c -> 1 c h w'), Tensor)
 * input.dims // [1, 3, 224, 224]
 */
export function toOnnx<T>(x: Tensor, Tensor: OnnxTensorConstructor<T>, options: ToOnnxOptions = {}): T {
  const { copy, type } = checkOptions(options, 'toOnnx', toOnnxKinds)
  const { data, dims } = rowMajor(x, 'toOnnx', { copy })
  const dtype = dtypeOf(data)
  if (typeof Tensor !== 'function') {
    throw refuse('toOnnx', 'adapter/type', 'no class of tensors', show(Tensor), 'ort.Tensor')
  }
  if (type === 'bool') return new Tensor('bool', truths(data, dtype, copy), dims)
  return new Tensor(numberName(dtype), asPlain(data, dtype), dims)
}

/** Bytes that are 0 or 1: themselves where they are that already. */
function truths(data: Data, dtype: Dtype, copy: CopyOption['copy']): Uint8Array {
  if (!isByteDtype(dtype)) {
    throw refuse('toOnnx', 'adapter/dtype', "type: 'bool' is for bytes", dtype, 'uint8')
  }
  const bytes = asPlain(data, dtype) as Uint8Array
  if (bytes.every((byte) => byte <= 1)) return bytes
  if (copy !== 'never') return bytes.map((byte) => (byte === 0 ? 0 : 1))
  throw refuse(
    'toOnnx',
    'adapter/dtype',
    'the bytes are no truths',
    'one larger than 1',
    '0 and 1',
    "copy: 'auto' makes them 1",
  )
}

/** Clamped bytes and Node's buffers as the plain bytes that onnxruntime knows, half floats of a polyfill as their bits, on the same memory. */
function asPlain(data: Data, dtype: Dtype): Data {
  const { buffer, byteOffset, length } = data as Uint8Array
  if (dtype !== 'uint8' && isByteDtype(dtype)) return new Uint8Array(buffer, byteOffset, length)
  if (dtype === 'float16' && !ArrayBuffer.isView(data)) return new Uint16Array(buffer, byteOffset, length)
  return data
}
