/**
 * Decompression by the platform's own `DecompressionStream`, stopped as soon as there is what was promised: a few kilobytes
 * of deflate can stand for gigabytes. Streams that follow their standard refuse whatever stands behind the compressed
 * data, and lose what came just before it: then fflate, which does not look there, decompresses once more.
 */

import { Unzlib } from 'fflate'

export interface Inflated {
  /** As many bytes as were asked for, those that are missing 0. */
  readonly bytes: Uint8Array
  /** How many there were; at most as many as were asked for. */
  readonly filled: number
  /** Whether there was something behind them. */
  readonly hasMore: boolean
}

/** The first `size` bytes of zlib data. */
export async function inflate(pieces: readonly Uint8Array[], size: number): Promise<Inflated> {
  const bytes = new Uint8Array(size)
  let filled = 0
  let hasMore = false
  const take = (part: Uint8Array) => {
    hasMore = part.length > size - filled
    bytes.set(hasMore ? part.subarray(0, size - filled) : part, filled)
    filled = Math.min(size, filled + part.length)
  }
  const reader = new Blob(pieces as Uint8Array<ArrayBuffer>[])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
    .getReader()
  try {
    for (let isDone = false; !isDone && !hasMore; ) {
      const { done, value } = await reader.read()
      isDone = done
      if (value !== undefined) take(value)
    }
    if (hasMore) await reader.cancel()
  } catch {
    if (filled === size) return { bytes, filled, hasMore: true }
    filled = 0
    inflateLeniently(pieces, take, () => filled === size)
    return { bytes, filled, hasMore: true }
  }
  return { bytes, filled, hasMore }
}

/** How much goes in at a time; at most 1,032 times as much comes out. */
const PIECE = 1 << 14

function inflateLeniently(
  pieces: readonly Uint8Array[],
  take: (part: Uint8Array) => void,
  isEnough: () => boolean,
): void {
  const stream = new Unzlib(take)
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length && !isEnough(); at += PIECE) {
        stream.push(piece.subarray(at, at + PIECE))
      }
    }
  } catch {
    // damaged: what came before counts
  }
}
