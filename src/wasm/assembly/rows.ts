/**
 * What runs along rows of numbers, four at a time: softmax, norms, sums, products and activations of whole rows. A row is contiguous;
 * rows follow one another at any distance. Each has its plain reference in src/rows.
 */
import { gelu, geluTanh, quickGelu, relu, silu } from './shared/exponential'
import { storeFirst } from './shared/lanes'
import { countOf, firstOf, RowsJob } from './shared/rows-job'
import { softmaxRow } from './shared/softmax'

/** What kinds of jobs there are; the first word of each. */
const ADD: i32 = 0, MULTIPLY: i32 = 1, ACTIVATE: i32 = 2, NORMALISE: i32 = 3

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
  } else softmax(job.a + rows, count, job.n)
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
  const end = y + (<usize>n << 2)
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, activated(v128.load(x), activation))
  // memory may be read past the end of any block, and lanes do not mix
  if (y < end) storeFirst(y, <i32>((end - y) >> 2), activated(v128.load(x), activation))
}

@inline
function activated(x: v128, activation: i32): v128 {
  if (activation == 1) return gelu(x)
  if (activation == 2) return geluTanh(x)
  if (activation == 3) return relu(x)
  if (activation == 4) return silu(x)
  return quickGelu(x)
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
