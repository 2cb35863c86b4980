/** Softmax of one row, in place. */
import { expBelow } from './exponential'
import { storeFirst, tail } from './lanes'

/** exp(x − max) / Σ exp(x − max); of −Infinity only it is NaN, as in PyTorch. x: [n], n > 0 */
export function softmaxRow(x: usize, n: i32): void {
  const whole = x + (<usize>(n & ~3) << 2)
  const left = n & 3
  const m = largest(x, whole, left)
  let sum = f32x4.splat(0)
  let p = x
  // two at a time: neither waits for the other's long chain of operations
  for (; p + 32 <= whole; p += 32) {
    const e = expBelow(f32x4.sub(v128.load(p), m))
    const f = expBelow(f32x4.sub(v128.load(p, 16), m))
    v128.store(p, e)
    v128.store(p, f, 16)
    sum = f32x4.add(sum, f32x4.add(e, f))
  }
  if (p < whole) {
    const e = expBelow(f32x4.sub(v128.load(p), m))
    v128.store(p, e)
    sum = f32x4.add(sum, e)
  }
  if (left > 0) {
    // exp(−Infinity) is 0, so the lanes beyond the row add nothing
    const e = expBelow(f32x4.sub(tail(whole, left, -Infinity), m))
    storeFirst(whole, left, e)
    sum = f32x4.add(sum, e)
  }
  sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1))
  sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 1, 0, 3, 2))
  const factor = f32x4.div(f32x4.splat(1), sum)
  for (let p = x; p < whole; p += 16) v128.store(p, f32x4.mul(v128.load(p), factor))
  if (left > 0) storeFirst(whole, left, f32x4.mul(v128.load(whole), factor))
}

/**
 * The largest of a row, in all lanes. pmax is one instruction, where max takes eight of which each waits for the one before; it passes a NaN over, which
 * makes its own exp NaN, and so the sum.
 */
@inline
function largest(x: usize, whole: usize, left: i32): v128 {
  let m = v128.load32_splat(x), m1 = m, m2 = m, m3 = m
  for (; x + 64 <= whole; x += 64) {
    m = f32x4.pmax(m, v128.load(x)); m1 = f32x4.pmax(m1, v128.load(x, 16))
    m2 = f32x4.pmax(m2, v128.load(x, 32)); m3 = f32x4.pmax(m3, v128.load(x, 48))
  }
  for (; x < whole; x += 16) m = f32x4.pmax(m, v128.load(x))
  if (left > 0) m1 = f32x4.pmax(m1, tail(whole, left, -Infinity))
  m = f32x4.pmax(f32x4.pmax(m, m1), f32x4.pmax(m2, m3))
  m = f32x4.pmax(m, v128.shuffle<f32>(m, m, 2, 3, 0, 1))
  return f32x4.pmax(m, v128.shuffle<f32>(m, m, 1, 0, 3, 2))
}
