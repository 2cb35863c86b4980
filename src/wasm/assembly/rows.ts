/**
 * What runs along rows of numbers, four at a time: softmax, norms, sums, products and activations of whole rows. A row is contiguous;
 * rows follow one another at any distance. Each has its plain reference in src/rows.
 */
import { storeFirst } from './shared/lanes'
import { activate as activateNumbers, softmaxRow } from './shared/products'
import { countOf, firstOf, RowsJob } from './shared/rows-job'

/** What kinds of jobs there are; the first word of each. */
const ADD: i32 = 0, MULTIPLY: i32 = 1, ACTIVATE: i32 = 2, NORMALISE: i32 = 3, SOFTMAX: i32 = 4, DROP: i32 = 6

/** Computes part `index` of a job. */
export function compute(description: usize, thread: i32, index: i32): void {
  const job = changetype<RowsJob>(description)
  const first = firstOf(job, index), count = countOf(job, index)
  const numbers = <usize>first << 2, rows = <usize>(first * job.n) << 2
  if (job.kind == ADD) add(job.a + numbers, job.b + numbers, job.c + numbers, count)
  else if (job.kind == MULTIPLY) multiply(job.a + numbers, job.b + numbers, job.c + numbers, count)
  else if (job.kind == ACTIVATE) activate(job.a + numbers, job.b + numbers, count, job.choice)
  else if (job.kind == NORMALISE) {
    normalise(job.a + rows, job.b + <usize>(first * job.step), job.step, count, job.n, job.c, job.d, job.eps, job.choice != 0)
  } else if (job.kind == SOFTMAX) softmax(job.a + rows, count, job.n)
  else if (job.kind == DROP) drop(job.a + numbers, job.b + numbers, count, job.choice + first, <i32>job.c, job.step, job.scale)
  else sumRows(job.a + numbers, job.b + numbers, job.step, job.choice, count, job.eps)
}

/** c[i] = a[i] + b[i], i < n. */
export function add(c: usize, a: usize, b: usize, n: i32): void {
  const end = c + (<usize>n << 2)
  for (; c + 16 <= end; a += 16, b += 16, c += 16) v128.store(c, f32x4.add(v128.load(a), v128.load(b)))
  for (; c < end; a += 4, b += 4, c += 4) store<f32>(c, load<f32>(a) + load<f32>(b))
}

/** c[i] = a[i] · b[i], i < n. */
export function multiply(c: usize, a: usize, b: usize, n: i32): void {
  const end = c + (<usize>n << 2)
  for (; c + 16 <= end; a += 16, b += 16, c += 16) v128.store(c, f32x4.mul(v128.load(a), v128.load(b)))
  for (; c < end; a += 4, b += 4, c += 4) store<f32>(c, load<f32>(a) * load<f32>(b))
}

/** y[i] = activation(x[i]), i < n: 1 GELU, 2 its tanh form, 3 ReLU, 4 SiLU, 5 quick GELU. */
export function activate(y: usize, x: usize, n: i32, activation: i32): void {
  activateNumbers(y, x, x + (<usize>n << 2), activation)
}

/** y[i] = factor · x[i], or 0 where the random bits of place i are less than `below`, i < n: src/rows/drop.ts. The first place is `seed`'s. */
export function drop(y: usize, x: usize, n: i32, seed: i32, key: i32, below: i32, factor: f32): void {
  const end = y + (<usize>n << 2)
  const keys = i32x4.splat(key), limits = i32x4.splat(below), factors = f32x4.splat(factor)
  let places = i32x4.add(i32x4.splat(seed), i32x4(0, 1, 2, 3))
  for (; y + 16 <= end; x += 16, y += 16) {
    v128.store(y, kept(v128.load(x), places, keys, limits, factors))
    places = i32x4.add(places, i32x4.splat(4))
  }
  // memory may be read past the end of any block, and lanes do not mix
  if (y < end) storeFirst(y, <i32>((end - y) >> 2), kept(v128.load(x), places, keys, limits, factors))
}

@inline
function kept(x: v128, places: v128, keys: v128, limits: v128, factors: v128): v128 {
  const half = i32x4.add(i32x4.mul(v128.xor(places, i32x4.shr_u(places, 16)), i32x4.splat(0x7feb352d)), keys)
  const whole = i32x4.mul(v128.xor(half, i32x4.shr_u(half, 15)), i32x4.splat(0x846ca68b))
  const bits = v128.xor(whole, i32x4.shr_u(whole, 16))
  return v128.and(f32x4.mul(x, factors), i32x4.ge_s(bits, limits))
}

/**
 * y = (x − mean) / √(variance + eps) · weight + bias for each row, or, without `centred`, x / √(mean(x²) + eps) · weight + bias.
 * x: [rows, n], `step` bytes from one row to the next. y: [rows, n], contiguous. weight, bias: [n], or 0.
 */
export function normalise(
  y: usize, x: usize, step: usize, rows: i32, n: i32, weight: usize, bias: usize, eps: f64, centred: bool,
): void {
  for (; rows > 0; rows--, x += step, y += <usize>n << 2) normaliseRow(y, x, n, weight, bias, eps, centred)
}

