/**
 * Memory for results whose every element is written before anyone sees them. A new typed array is filled with zeros, which
 * for a large one takes half as long as the copy that follows. JavaScript has no other kind of memory, but Node, Deno and Bun
 * have: a Buffer of its own, as it comes from the allocator. It is asked for by its global name, so that bundlers find nothing
 * to replace; where there is none, or another thing of that name, results begin as zeros.
 */
import { allocate, isPlatformArray } from './data.ts'
import type { Data } from './tensor.ts'

/** Bytes from which on zeros cost more than the way through Buffer. */
const largeBytes = 1 << 19

/**
 * A new buffer of the same kind as `like`, with an `ArrayBuffer` to itself, for `size` elements that the caller sets, all of
 * them: what they are until then is left open.
 *
 * @throws {RangeError} where the platform has no room for so many elements
 */
export function allocateUnset<D extends Data>(like: D, size: number): D {
  if (isPlatformArray(like) && size * like.BYTES_PER_ELEMENT >= largeBytes) {
    const buffer = unsetBuffer(size * like.BYTES_PER_ELEMENT)
    if (buffer !== null) return new (like.constructor as new (buffer: ArrayBuffer) => D)(buffer)
  }
  return allocate<D>(like, size)
}

function unsetBuffer(bytes: number): ArrayBuffer | null {
  const { Buffer } = globalThis as { Buffer?: { allocUnsafeSlow?(bytes: number): Uint8Array } }
  try {
    const buffer = Buffer?.allocUnsafeSlow?.(bytes).buffer
    return buffer instanceof ArrayBuffer && buffer.byteLength === bytes ? buffer : null
  } catch {
    return null // too large: asking for zeros says so in the platform's own words
  }
}
