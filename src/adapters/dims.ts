/**
 * The plainest tensor there is: elements in row-major order and the lengths of its axes. Inference runtimes, files and
 * other processes speak it, so the other adapters are written in terms of it.
 */
import { materialize } from '../copy/copy.ts'
import { isDetached, ofDetached } from '../layout/data.ts'
import { contiguousStride, isContiguous, sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, dtypeOf, makeNdarray } from '../ops/array.ts'
import { checkOptions, optionKinds } from '../ops/options.ts'
import { expectMembers, refuse } from './refuse.ts'

/** Row-major elements and lengths: what onnxruntime's tensors are among others. */
export interface DimsTensor<D extends Data = Data> {
  readonly data: D
  readonly dims: readonly number[]
}

/** Whether elements may stay where they are: `'auto'` where that is possible, `'always'` copied, `'never'` copied. */
export interface CopyOption {
  readonly copy?: 'auto' | 'always' | 'never' | undefined
}

/** Row-major elements as runtimes take them: a typed array that begins with the first element and ends with the last. */
export interface RowMajor<D> {
  readonly data: D
  readonly dims: number[]
}

/**
 * An array over the elements of a plain `{ data, dims }`: on its memory, no element is copied.
 *
 * @param tensor `data` in row-major order, as many elements as the product of `dims`
 * @returns an array of shape `dims`; writing to it shows in `tensor.data`
 * @throws {EinopsError} when `data` and `dims` do not fit each other
 *
 * @example
 * const scores = fromDims({ data: Float32Array.of(1, 2, 3, 4, 5, 6), dims: [2, 3] })
 * scores.get(1, 0) // → 4
 * rearrange(scores, 'image label -> label image') // [3, 2]
 */
export function fromDims<D extends Data>(tensor: DimsTensor<D>): NdArray<D> {
  return wrap(tensor, 'fromDims')
}

/** The same in the name of another operation. */
export function wrap<D extends Data>(tensor: DimsTensor<D>, operation: string): NdArray<D> {
  expectMembers(operation, tensor, 'data and dims')
  const { data, dims } = tensor
  if (!Array.isArray(dims) || typeof data?.length !== 'number')
    throw refuse(operation, 'adapter/type', 'not a tensor', show(dims ?? data), 'data and dims')
  if (!dims.every((length) => Number.isSafeInteger(length) && length >= 0) || sizeOf(dims) !== data.length) {
    const got = `${data.length} elements for dims ${showShape(dims)}`
    const hint = isDetached(data) ? ofDetached : undefined
    throw refuse(operation, 'adapter/shape', 'data and dims differ', got, 'their product', hint)
  }
  return makeNdarray(data, dims, contiguousStride(dims), 0)
}

/**
 * The elements of an array in row-major order, with its shape as `dims`: on the array's memory where its elements stand
 * in that order already, else one copy.
 *
 * @param x an array of typed elements, any strides
 * @param options `copy`: `'auto'`; `'always'` shares no memory with the array, `'never'` refuses where that is not possible without
 * @returns `{ data, dims }`; `data` holds the array's elements and nothing before or after them
 * @throws {EinopsError} when the array is not valid, or its elements are not in a typed array
 *
 * @example
 * const image = ndarray(new Float32Array(2 * 2 * 3), [2, 2, 3])
 * const { data, dims } = toDims(rearrange(image, 'h w c -> 1 c h w'))
 * dims // [1, 3, 2, 2]
 * data.length // → 12
 */
export function toDims<D extends Data>(x: Tensor<D>, options: CopyOption = {}): RowMajor<D> {
  return rowMajor(x, 'toDims', checkOptions(options, 'toDims', copyKinds))
}

/** The kinds of the options that all have. */
export const copyKinds = { copy: optionKinds.copy }

/** The same in the name of another operation. */
export function rowMajor<D extends Data>(
  x: Tensor<D>,
  operation: string,
  { copy = 'auto' }: CopyOption = {},
): RowMajor<D> {
  asTensor(x, operation)
  // half floats of a polyfill are none of the platform's arrays
  if (!ArrayBuffer.isView(x.data) && dtypeOf(x.data) !== 'float16') {
    const hint = 'ndarray(Float32Array.from(values), shape) makes one of numbers'
    throw refuse(
      operation,
      'adapter/dtype',
      'the elements are in no typed array',
      dtypeOf(x.data),
      'a typed array',
      hint,
    )
  }
  const isInOrder = isContiguous(x)
  if (copy === 'never' && !isInOrder) {
    const hint = "copy: 'auto' brings them into order"
    throw refuse(
      operation,
      'adapter/shape',
      'the elements stand in another order',
      `strides ${showShape(x.stride)}`,
      'row-major ones',
      hint,
    )
  }
  const { data, offset } = isInOrder && copy !== 'always' ? x : materialize(x)
  const size = sizeOf(x.shape)
  const whole = offset === 0 && data.length === size
  const elements = data as unknown as { subarray(start: number, end: number): D }
  return { data: whole ? data : elements.subarray(offset, offset + size), dims: [...x.shape] }
}
