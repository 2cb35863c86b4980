/**
 * Decompression by the platform's own `DecompressionStream`, stopped as soon as there is more than was promised: a few
 * kilobytes of deflate can stand for gigabytes.
 */
import { ImageError } from './error.ts'

/** Decompresses zlib data that has to come to exactly `size` bytes. */
export async function inflate(pieces: readonly Uint8Array[], size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let filled = 0
  const reader = new Blob(pieces as Uint8Array<ArrayBuffer>[])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
    .getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (filled + value.length > size) throw wrongSize(size, 'more')
      bytes.set(value, filled)
      filled += value.length
    }
  } catch (cause) {
    if (cause instanceof ImageError) {
      await reader.cancel()
      throw cause
    }
    throw new ImageError(
      'readImage',
      'file/damaged',
      `the PNG file is damaged or truncated — its pixels do not decompress`,
      { cause },
    )
  }
  if (filled < size) throw wrongSize(size, 'fewer')
  return bytes
}

const wrongSize = (size: number, than: string) =>
  new ImageError(
    'readImage',
    'file/damaged',
    `the PNG file is damaged — its data hold ${than} bytes of pixels than the ${size} that its header announces`,
  )
