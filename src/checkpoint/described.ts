/** What is known of a tensor before it is read. */
import { dtypeOf } from '../layout/data.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import type { StateDict } from './read.ts'

export interface Described {
  readonly shape: readonly number[]
  readonly dtype: string
}

/** The shapes and dtypes of arrays by name. What is no ndarray is described as that, so that who needs it can say so. */
export function describedIn(dict: Readonly<StateDict>): Map<string, Described> {
  return new Map(Object.entries<unknown>(dict).map(([name, value]) => [name, described(value)]))
}

function described(value: unknown): Described {
  const { shape, data } = (value ?? {}) as Partial<NdArray<Data>>
  if (!Array.isArray(shape) || typeof data !== 'object') return { shape: [], dtype: 'no ndarray' }
  return { shape, dtype: dtypeOf(data) }
}
