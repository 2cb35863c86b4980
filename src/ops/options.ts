/** The options that every operation takes: whether it may copy, what its elements become, and where it writes. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { dtypeOf, plainDtypes } from '../layout/data.ts'
import { isDistinct } from '../layout/distinct.ts'
import type { Dtype } from '../layout/dtype.ts'
import { showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { emptyOf } from '../steps/result.ts'
import { asTensor } from './array.ts'
import { type Kind, kind, mistakeIn, oneOf } from './kinds.ts'

/** What elements can become, and the arrays that hold them. */
export interface ArraysByDtype {
  int8: Int8Array
  int16: Int16Array
  int32: Int32Array
  uint8: Uint8Array
  uint16: Uint16Array
  uint32: Uint32Array
  uint8_clamped: Uint8ClampedArray
  bigint64: BigInt64Array<ArrayBuffer>
  biguint64: BigUint64Array<ArrayBuffer>
  /** Where the platform has `Float16Array`; elsewhere `out` can be a polyfill's. */
  float16: Data<number>
  float32: Float32Array
  float64: Float64Array
}

export type DtypeName = keyof ArraysByDtype

export interface Options<D extends Data = Data, T extends DtypeName = never> {
  /**
   * `'auto'`: a view of the input where strides can express the result, else a contiguous copy. `'always'`: a
   * contiguous copy that shares nothing with the input. `'never'`: a view, or an error.
   */
  readonly copy?: 'auto' | 'always' | 'never' | undefined
  /**
   * What the elements become while they are copied, as typed arrays convert: integers wrap, `'uint8_clamped'` rounds and clamps,
   * NaN is the integer 0. The arrays of a list may then be of several dtypes.
   */
  readonly dtype?: T | undefined
  /** An array of the result's shape, of any dtype, without stride 0: the result is written into it and it is returned. */
  readonly out?: NdArray<D> | undefined
}

/** The same among tensors. */
export interface TensorOptions<D extends Data = Data> {
  readonly copy?: 'auto' | 'always' | 'never' | undefined
  readonly out?: Tensor<D> | undefined
  readonly dtype?: DtypeName | undefined
}

/** The kinds of the options by their names. */
export const optionKinds = {
  copy: oneOf(['auto', 'always', 'never']),
  dtype: oneOf([...plainDtypes, 'float16'] satisfies DtypeName[]),
  out: kind.anything,
}

/**
 * The options themselves, after checking names and values; `out` is checked where the result's shape is known.
 *
 * @throws {EinopsError} for an unknown name or a value that is none
 */
export function checkOptions<O extends object>(
  options: O | undefined,
  operation: string,
  kinds: Readonly<Record<string, Kind>> = optionKinds,
): O {
  if (options === undefined) return {} as O
  const mistake = mistakeIn(options, kinds)
  if (mistake !== undefined) throw new EinopsError({ operation, ...mistake })
  const { copy, out, dtype } = options as Options<Data, DtypeName>
  if (copy === 'never' && out !== undefined) {
    const got = "'never' together with 'out'"
    throw new EinopsError({
      operation,
      ...say('option/value', { option: 'copy', got, expected: 'only one of them' }),
      hint: "writing into 'out' is a copy",
    })
  }
  const written = dtype && (out as Partial<Tensor> | undefined)?.data ? dtypeOf(out!.data) : dtype
  if (dtype !== written) {
    throw new EinopsError({
      operation,
      ...say('out/dtype', { got: `${written}`, expected: `${dtype}, as the option 'dtype' says` }),
    })
  }
  return options
}

/** Whether elements go where arrays of any dtype can go. */
export function mayConvert({ dtype, out }: Options<Data, DtypeName>): boolean {
  return dtype !== undefined || out !== undefined
}

/**
 * An empty buffer of a dtype.
 *
 * @throws {EinopsError} for the name of none, and where this platform has no arrays of it
 */
export function kindOfDtype(dtype: Dtype, operation: string): Data {
  const mistake = mistakeIn({ dtype }, { dtype: optionKinds.dtype })
  if (mistake !== undefined) throw new EinopsError({ operation, ...mistake })
  return emptyOf(dtype, operation)
}

/**
 * The array to write into, after checking that it can hold a result; null stands for any dtype.
 *
 * @throws {EinopsError} when its shape or dtype differs or several of its elements are one
 */
export function checkOut<D extends Data>(
  out: Tensor<D>,
  shape: readonly number[],
  dtype: string | null,
  operation: string,
): Tensor<D> {
  asTensor(out, operation, "'out'")
  if (out.shape.length !== shape.length || out.shape.some((length, axis) => length !== shape[axis])) {
    const expected = showShape(shape)
    throw new EinopsError({ operation, ...say('out/shape', { got: showShape(out.shape), expected }) })
  }
  const got = dtypeOf(out.data)
  if (dtype !== null && got !== dtype)
    throw new EinopsError({ operation, ...say('out/dtype', { got, expected: dtype }) })
  if (!isDistinct(out)) {
    const repeated = out.stride.findIndex((step, axis) => step === 0 && out.shape[axis]! > 1)
    const got = repeated < 0 ? `strides ${showShape(out.stride)} that meet` : `stride 0 of axis ${repeated}`
    const expected = 'a place of its own for every element'
    throw new EinopsError({ operation, ...say('out/overlap', { got, expected }) })
  }
  return out
}
