/**
 * The linear memory that all kernels work on, and who owns which part of it. Blocks are handed out by address and live until they are
 * freed (packed weights, the chunks of the arena); what is freed joins its free neighbours and serves the next request, since linear memory
 * itself never shrinks. Growing detaches every array on the memory, so callers keep addresses and ask for views when they use them.
 */

import type { WasmMemory } from '../layout/platform.ts'
import { isShared } from './instantiate.ts'

/** A byte address. 0 is never handed out. */
export type Pointer = number

/** Every block begins at a multiple of this: a cache line, so that no two owners share one. */
export const ALIGNMENT = 64

const PAGE = 65536
// below this: the constants of the kernel modules, placed there by the build
const STATIC_BYTES = 4096
/** And, at their end, what threads agree by: three words, each in a cache line of its own. */
export const CONTROL: Pointer = STATIC_BYTES - 3 * 64
// the last page stays unused, so that no address computation wraps around and vectors may be read past the end of any block
const MAXIMUM_PAGES = 65535
const GROWTH = 16 // pages: 1 MB

interface Span {
  readonly start: Pointer
  readonly bytes: number
}

export class LinearMemory {
  #memory: WebAssembly.Memory
  readonly #maximum: number
  /** Sorted by address; no two touch. */
  readonly #free: Span[] = []
  readonly #used = new Map<Pointer, number>()
  #end: number = STATIC_BYTES
  /** Asked when there is no more room: gives back blocks that only wait to be used again, and says whether there were any. */
  reclaim: () => boolean = () => false

  /** @param options - `maximum`: how many bytes it may grow to, 4 GB if not given */
  constructor({ maximum = MAXIMUM_PAGES * PAGE }: { readonly maximum?: number } = {}) {
    this.#maximum = Math.min(MAXIMUM_PAGES, Math.floor(maximum / PAGE))
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 })
  }

  get memory(): WasmMemory {
    return this.#memory
  }

  /**
   * Moves everything to a memory that threads can share; addresses stay as they are.
   *
   * @throws RangeError where the platform has no room for it; nothing has changed then
   */
  share(): void {
    if (isShared(this.#memory)) return
    const initial = this.size / PAGE
    const shared = new WebAssembly.Memory({ initial, maximum: 65536, shared: true })
    new Uint8Array(shared.buffer).set(new Uint8Array(this.#memory.buffer))
    this.#memory = shared
  }

  /** The bytes that are handed out. */
  get used(): number {
    let sum = 0
    for (const bytes of this.#used.values()) sum += bytes
    return sum
  }

  /** The bytes that the memory takes from the system. */
  get size(): number {
    return this.memory.buffer.byteLength
  }

  /** A view of `length` floats, good until the memory grows. */
  floats(pointer: Pointer, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer, pointer, length)
  }

  /** A view of `length` doubles, good until the memory grows. */
  doubles(pointer: Pointer, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.memory.buffer, pointer, length)
  }

  /** A view of `length` integers, good until the memory grows. */
  integers(pointer: Pointer, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.memory.buffer, pointer, length)
  }

  /**
   * Hands out a block, its contents whatever was there before.
   *
   * @throws RangeError where neither free memory nor growth gives that many bytes; nothing has changed then
   */
  allocate(bytes: number): Pointer {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)
    const start = this.#take(size)
    this.#used.set(start, size)
    return start
  }

  #take(size: number): Pointer {
    try {
      return this.#takeFree(size) ?? this.#takeNew(size)
    } catch (error) {
      if (!this.reclaim()) throw error
      return this.#takeFree(size) ?? this.#takeNew(size)
    }
  }

  /** Takes a block back. */
  free(pointer: Pointer): void {
    const bytes = this.#used.get(pointer)
    if (bytes === undefined) throw new Error(`internal: no block begins at ${pointer}`)
    this.#used.delete(pointer)
    this.#giveBack(pointer, bytes)
  }

  /** The smallest free block that is large enough, so that large ones stay whole. */
  #takeFree(size: number): Pointer | null {
    let best = -1
    for (let i = 0; i < this.#free.length; i++) {
      const { bytes } = this.#free[i]!
      if (bytes >= size && (best === -1 || bytes < this.#free[best]!.bytes)) best = i
    }
    if (best === -1) return null
    const { start, bytes } = this.#free[best]!
    if (bytes === size) this.#free.splice(best, 1)
    else this.#free[best] = { start: start + size, bytes: bytes - size }
    return start
  }

  #takeNew(size: number): Pointer {
    // a free block at the very end is the beginning of the new one
    const last = this.#free.at(-1)
    const extends_ = last !== undefined && last.start + last.bytes === this.#end
    const start = extends_ ? last.start : this.#end
    this.#reserve(start + size)
    if (extends_) this.#free.pop()
    this.#end = start + size
    return start
  }

  #reserve(end: number): void {
    const pages = this.memory.buffer.byteLength / PAGE
    const needed = Math.ceil(end / PAGE) + 1
    if (needed <= pages) return
    if (needed > this.#maximum) throw this.#exhausted(end)
    const wanted = Math.min(this.#maximum, Math.max(needed, pages + GROWTH))
    try {
      this.memory.grow(wanted - pages)
    } catch {
      throw this.#exhausted(end)
    }
  }

  #exhausted(end: number): RangeError {
    const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`
    return new RangeError(
      `memory: out of WebAssembly memory — ${megabytes(end)} needed, ${megabytes(this.used)} in use, at most ${megabytes(this.#maximum * PAGE)} can be had; dispose() models that are no longer needed`,
    )
  }

  #giveBack(start: Pointer, bytes: number): void {
    let at = this.#free.findIndex((span) => span.start > start)
    if (at === -1) at = this.#free.length
    const next = this.#free[at]
    const previous = this.#free[at - 1]
    const joinsNext = next !== undefined && start + bytes === next.start
    const joinsPrevious = previous !== undefined && previous.start + previous.bytes === start
    const from = joinsPrevious ? previous.start : start
    const to = joinsNext ? next.start + next.bytes : start + bytes
    const first = joinsPrevious ? at - 1 : at
    this.#free.splice(first, (joinsPrevious ? 1 : 0) + (joinsNext ? 1 : 0), { start: from, bytes: to - from })
  }
}
