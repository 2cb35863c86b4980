/** What two buffers share, and a buffer's bits as plain integers. */

import { dtypeOf } from '../layout/data.ts'
import { type Dtype, isFloatDtype } from '../layout/dtype.ts'
import type { Layout } from '../layout/layout.ts'
import { isA } from '../layout/realms.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/resident.ts'

/** An array over bytes, of the platform or of a half float polyfill. */
export interface Typed {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly BYTES_PER_ELEMENT: number
  readonly length: number
}

export function isTyped(data: Data): data is Data & Typed {
  return 'BYTES_PER_ELEMENT' in data && 'buffer' in data
}

export type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

/** The most bytes of an array that every platform makes: views of larger buffers are made where they are needed. */
export const mostBytes = 2 ** 32 - 1

/** The elements of a typed array as unsigned integers of the same bits. */
export function wordsOf({ buffer, byteOffset, length, BYTES_PER_ELEMENT }: Typed): Words {
  switch (BYTES_PER_ELEMENT) {
    case 1:
      return new Uint8Array(buffer, byteOffset, length)
    case 2:
      return new Uint16Array(buffer, byteOffset, length)
    case 4:
      return new Uint32Array(buffer, byteOffset, length)
    default:
      return new BigUint64Array(buffer, byteOffset, length)
  }
}

/** The bytes of a typed array, as far as an array reaches. */
export function bytesOf({ buffer, byteOffset, length, BYTES_PER_ELEMENT }: Typed): Uint8Array {
  return new Uint8Array(buffer, byteOffset, Math.min(mostBytes, length * BYTES_PER_ELEMENT))
}

/**
 * Whether a value's bits in one buffer are those of the same value in the other, once it is converted: integers wrap, so that a
 * size is all that counts, and only int8 is clamped to another byte.
 */
export function keepsBits(source: Typed, read: Dtype, target: Typed, write: Dtype): boolean {
  if (read === write) return true
  return (
    source.BYTES_PER_ELEMENT === target.BYTES_PER_ELEMENT &&
    !isFloatDtype(read) &&
    !isFloatDtype(write) &&
    !(read === 'int8' && write === 'uint8_clamped')
  )
}

/** Whether the ranges of memory that two tensors span have a byte, or an element of the same array, in common. */
export function overlap(a: Tensor, b: Tensor): boolean {
  const p = current(a.data)
  const q = current(b.data)
  if (isTyped(p) && isTyped(q)) {
    if (!mayBeOne(p.buffer, q.buffer)) return false
    const [aStart, aEnd] = byteSpan(p, a)
    const [bStart, bEnd] = byteSpan(q, b)
    return aStart < bEnd && bStart < aEnd
  }
  // objects with get and set may stand for anything, arrays only for themselves
  if (p !== q) return dtypeOf(p) === 'generic' || dtypeOf(q) === 'generic'
  const [aFirst, aLast] = span(a)
  const [bFirst, bLast] = span(b)
  return aFirst <= bLast && bFirst <= aLast
}

/** Shared memory is reached through several objects: each growth of a WebAssembly memory and each message to a thread makes one. */
function mayBeOne(a: ArrayBufferLike, b: ArrayBufferLike): boolean {
  return a === b || (isA(a, 'SharedArrayBuffer') && isA(b, 'SharedArrayBuffer'))
}

function byteSpan({ byteOffset, BYTES_PER_ELEMENT }: Typed, layout: Layout): [start: number, end: number] {
  const [first, last] = span(layout)
  return [byteOffset + first * BYTES_PER_ELEMENT, byteOffset + (last + 1) * BYTES_PER_ELEMENT]
}

/** The first and the last element that a layout reaches. */
function span({ shape, stride, offset }: Layout): [number, number] {
  let first = offset
  let last = offset
  for (let axis = 0; axis < shape.length; axis++) {
    const reach = stride[axis]! * (shape[axis]! - 1)
    if (reach < 0) first += reach
    else last += reach
  }
  return [first, last]
}
