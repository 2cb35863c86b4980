/**
 * Where the results of operations live: in the arena while a model runs, else in memory of their own. Apart from the arena, so that who only
 * rearranges does not carry the kernels of products with it.
 */
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { allocateUnset } from '../layout/unset.ts'
import type { Heap } from './heap.ts'
import type { Pointer } from './memory.ts'
import { residentFloats } from './resident.ts'

/** What hands out floats while a model runs. */
export interface ResultMemory {
  readonly heap: Heap
  readonly inUse: boolean
  allocate(floats: number): Pointer
}

let arena: ResultMemory | null = null

/** Makes an arena the one that results live in while it is in use. */
export function useForResults(memory: ResultMemory): void {
  arena = memory
}

/** Whether a model runs, so that results live in the arena. */
export function isRunning(): boolean {
  return arena?.inUse ?? false
}

/** The memory that a model runs in, and what computes there; null while none runs. */
export function runningHeap(): Heap | null {
  return arena?.inUse ? arena.heap : null
}

const float32 = new Float32Array(0)

/** A new contiguous tensor for a result, its elements not set: in the arena inside a scope, else in JavaScript's memory. */
export function resultTensor(shape: readonly number[]): FloatTensor {
  const { stride } = contiguous(shape)
  const size = sizeOf(shape)
  if (!arena?.inUse) return { data: allocateUnset(float32, size), shape, stride, offset: 0 }
  const offset = arena.allocate(size) / 4
  return { data: residentFloats(), shape, stride, offset }
}
