/** Safetensors files for the tests, also broken ones, made without the code under test. */
import type { Data, NdArray } from 'ndarray'

export interface Claim {
  readonly dtype: unknown
  readonly shape: unknown
  readonly data_offsets: unknown
}

/** A file of a header's text and data; `claimed` is the header length it claims. */
export function fileOf(header: string, data: Uint8Array | number = 0, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header)
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data
  const file = new Uint8Array(8 + text.length + bytes.length)
  new DataView(file.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true)
  file.set(text, 8)
  file.set(bytes, 8 + text.length)
  return file
}

/** A file whose header makes these claims about `data` (or about that many zero bytes). */
export const fileClaiming = (claims: Record<string, Claim>, data: Uint8Array | number = 0): Uint8Array =>
  fileOf(JSON.stringify(claims), data)

/** The elements of a contiguous array. */
export const values = (x: NdArray<Data> | undefined) => Array.from(x?.data as ArrayLike<number | bigint>)
