/**
 * Where the tensors of a running model live: a stack in linear memory. A scope marks the stack, and on leaving keeps its result and drops
 * everything else that was made inside; so memory is used again within a forward, and from one forward to the next, and nobody else has
 * to think of it. Outside of any scope tensors are made in JavaScript's memory.
 */
import type { FloatTensor } from '../layout/tensor.ts'
import { allocateFloats, getHeap, type Heap, heapView, isResident } from './heap.ts'
import { ALIGNMENT, type Pointer } from './memory.ts'
import { type ResultMemory, useForResults } from './result.ts'

interface Chunk {
  readonly start: Pointer
  readonly floats: number
}

/** A place on the stack: so many floats of a chunk are taken. */
interface Mark {
  readonly chunk: number
  readonly top: number
}

const chunkFloats = 2 ** 21 // 8 MB
const granule = ALIGNMENT / 4

class Arena implements ResultMemory {
  readonly heap: Heap
  readonly #chunks: Chunk[] = []
  #chunk = 0
  #top = 0
  #depth = 0

  constructor(heap: Heap) {
    this.heap = heap
  }

  /** Whether a scope is open. */
  get inUse(): boolean {
    return this.#depth > 0
  }

  /** Takes floats from the stack; their contents are whatever was there before. */
  allocate(floats: number): Pointer {
    const size = Math.ceil(floats / granule) * granule
    while (this.#chunk < this.#chunks.length && this.#top + size > this.#chunks[this.#chunk]!.floats) {
      this.#chunk++
      this.#top = 0
    }
    if (this.#chunk === this.#chunks.length) {
      const room = Math.max(size, chunkFloats)
      this.#chunks.push({ start: allocateFloats(this.heap, room), floats: room })
    }
    const pointer = this.#chunks[this.#chunk]!.start + 4 * this.#top
    this.#top += size
    return pointer
  }

  enter(): Mark {
    this.#depth++
    return { chunk: this.#chunk, top: this.#top }
  }

  /** Gives back what was taken since the mark, except the result, which moves down to the mark, or out of the outermost scope. */
  leave(mark: Mark, result: FloatTensor | null): FloatTensor | null {
    this.#depth--
    const above = result !== null && this.#isAbove(mark, result)
    this.#chunk = mark.chunk
    this.#top = mark.top
    if (result === null || !above) return result
    const heap = heapView(this.heap)
    const { first, count } = rangeOf(result)
    if (!this.inUse)
      return { ...result, data: heap.slice(first, first + count), offset: result.offset - first }
    const start = this.allocate(count) / 4
    if (start !== first) heapView(this.heap).copyWithin(start, first, first + count)
    const { shape, stride, offset } = result
    return { data: heapView(this.heap), shape, stride, offset: offset - first + start }
  }

  #isAbove(mark: Mark, { data, offset }: FloatTensor): boolean {
    if (!isResident(data)) return false
    const address = 4 * offset
    const chunk = this.#chunks.findIndex(
      ({ start, floats }) => address >= start && address < start + 4 * floats,
    )
    return (
      chunk > mark.chunk || (chunk === mark.chunk && address >= this.#chunks[chunk]!.start + 4 * mark.top)
    )
  }
}

let arena: Arena | null = null

/**
 * Runs a computation and keeps, of all the tensors that it makes, only its result; the outermost scope hands it out in a buffer of
 * JavaScript's.
 */
export function scope(compute: () => FloatTensor): FloatTensor {
  const stack = openArena()
  if (stack === null) return compute()
  const mark = stack.enter()
  let result: FloatTensor | null = null
  try {
    result = compute()
  } finally {
    result = stack.leave(mark, result)
  }
  return result!
}

function openArena(): Arena | null {
  if (arena === null) {
    const heap = getHeap()
    if (heap !== null) arena = new Arena(heap)
    if (arena !== null) useForResults(arena)
  }
  return arena
}

/** The elements of a buffer between a tensor's first and its last. */
function rangeOf({ shape, stride, offset }: FloatTensor): { first: number; count: number } {
  let first = offset
  let last = offset
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!
    if (length === 0) return { first: offset, count: 0 }
    const reach = stride[axis]! * (length - 1)
    if (reach < 0) first += reach
    else last += reach
  }
  return { first, count: last - first + 1 }
}
