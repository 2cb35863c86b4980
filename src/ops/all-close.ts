/** allClose: whether two arrays hold the same numbers but for rounding. */
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyInto } from '../copy/copy.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor } from './array.ts'
import { kind } from './kinds.ts'
import { checkOptions } from './options.ts'

export interface AllCloseOptions {
  /** How far apart two numbers may be, as a share of the second one; 1e-5 if not given. */
  readonly rtol?: number | undefined
  /** And how far apart in any case; 1e-8 if not given. */
  readonly atol?: number | undefined
  /** Whether NaN is close to NaN; it is not if not given. */
  readonly equalNan?: boolean | undefined
}

const allCloseKinds = { rtol: kind.number, atol: kind.number, equalNan: kind.flag }

/**
 * Whether all elements of two arrays are close: `|a − b| ≤ atol + rtol · |b|`. Infinities of one sign are equal.
 *
 * @param a an array of any dtype and strides
 * @param b an array of the same shape, of any dtype and strides
 * @param options `rtol`, `atol`, `equalNan`
 * @throws {EinopsError} when the shapes differ, or for what is no array
 * @see NumPy `allclose`
 *
 * @example
 * allClose(fromNested([1, 2]), fromNested([1, 2.00001])) // → true
 * allClose(fromNested([1, 2]), fromNested([1, 2.1]), { atol: 0.01 }) // → false
 */
export function allClose(a: NdArray<Data>, b: NdArray<Data>, options?: AllCloseOptions): boolean {
  const [x, y] = [asTensor(a, 'allClose', 'the first array'), asTensor(b, 'allClose', 'the second array')]
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = checkOptions(options, 'allClose', allCloseKinds)
  if (showShape(x.shape) !== showShape(y.shape)) {
    const said = say('shape/different', { got: showShape(y.shape), expected: showShape(x.shape) })
    throw new EinopsError({ operation: 'allClose', ...said })
  }
  const [p, q] = [doublesOf(x), doublesOf(y)]
  for (let i = 0; i < p.length; i++) {
    const [one, other] = [p[i]!, q[i]!]
    if (one === other || Math.abs(one - other) <= atol + rtol * Math.abs(other)) {
      if (Number.isFinite(other) || one === other) continue
    }
    if (!(equalNan && Number.isNaN(one) && Number.isNaN(other))) return false
  }
  return true
}

function doublesOf(x: Tensor): Float64Array {
  const copy = { ...contiguous(x.shape), data: new Float64Array(sizeOf(x.shape)) }
  copyInto(x, copy)
  return copy.data
}
