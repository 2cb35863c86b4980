/** Softmax of rows: exp(x − max) / Σ exp(x − max), four numbers at a time. A row of −Infinity only gives NaN, as in PyTorch. */
import { exp } from './shared/exponential'

/** x: [rows, n], contiguous, in place. */
export function softmax(x: usize, rows: i32, n: i32): void {
  if (n == 0) return
  for (; rows > 0; rows--, x += <usize>n << 2) softmaxRow(x, n)
}

function softmaxRow(x: usize, n: i32): void {
  const whole = x + (<usize>(n & ~3) << 2)
  const left = n & 3
  let m = v128.load32_splat(x)
  for (let p = x; p < whole; p += 16) m = f32x4.max(m, v128.load(p))
  if (left > 0) m = f32x4.max(m, tail(whole, left, f32x4.extract_lane(m, 0)))
  m = f32x4.max(m, v128.shuffle<f32>(m, m, 2, 3, 0, 1))
  m = f32x4.max(m, v128.shuffle<f32>(m, m, 1, 0, 3, 2))
  let sum = f32x4.splat(0)
  for (let p = x; p < whole; p += 16) {
    const e = exp(f32x4.sub(v128.load(p), m))
    v128.store(p, e)
    sum = f32x4.add(sum, e)
  }
  if (left > 0) {
    // exp(−Infinity) is 0, so the lanes beyond the row add nothing
    const e = exp(f32x4.sub(tail(whole, left, -Infinity), m))
    storeTail(whole, left, e)
    sum = f32x4.add(sum, e)
  }
  sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1))
  sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 1, 0, 3, 2))
  const factor = f32x4.div(f32x4.splat(1), sum)
  for (let p = x; p < whole; p += 16) v128.store(p, f32x4.mul(v128.load(p), factor))
  if (left > 0) storeTail(whole, left, f32x4.mul(v128.load(whole), factor))
}

/** The last 1 to 3 numbers of a row, the other lanes filled. */
@inline
function tail(p: usize, count: i32, fill: f32): v128 {
  let lanes = f32x4.splat(fill)
  lanes = f32x4.replace_lane(lanes, 0, load<f32>(p))
  if (count > 1) lanes = f32x4.replace_lane(lanes, 1, load<f32>(p, 4))
  if (count > 2) lanes = f32x4.replace_lane(lanes, 2, load<f32>(p, 8))
  return lanes
}

@inline
function storeTail(p: usize, count: i32, lanes: v128): void {
  v128.store_lane<f32>(p, lanes, 0)
  if (count > 1) v128.store_lane<f32>(p, lanes, 1, 4)
  if (count > 2) v128.store_lane<f32>(p, lanes, 2, 8)
}
