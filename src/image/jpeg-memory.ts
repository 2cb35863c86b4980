/**
 * Where the kernels that decode JPEG pictures (src/wasm/assembly/jpeg.ts) work: a memory of their own, which is kept for the
 * next picture while it is small, and dropped when a large one is done. Without WebAssembly
 * the kernels are JavaScript, a third as fast.
 */
import { canRun } from '../wasm/capabilities.ts'
import type { JpegKernels } from '../wasm/generated/jpeg.ts'
import { instantiate } from '../wasm/instantiate.ts'
import { type ScriptMemory, scriptMemory } from '../wasm/script.ts'
import type { HuffmanTable } from './jpeg-tables.ts'

const PAGE = 65536
/** Below this stand the constants of the kernels. */
const FIRST = 4096
/** A memory that is larger is not kept; a progressive picture of 12 megapixels needs 40 MB at a quarter of its size. */
const KEPT = 64 << 20
/** What may be read and written behind a block, and stands before it. */
const SLACK = 64
/** Bytes of a table of codes: what ten bits say, then what is needed for longer codes, and the symbols. */
const TABLE = 4096 + 2 * 72 + 256

export class JpegMemory {
  readonly kernels: JpegKernels
  readonly #memory: WebAssembly.Memory | ScriptMemory
  #end = FIRST

  /** A memory; the kernels are loaded with the first one. */
  static async open(): Promise<JpegMemory> {
    const make = canRun('jpeg') ? await compiled() : await scripted()
    const memory = kept ?? make()
    kept = undefined
    memory.#end = FIRST
    return memory
  }

  /** @throws RangeError where there is no room for a memory */
  constructor(memory: WebAssembly.Memory | ScriptMemory, kernels: JpegKernels) {
    this.#memory = memory
    this.kernels = kernels
  }

  /** Gives the memory back. */
  close(): void {
    if (this.#memory.buffer.byteLength <= KEPT) kept = this
  }

  /** All bytes; good until something is allocated. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer)
  }

  /**
   * So many bytes, whatever was there before.
   *
   * @throws RangeError where there is no room
   */
  allocate(size: number): number {
    const start = this.#end + SLACK
    const end = Math.ceil((start + size + SLACK) / SLACK) * SLACK
    const missing = end + SLACK - this.#memory.buffer.byteLength
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE))
    if (end + SLACK > this.#memory.buffer.byteLength) throw new RangeError('there is no more memory')
    this.#end = end
    return start
  }

  /** A copy of bytes. */
  place(bytes: Uint8Array): number {
    const start = this.allocate(bytes.length)
    this.bytes.set(bytes, start)
    return start
  }

  /** Bytes that are 0. */
  clear(size: number): number {
    const start = this.allocate(size)
    this.bytes.fill(0, start, start + size)
    return start
  }

  /** Writes words. */
  write(start: number, words: ArrayLike<number>): void {
    new Int32Array(this.#memory.buffer, start, words.length).set(words)
  }

  /** A table of codes for the kernels. */
  prepare({ counts, symbols }: HuffmanTable): number {
    const table = this.allocate(TABLE)
    const [lengths, values] = [this.place(counts), this.clear(256)]
    this.bytes.set(symbols, values)
    this.kernels.prepare(table, lengths, values)
    return table
  }

  /** What was allocated since goes. */
  mark(): number {
    return this.#end
  }

  release(mark: number): void {
    this.#end = mark
  }
}

let kept: JpegMemory | undefined

async function compiled(): Promise<() => JpegMemory> {
  const { jpeg } = await import('../wasm/generated/jpeg.ts')
  return () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGE })
    return new JpegMemory(memory, instantiate(jpeg, memory)!)
  }
}

async function scripted(): Promise<() => JpegMemory> {
  const { jpegScript } = await import('../wasm/generated/jpeg-script.ts')
  return () => {
    const memory = scriptMemory()
    return new JpegMemory(memory, jpegScript(memory))
  }
}
