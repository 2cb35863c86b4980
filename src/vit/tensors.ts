/** Where a model's parameters come from: an open file or arrays in memory, and in either weights of eight bits, which are codes with their scales beside them. */
import { type Described, describedIn, expectDict } from '../checkpoint/described.ts'
import { dtypeOnceRead } from '../checkpoint/dtype.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import type { StateDict } from '../checkpoint/read.ts'
import type { SafetensorsFile } from '../checkpoint/tensor-file.ts'
import { type Dtype, isFloatDtype } from '../layout/dtype.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'

/** Tensors by name that are read when they are needed. */
export interface Tensors {
  /** The tensors as a model takes them: codes and their scales are one, of float32. */
  readonly described: ReadonlyMap<string, Described>
  /** The names of those that are codes, and of their scales. */
  readonly scales: ReadonlyMap<string, string>
  /** Valid until the next one is asked for. */
  each(
    names: readonly string[],
  ): AsyncIterable<readonly [string, NdArray<Data>]> | Iterable<readonly [string, NdArray<Data>]>
  tensor(name: string): Promise<NdArray<Data>> | NdArray<Data>
}

/** The tensors of an open file. */
export function tensorsIn(file: SafetensorsFile): Tensors {
  const entries = [...file.entries].map(
    ([name, { shape, dtype }]) => [name, { shape, dtype: dtypeOnceRead(dtype) }] as const,
  )
  return {
    ...withCodes(new Map(entries)),
    each(names) {
      const own = new Set(names)
      return file.each(file.names.filter((name) => own.has(name)))
    },
    tensor: (name) => file.tensor(name),
  }
}

/** Arrays by name. */
export function tensorsOf(dict: StateDict, operation: string): Tensors {
  expectArrays(dict, operation)
  return {
    ...withCodes(describedIn(dict)),
    each: (names) => names.map((name) => [name, dict[name]!] as const),
    tensor: (name) => dict[name]!,
  }
}

export function expectArrays(dict: StateDict, operation: string): void {
  if (typeof dict !== 'object' || dict === null) {
    throw new CheckpointError({
      operation,
      code: 'source/type',
      what: `the source is no checkpoint — got ${show(dict)}, expected a path, a Blob, bytes or arrays by name`,
    })
  }
  expectDict(dict, operation)
}

/** Finds the weights of eight bits, int8 [n, …] beside floats [n] or [n, 1] of the same name with `_scale` behind it, as compressed-tensors has them too. */
function withCodes(all: ReadonlyMap<string, Described>): Pick<Tensors, 'described' | 'scales'> {
  const scales = new Map<string, string>()
  for (const [name, { shape, dtype }] of all) {
    const scale = all.get(`${name}_scale`)
    const isScale =
      scale !== undefined &&
      isFloatDtype(scale.dtype as Dtype) &&
      scale.shape[0] === shape[0] &&
      scale.shape.length <= 2
    if (dtype === 'int8' && isScale && (scale.shape[1] ?? 1) === 1) scales.set(name, `${name}_scale`)
  }
  const beside = new Set(scales.values())
  const described = [...all]
    .filter(([name]) => !beside.has(name))
    .map(([name, own]) => [name, scales.has(name) ? { ...own, dtype: 'float32' } : own] as const)
  return { described: new Map(described), scales }
}
