/**
 * Where the tensors of a running model live: a stack in linear memory. A scope marks the stack, and on leaving keeps its result and drops
 * everything else that was made inside; so memory is used again within a forward, and from one forward to the next, and nobody else has
 * to think of it. Between forwards at most one chunk is kept, and that only until memory runs out. Outside of any scope tensors are made in
 * JavaScript's memory.
 */
import type { FloatTensor } from '../layout/tensor.ts'
import { allocateFloats, getHeap, type Heap, isResident, residentFloats } from './heap.ts'
import { ALIGNMENT, type Pointer } from './memory.ts'
import { called, type Recording, recordTo } from './recording.ts'
import { type ResultMemory, useForResults } from './result.ts'

interface Chunk {
  readonly start: Pointer
  readonly floats: number
}

/** A place on the stack: so many floats of a chunk are taken, and so many in all. */
interface Mark {
  readonly chunk: number
  readonly top: number
  readonly taken: number
}

const chunkFloats = 2 ** 21 // 8 MB
const granule = ALIGNMENT / 4

class Arena implements ResultMemory {
  readonly heap: Heap
  readonly #chunks: Chunk[] = []
  #chunk = 0
  #top = 0
  #taken = 0
  /** The most floats that were ever taken at a time: the next stack begins with a chunk that holds them all. */
  #highWater = 0
  #depth = 0

  constructor(heap: Heap) {
    this.heap = heap
    heap.memory.reclaim = () => this.release()
  }

  /** Whether a scope is open. */
  get inUse(): boolean {
    return this.#depth > 0
  }

  /** Takes floats from the stack; their contents are whatever was there before. */
  allocate(floats: number): Pointer {
    const size = Math.ceil(floats / granule) * granule
    const chunk = this.#chunks[this.#chunk]
    if (chunk === undefined || this.#top + size > chunk.floats) this.#advance(size)
    const pointer = this.#chunks[this.#chunk]!.start + 4 * this.#top
    this.#top += size
    this.#taken += size
    this.#highWater = Math.max(this.#highWater, this.#taken)
    return pointer
  }

  /** Where the first chunk begins, and 0 where there is none: what was made in it before stands there again as long as this is the same. */
  get origin(): Pointer {
    return this.#chunks[0]?.start ?? 0
  }

  /** Whether all that was ever taken at a time fits the first chunk. */
  get isWhole(): boolean {
    return this.#highWater <= (this.#chunks[0]?.floats ?? 0)
  }

  /** Gives the chunks back in which nothing is taken, and says whether there were any. */
  release(): boolean {
    const idle = this.#chunks.splice(this.#top > 0 ? this.#chunk + 1 : this.#chunk)
    for (const { start } of idle) this.heap.memory.free(start)
    return idle.length > 0
  }

  /** Goes on to the next chunk that holds so many floats, and gives those back that are too small. */
  #advance(size: number): void {
    if (this.#top > 0) this.#chunk++
    this.#top = 0
    // from here on all are idle
    for (let next = this.#chunks[this.#chunk]; next !== undefined; next = this.#chunks[this.#chunk]) {
      if (next.floats >= size) return
      this.heap.memory.free(next.start)
      this.#chunks.splice(this.#chunk, 1)
    }
    this.#chunks.push(this.#newChunk(size))
  }

  #newChunk(size: number): Chunk {
    const begins = this.#chunks.length === 0
    const generous = Math.max(size, chunkFloats, begins ? this.#highWater : 0)
    try {
      return { start: allocateFloats(this.heap, generous), floats: generous }
    } catch (error) {
      if (generous === size || !(error instanceof RangeError)) throw error
      return { start: allocateFloats(this.heap, size), floats: size }
    }
  }

  enter(): Mark {
    this.#depth++
    return { chunk: this.#chunk, top: this.#top, taken: this.#taken }
  }

  /** Gives back what was taken since the mark, except the result, which moves down to the mark, or out of the outermost scope. */
  leave(mark: Mark, result: FloatTensor | null): FloatTensor | null {
    this.#depth--
    const above = result !== null && this.#isAbove(mark, result)
    this.#chunk = mark.chunk
    this.#top = mark.top
    this.#taken = mark.taken
    const kept = result !== null && above ? this.#keep(result) : result
    if (!this.inUse && this.#chunks.length > 1) this.release()
    return kept
  }

  #keep(result: FloatTensor): FloatTensor {
    const heap = residentFloats()
    const { first, count } = rangeOf(result)
    if (!this.inUse)
      return { ...result, data: heap.slice(first, first + count), offset: result.offset - first }
    const start = this.allocate(count) / 4
    if (start !== first) called(() => residentFloats().copyWithin(start, first, first + count))
    const { shape, stride, offset } = result
    return { data: heap, shape, stride, offset: offset - first + start }
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

/**
 * Runs a computation as a scope does, outermost, and writes down the calls of its kernels; null where there is no linear memory, or a scope is open. Its result stays
 * in the arena: it is to be read before anything else runs.
 */
export function recordScope(recording: Recording, compute: () => FloatTensor): FloatTensor | null {
  const stack = openArena()
  if (stack === null || stack.inUse) return null
  // a chunk that holds everything: the next one begins as large as was ever needed
  if (!stack.isWhole) stack.release()
  const mark = stack.enter()
  try {
    const result = recordTo(recording, compute)
    const { origin } = stack
    if (!stack.isWhole || !isResident(result.data)) recording.fail()
    recording.require(() => !stack.inUse && stack.origin === origin)
    return result
  } finally {
    stack.leave(mark, null)
  }
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
