/** Blocks of linear memory that belong to a weight, and are given back when it is dropped without being disposed. */
import type { Heap } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'

/** A block of linear memory. */
export interface InHeap {
  readonly heap: Heap
  readonly block: Pointer
}

const dropped = new FinalizationRegistry<InHeap>(({ heap, block }) => heap.memory.free(block))

/** Gives the block back when its owner is dropped. */
export function keep<M extends InHeap>(owner: object, memory: M): M {
  dropped.register(owner, memory, memory)
  return memory
}

/** Gives the block back now. */
export function release(own: InHeap): void {
  dropped.unregister(own)
  own.heap.memory.free(own.block)
}
