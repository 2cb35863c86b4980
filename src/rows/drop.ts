/**
 * Which numbers are dropped: each has 32 random bits of its own, a hash of a seed and of where it stands. So nothing is kept of what was drawn, any part can be
 * drawn by anyone, and drawn again. The hash is Wellons' lowbias32 (nullprogram.com/blog/2018/07/31), keyed a second time halfway, so that the numbers
 * of two seeds are not the same ones some places apart.
 */
import type { Floats } from '../layout/data.ts'
import { sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/resident.ts'
import { newLike, valuesOf } from './walk.ts'

export interface DropForm {
  /** The share that is dropped. */
  readonly p: number
  /** Any 32 bits. */
  readonly seed: number
}

const lowbias32 = (x: number, key: number): number => {
  const half = (Math.imul(x ^ (x >>> 16), 0x7feb352d) + key) | 0
  const whole = Math.imul(half ^ (half >>> 15), 0x846ca68b)
  return whole ^ (whole >>> 16)
}

/** The second key of a seed. */
export const secondKey = (seed: number): number => lowbias32(seed, 0)

/** Random bits, as a whole number from −2³¹ on, below which a number is dropped. */
export const dropsBelow = (p: number): number => Math.min(2 ** 31 - 1, Math.round(p * 2 ** 32) - 2 ** 31)

/** What the others are multiplied by, so that the expectation stays. */
export const keptFactor = (p: number): number => (p < 1 ? 1 / (1 - p) : 0)

/** 0, or the number times 1 / (1 − p). */
export function dropped<D extends Floats>(x: Tensor<D>, { p, seed }: DropForm): Tensor<D> {
  const [key, below, factor] = [secondKey(seed), dropsBelow(p), keptFactor(p)]
  const result = newLike(x, x.shape)
  const isSingle = result.data instanceof Float32Array
  const scale = isSingle ? Math.fround(factor) : factor
  const values = valuesOf(x)
  const target = current(result.data)
  for (let i = 0; i < sizeOf(x.shape); i++)
    target[result.offset + i] = lowbias32((seed + i) | 0, key) < below ? 0 : values[i]! * scale
  return result
}
