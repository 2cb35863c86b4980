/** Bytes that can be read piece by piece: a file, a Blob, or an array that is already there. */
import type { BlobLike } from '../layout/platform.ts'
import type { Buffers } from './buffers.ts'

export interface ByteSource {
  readonly size: number
  /**
   * The bytes `[start, end)`, in a buffer of their own or as a view of one that does not change. With `buffers` a source that needs memory for
   * them takes it from there, and who reads gives it back.
   */
  read(start: number, end: number, buffers?: Buffers): Promise<Uint8Array>
  close(): Promise<void>
}

export const ofBlob = (blob: BlobLike): ByteSource => ({
  size: blob.size,
  read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  close: async () => {},
})

export const ofBytes = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (start, end) => bytes.subarray(start, end),
  close: async () => {},
})
