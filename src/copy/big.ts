/**
 * Big integers as doubles, and back. Up to 2⁵³ they are the same numbers, and a hundred times as fast; they are read and written as pairs of words, since every
 * element that JavaScript hands out is an object.
 */

import { type BigIntegers, dtypeOf } from '../layout/data.ts'
import { isBigDtype, isSignedDtype } from '../layout/dtype.ts'
import type { Data } from '../layout/tensor.ts'

/** Beyond this a double is not every integer. */
export const mostExact = 2 ** 53

const word = 2 ** 32
const low = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1
const high = 1 - low

export function isBig(data: Data): data is BigIntegers {
  return isBigDtype(dtypeOf(data))
}

/** Reads `count` of them from `start` on as doubles, and gives what no magnitude exceeds, at most twice the largest. */
export function readBig(source: BigIntegers, start: number, count: number, target: Float64Array): number {
  const { buffer, byteOffset } = source
  const words = new Int32Array(buffer, byteOffset + 8 * start, 2 * count)
  // the bits that any magnitude has; of negative ones, less 1
  let uppers = 0
  let lowers = 0
  if (isSignedDtype(dtypeOf(source))) {
    for (let i = 0, at = 0; i < count; i++, at += 2) {
      const upper = words[at + high]!
      const lower = words[at + low]!
      const sign = upper >> 31
      uppers |= upper ^ sign
      lowers |= lower ^ sign
      target[i] = upper * word + (lower >>> 0)
    }
  } else {
    for (let i = 0, at = 0; i < count; i++, at += 2) {
      const upper = words[at + high]!
      const lower = words[at + low]!
      uppers |= upper
      lowers |= lower
      target[i] = (upper >>> 0) * word + (lower >>> 0)
    }
  }
  return (uppers >>> 0) * word + (lowers >>> 0) + 1
}

/** Writes doubles that are integers of at most 2⁵³ from `start` on. */
export function writeBig(values: Float64Array, target: BigIntegers, start: number): void {
  const { buffer, byteOffset } = target
  const words = new Int32Array(buffer, byteOffset + 8 * start, 2 * values.length)
  for (let i = 0, at = 0; i < values.length; i++, at += 2) {
    const value = values[i]!
    words[at + low] = value >>> 0
    words[at + high] = Math.floor(value / word)
  }
}
