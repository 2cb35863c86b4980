/**
 * How the host chooses between two ways of performing a step, the one place where it does so: in linear memory while a model runs, whose
 * values live there, where that form suits; plainly everywhere else. (Products choose among more ways by their size, in src/gemm.)
 */

import { isWeighted } from '../gemm/weighted.ts'
import { isFloat32 } from '../layout/realms.ts'
import type { Tensor } from '../layout/tensor.ts'
import { canRun, type ModuleName } from '../wasm/capabilities.ts'
import type { Heap } from '../wasm/heap.ts'
import { runningHeap } from '../wasm/result.ts'
import type { Step } from './step.ts'
import type { HostValue } from './value.ts'

export interface Ways<S extends Step> {
  /** The module of kernels that the first way needs besides those that every heap has. */
  readonly module?: ModuleName
  /** Null where this form does not suit. */
  inHeap(heap: Heap, step: S, inputs: readonly HostValue[]): Tensor | null
  /** The plain reference. */
  plainly(step: S, inputs: readonly HostValue[]): Tensor
}

/** Performs a step in the way that suits. (Kernels are plain objects that call this, which bundlers leave out where nobody performs them.) */
export function eitherWay<S extends Step>(
  { module, inHeap, plainly }: Ways<S>,
  step: S,
  inputs: readonly HostValue[],
): Tensor {
  const runs = (module === undefined || canRun(module)) && inputs.every(isSingle)
  const heap = runs ? runningHeap() : null
  return (heap && inHeap(heap, step, inputs)) ?? plainly(step, inputs)
}

/** Whether a value is of single precision, as what stands in linear memory. */
function isSingle(value: HostValue): boolean {
  return isWeighted(value) || isFloat32(value.data)
}
