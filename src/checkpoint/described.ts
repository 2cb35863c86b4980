/** State dicts before anything is read of them: whether they are any, and what is known of their tensors. */
import { dtypeOf } from '../layout/data.ts'
import { isA } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { CheckpointError } from './error.ts'
import type { StateDict } from './read.ts'

export interface Described {
  readonly shape: readonly number[]
  readonly dtype: string
}

/**
 * Refuses what is no object of arrays by name.
 *
 * @throws CheckpointError that says what it is instead, and how it becomes one
 */
export function expectDict(dict: unknown, operation: string): void {
  const hint = hintAbout(dict)
  if (typeof dict === 'object' && dict !== null && hint === undefined) return
  throw new CheckpointError({
    operation,
    code: 'source/type',
    what: `the state dict is no object of arrays by name — got ${show(dict)}${hint ?? ''}`,
  })
}

function hintAbout(dict: unknown): string | undefined {
  if (typeof dict === 'function') return '; a call is missing: model.stateDict()'
  if (ArrayBuffer.isView(dict)) return '; readSafetensors(bytes) makes one of bytes'
  if (isA(dict, 'Promise')) return '; an await is missing'
  if (isA(dict, 'Map')) return '; Object.fromEntries(map) makes one'
  if (Array.isArray(dict)) return '; the names are missing: { name: array }'
  const { data, shape, stateDict } = Object(dict) as { data?: unknown; shape?: unknown; stateDict?: unknown }
  if (typeof stateDict === 'function') return ' with a method stateDict, which makes one'
  return Array.isArray(shape) && ArrayBuffer.isView(data)
    ? '; the name is missing: { name: array }'
    : undefined
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
