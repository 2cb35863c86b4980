/** The options that every operation takes: whether it may copy, and where it writes. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { dtypeOf } from '../layout/data.ts'
import { isDistinct } from '../layout/distinct.ts'
import { showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor } from './array.ts'
import { type Kind, kind, mistakeIn, oneOf } from './kinds.ts'

export interface Options<D extends Data = Data> {
  /**
   * `'auto'`: a view of the input where strides can express the result, else a contiguous copy. `'always'`: a
   * contiguous copy that shares nothing with the input. `'never'`: a view, or an error.
   */
  readonly copy?: 'auto' | 'always' | 'never' | undefined
  /** An array of the result's shape and dtype, without stride 0: the result is written into it and it is returned. */
  readonly out?: NdArray<D> | undefined
}

/** The same among tensors. */
export interface TensorOptions<D extends Data = Data> {
  readonly copy?: 'auto' | 'always' | 'never' | undefined
  readonly out?: Tensor<D> | undefined
}

const copyAndOut = { copy: oneOf(['auto', 'always', 'never']), out: kind.anything }

/**
 * The options themselves, after checking names and values; `out` is checked where the result's shape is known.
 *
 * @throws {EinopsError} for an unknown name or a value that is none
 */
export function checkOptions<O extends object>(
  options: O | undefined,
  operation: string,
  kinds: Readonly<Record<string, Kind>> = copyAndOut,
): O {
  if (options === undefined) return {} as O
  const mistake = mistakeIn(options, kinds)
  if (mistake !== undefined) throw new EinopsError({ operation, ...mistake })
  const { copy, out } = options as Options
  if (copy === 'never' && out !== undefined) {
    const got = "'never' together with 'out'"
    throw new EinopsError({
      operation,
      ...say('option/value', { option: 'copy', got, expected: 'only one of them' }),
      hint: "writing into 'out' is a copy",
    })
  }
  return options
}

/**
 * The array to write into, after checking that it can hold a result.
 *
 * @throws {EinopsError} when its shape or dtype differs or several of its elements are one
 */
export function checkOut<D extends Data>(
  out: Tensor<D>,
  shape: readonly number[],
  dtype: string,
  operation: string,
): Tensor<D> {
  asTensor(out, operation, "'out'")
  if (out.shape.length !== shape.length || out.shape.some((length, axis) => length !== shape[axis])) {
    const expected = showShape(shape)
    throw new EinopsError({ operation, ...say('out/shape', { got: showShape(out.shape), expected }) })
  }
  const got = dtypeOf(out.data)
  if (got !== dtype) throw new EinopsError({ operation, ...say('out/dtype', { got, expected: dtype }) })
  if (!isDistinct(out)) {
    const repeated = out.stride.findIndex((step, axis) => step === 0 && out.shape[axis]! > 1)
    const got = repeated < 0 ? `strides ${showShape(out.stride)} that meet` : `stride 0 of axis ${repeated}`
    const expected = 'a place of its own for every element'
    throw new EinopsError({ operation, ...say('out/overlap', { got, expected }) })
  }
  return out
}
