/**
 * Memory that tensors are read into one after the other. New memory costs more than what is read into it: the operating system clears every
 * page, and JavaScript looks for garbage after so many bytes.
 */
import { WINDOW_BYTES } from './windows.ts'

export class Buffers {
  readonly #all = new WeakSet<ArrayBufferLike>()
  readonly #free: ArrayBuffer[] = []

  /** Memory for so many bytes; what is in it is left from before. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const fits = this.#free.findIndex(({ byteLength }) => byteLength >= length)
    const [buffer = this.#make(length)] = this.#free.splice(fits, fits < 0 ? 0 : 1)
    return new Uint8Array(buffer, 0, length)
  }

  /** Takes memory back that came from here; any other is let be. */
  give(buffer: ArrayBufferLike): void {
    if (this.#all.has(buffer)) this.#free.push(buffer as ArrayBuffer)
  }

  #make(length: number): ArrayBuffer {
    this.#free.pop() // one that was too small, so that they do not gather
    const buffer = new ArrayBuffer(Math.max(length, WINDOW_BYTES))
    this.#all.add(buffer)
    return buffer
  }
}
