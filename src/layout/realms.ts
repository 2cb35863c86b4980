/**
 * What belongs to a class of the platform, whichever realm the class is of: frames, `vm` contexts and Jest have classes of their own, of
 * which `instanceof` knows nothing.
 */
import { type Dtype, dtypeOf, tagOf } from './data.ts'
import type { Data } from './tensor.ts'

interface Classes {
  ArrayBuffer: ArrayBuffer
  SharedArrayBuffer: SharedArrayBuffer
  Uint8Array: Uint8Array
  Map: ReadonlyMap<unknown, unknown>
  Promise: PromiseLike<unknown>
  URL: URL
}

/** Whether a value is of a class or, where it says nothing else of itself, of one made of it. */
export function isA<Name extends keyof Classes>(value: unknown, name: Name): value is Classes[Name] {
  return tagOf(value) === name
}

/** Whether a value is a Blob; a File is one. */
export function isBlob(value: unknown): value is Blob {
  return ['Blob', 'File'].includes(tagOf(value))
}

/** Whether a buffer holds single floats; of the platform's own class at once. */
export function isFloat32(data: Data): data is Float32Array {
  return data instanceof Float32Array || is(data, 'float32')
}

/** Whether a buffer holds big integers. */
export function isBig(data: Data): boolean {
  return is(data, 'bigint64') || is(data, 'biguint64')
}

function is(data: Data, dtype: Dtype): boolean {
  return ArrayBuffer.isView(data) && dtypeOf(data) === dtype
}

/** What a caught value says: an error's message, whoever's error it is. */
export function messageOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown }
  return typeof message === 'string' ? message : String(error)
}
