/**
 * What steps are performed on. A layer sees of a value nothing but its shape: where its elements are, and whether there are any yet, only
 * the machine knows that performs the steps. On the host a value is a tensor, or a layout over the elements of a weight.
 */
import { isWeighted, type Stored } from '../gemm/weighted.ts'
import { dtypeOf } from '../layout/data.ts'
import type { Dtype } from '../layout/dtype.ts'
import type { Data } from '../layout/tensor.ts'

export {
  type IsWeight as HeldWeight,
  isWeighted,
  laidOut,
  tensorOf,
  type Weighted,
} from '../gemm/weighted.ts'

export interface Value {
  readonly shape: readonly number[]
}

/** A value of a machine that computes nothing yet: a shape, and the dtype that its elements will have. */
export interface TypedValue extends Value {
  readonly dtype: Dtype
}

/** A value of the host. */
export type HostValue = Stored

/** The dtype of a value's elements; weights are float32. */
export function typeOf(value: Value): Dtype {
  if (isWeighted(value)) return 'float32'
  return 'data' in value ? dtypeOf(value.data as Data) : (value as TypedValue).dtype
}
