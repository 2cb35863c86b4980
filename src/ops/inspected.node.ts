/**
 * What results carry for Node's `util.inspect`, and so for `console.log`: their values in their own order, since the buffer of a view says nothing
 * of it. Reached as `#inspected`, which package.json resolves by platform.
 */
import type { NdArray } from '../layout/tensor.ts'
import { headOf, textOf } from './show.ts'

const symbol = Symbol.for('nodejs.util.inspect.custom')
const descriptor = {
  value(this: NdArray, depth: number): string {
    return depth < 0 ? headOf(this) : textOf(this)
  },
  // neither compared nor copied
  enumerable: false,
  configurable: true,
  writable: true,
}

/** The array itself, which prints itself from now on. (A class of our own would be quicker, but `assert.deepStrictEqual` would tell it from ndarray's.) */
export function inspected<X extends object>(array: X): X {
  return Object.defineProperty(array, symbol, descriptor)
}
