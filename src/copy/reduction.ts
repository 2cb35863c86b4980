/** What can be made of many elements: the reductions' names, the dtypes of their results, and what each does. */
import { type Dtype, isBigDtype, isWholeDtype } from '../layout/dtype.ts'

export type ReductionName = 'min' | 'max' | 'sum' | 'mean' | 'prod' | 'any' | 'all'

export const reductionNames: readonly ReductionName[] = ['min', 'max', 'sum', 'mean', 'prod', 'any', 'all']

/** The dtype of a reduction's result, or null where it has none: big integers have no mean. */
export function resultDtype(reduction: ReductionName, dtype: Dtype): Dtype | null {
  switch (reduction) {
    case 'min':
    case 'max':
      return dtype
    case 'any':
    case 'all':
      return 'uint8'
    case 'mean':
      return isBigDtype(dtype) ? null : sumDtype(dtype)
    default:
      return sumDtype(dtype)
  }
}

/** Sums of integers are doubles, but for big ones. */
function sumDtype(dtype: Dtype): Dtype {
  return isWholeDtype(dtype) && !isBigDtype(dtype) ? 'float64' : dtype
}

type Value = number | bigint

/** Folds elements one by one; `first` is the result for no elements, where there is one. */
export interface Fold {
  readonly empty: number | undefined
  /** The result so far from one element. */
  readonly begin: (value: Value) => Value
  readonly step: (result: Value, value: Value) => Value
}

/** A mean is a sum, divided at the end. */
export const folds: Record<Exclude<ReductionName, 'mean'>, Fold> = {
  sum: { empty: 0, begin: (x) => x, step: (sum, x) => (sum as number) + (x as number) },
  prod: { empty: 1, begin: (x) => x, step: (product, x) => (product as number) * (x as number) },
  min: { empty: undefined, begin: (x) => x, step: (least, x) => (x < least || isNan(x) ? x : least) },
  max: { empty: undefined, begin: (x) => x, step: (most, x) => (x > most || isNan(x) ? x : most) },
  any: { empty: 0, begin: truth, step: (result, x) => (result === 1 ? 1 : truth(x)) },
  all: { empty: 1, begin: truth, step: (result, x) => (result === 0 ? 0 : truth(x)) },
}

/** NaN once met stays: nothing is less or more. */
function isNan(value: Value): boolean {
  return typeof value === 'number' && Number.isNaN(value)
}

/** 1 for what is not zero, NaN included. */
function truth(value: Value): 0 | 1 {
  return value || isNan(value) ? 1 : 0
}