function normaliseRow(y: usize, x: usize, n: i32, weight: usize, bias: usize, eps: f64, centred: bool): void {
  const end = x + (<usize>n << 2)
  const whole = x + (<usize>(n & ~3) << 2)
  // in doubles: rows may be long, far from 0, or of numbers whose squares are beyond floats
  const mean = centred ? sumOf(x, n) / <f64>n : 0
  // of the differences, since E[x²] − E[x]² cancels (Chan, Golub & LeVeque 1983)
  const squares = centred ? squaresOf(x, n, mean, true) : squaresOf(x, n, 0, false)
  const factor = <f32>(1 / sqrt<f64>(squares / <f64>n + eps))
  // the mean in two floats, of which the first leaves a difference that is exact or small
  const high = <f32>mean
  const low = <f32>(mean - <f64>high)
  const highs = f32x4.splat(high), lows = f32x4.splat(low), factors = f32x4.splat(factor)
  for (; x < whole; x += 16, y += 16) {
    let value = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x), highs), lows), factors)
    if (weight) { value = f32x4.mul(value, v128.load(weight)); weight += 16 }
    if (bias) { value = f32x4.add(value, v128.load(bias)); bias += 16 }
    v128.store(y, value)
  }
  for (; x < end; x += 4, y += 4) {
    let value = (load<f32>(x) - high - low) * factor
    if (weight) { value *= load<f32>(weight); weight += 4 }
    if (bias) { value += load<f32>(bias); bias += 4 }
    store<f32>(y, value)
  }
}

/** Σ x, in eight sums of doubles, none of which waits for another. */
function sumOf(x: usize, n: i32): f64 {
  let a = f64x2.splat(0), b = a, c = a, d = a
  for (; n >= 8; n -= 8, x += 32) {
    a = f64x2.add(a, pair(x)); b = f64x2.add(b, pair(x, 8))
    c = f64x2.add(c, pair(x, 16)); d = f64x2.add(d, pair(x, 24))
  }
  if (n >= 4) {
    a = f64x2.add(a, pair(x)); b = f64x2.add(b, pair(x, 8))
    n -= 4
    x += 16
  }
  let sum = total(a, b, c, d)
  for (; n > 0; n--, x += 4) sum += <f64>load<f32>(x)
  return sum
}

/** Σ (x − mean)², likewise, or Σ x². */
@inline
function squaresOf(x: usize, n: i32, mean: f64, centred: bool): f64 {
  const means = f64x2.splat(mean)
  let a = f64x2.splat(0), b = a, c = a, d = a
  for (; n >= 8; n -= 8, x += 32) {
    a = addSquare(a, pair(x), means, centred); b = addSquare(b, pair(x, 8), means, centred)
    c = addSquare(c, pair(x, 16), means, centred); d = addSquare(d, pair(x, 24), means, centred)
  }
  if (n >= 4) {
    a = addSquare(a, pair(x), means, centred); b = addSquare(b, pair(x, 8), means, centred)
    n -= 4
    x += 16
  }
  let sum = total(a, b, c, d)
  for (; n > 0; n--, x += 4) {
    const difference = <f64>load<f32>(x) - mean
    sum += difference * difference
  }
  return sum
}

@inline
function addSquare(sum: v128, x: v128, means: v128, centred: bool): v128 {
  const difference = centred ? f64x2.sub(x, means) : x
  return f64x2.add(sum, f64x2.mul(difference, difference))
}

/** Two floats as doubles: on x64 one instruction that reads them from memory. */
@inline
function pair(at: usize, offset: usize = 0): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at + offset))
}

@inline
function total(a: v128, b: v128, c: v128, d: v128): f64 {
  const sums = f64x2.add(f64x2.add(a, b), f64x2.add(c, d))
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
}

/** exp(x − max) / Σ exp(x − max) of each row; one of −Infinity only gives NaN, as in PyTorch. x: [rows, n], contiguous, in place. */
export function softmax(x: usize, rows: i32, n: i32): void {
  if (n == 0) return
  for (; rows > 0; rows--, x += <usize>n << 2) softmaxRow(x, n)
}

/** y[j] = Σ x[i, j] / divisor, i < rows, j < n, in doubles, each rounded once. x: [rows, n], `step` bytes from one row to the next. */
export function sumRows(y: usize, x: usize, step: i32, rows: i32, n: i32, divisor: f64): void {
  const divisors = f64x2.splat(divisor)
  // a cache line of every row at a time
  for (; n >= 16; n -= 16, x += 64, y += 64) {
    // a sum of −0 stays one
    let a = f64x2.splat(-0.0), b = a, c = a, d = a, e = a, f = a, g = a, h = a
    for (let i = 0, from = x; i < rows; i++, from += step) {
      a = f64x2.add(a, pair(from)); b = f64x2.add(b, pair(from, 8))
      c = f64x2.add(c, pair(from, 16)); d = f64x2.add(d, pair(from, 24))
      e = f64x2.add(e, pair(from, 32)); f = f64x2.add(f, pair(from, 40))
      g = f64x2.add(g, pair(from, 48)); h = f64x2.add(h, pair(from, 56))
    }
    v128.store(y, quotients(a, b, divisors)); v128.store(y, quotients(c, d, divisors), 16)
    v128.store(y, quotients(e, f, divisors), 32); v128.store(y, quotients(g, h, divisors), 48)
  }
  for (; n > 0; n--, x += 4, y += 4) {
    let sum: f64 = -0.0
    for (let i = 0, from = x; i < rows; i++, from += step) sum += <f64>load<f32>(from)
    store<f32>(y, <f32>(sum / divisor))
  }
}

@inline
function quotients(a: v128, b: v128, divisors: v128): v128 {
  return v128.shuffle<u64>(
    f32x4.demote_f64x2_zero(f64x2.div(a, divisors)), f32x4.demote_f64x2_zero(f64x2.div(b, divisors)), 0, 2,
  )
}
