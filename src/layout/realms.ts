/**
 * What belongs to a class of the platform, whichever realm the class is of: frames, `vm` contexts and Jest have classes of their own, of
 * which `instanceof` knows nothing.
 */
import { dtypeOf, tagOf } from './data.ts'
import type { Dtype } from './dtype.ts'
import type { BlobLike, UrlLike } from './platform.ts'
import type { Data } from './tensor.ts'

interface Classes {
  ArrayBuffer: ArrayBuffer
  SharedArrayBuffer: SharedArrayBuffer
  Uint8Array: Uint8Array
  Uint8ClampedArray: Uint8ClampedArray
  DataView: DataView
  Map: ReadonlyMap<unknown, unknown>
  Promise: PromiseLike<unknown>
  URL: UrlLike
}

/** Whether a value is of one of some classes or, where it says nothing else of itself, of one made of it. */
export function isA<Name extends keyof Classes>(value: unknown, ...names: Name[]): value is Classes[Name] {
  return (names as string[]).includes(tagOf(value))
}

/** Whether a value is a Blob; a File is one. */
export function isBlob(value: unknown): value is BlobLike {
  return ['Blob', 'File'].includes(tagOf(value))
}

/** Whether a buffer holds single floats; of the platform's own class at once. */
export function isFloat32(data: Data): data is Float32Array {
  return data instanceof Float32Array || is(data, 'float32')
}

/** Whether a buffer holds doubles. */
export function isFloat64(data: Data): data is Float64Array {
  return is(data, 'float64')
}

function is(data: Data, dtype: Dtype): boolean {
  return ArrayBuffer.isView(data) && dtypeOf(data) === dtype
}

/** What a caught value says: an error's message, whoever's error it is. */
export function messageOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown }
  return typeof message === 'string' ? message : String(error)
}
