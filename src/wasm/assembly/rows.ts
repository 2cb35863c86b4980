/**
 * What runs along rows of numbers, four at a time: softmax, norms, sums, products and activations of whole rows. A row is contiguous;
 * rows follow one another at any distance. Each has its plain reference in src/rows.
 */
import { gelu, geluTanh, quickGelu, relu, silu } from './shared/exponential'
import { storeFirst } from './shared/lanes'
import { softmaxRow } from './shared/softmax'

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
  y: usize, x: usize, step: usize, rows: i32, n: i32, weight: usize, bias: usize, eps: f32, centred: bool,
): void {
  for (; rows > 0; rows--, x += step, y += <usize>n << 2) normaliseRow(y, x, n, weight, bias, eps, centred)
}

function normaliseRow(y: usize, x: usize, n: i32, weight: usize, bias: usize, eps: f32, centred: bool): void {
  const end = x + (<usize>n << 2)
  const whole = x + (<usize>(n & ~3) << 2)
  let mean: f32 = 0
  if (centred) {
    let sums = f32x4.splat(0)
    let p = x
    for (; p < whole; p += 16) sums = f32x4.add(sums, v128.load(p))
    let sum = sumOf(sums)
    for (; p < end; p += 4) sum += load<f32>(p)
    mean = sum / <f32>n
  }
  // of the differences, since E[x²] − E[x]² cancels; their own mean is what rounding took from the first one (Chan, Golub & LeVeque 1983)
  const means = f32x4.splat(mean)
  let squares = f32x4.splat(0)
  let rests = f32x4.splat(0)
  let p = x
  for (; p < whole; p += 16) {
    const difference = f32x4.sub(v128.load(p), means)
    rests = f32x4.add(rests, difference)
    squares = f32x4.add(squares, f32x4.mul(difference, difference))
  }
  let square = sumOf(squares)
  let rest = sumOf(rests)
  for (; p < end; p += 4) {
    const difference = load<f32>(p) - mean
    rest += difference
    square += difference * difference
  }
  rest = centred ? rest / <f32>n : 0
  // of numbers that are all alike, rounding may leave the variance below 0
  const factor: f32 = 1 / sqrt<f32>(max<f32>(square / <f32>n - rest * rest, 0) + eps)
  const factors = f32x4.splat(factor)
  const restOfMeans = f32x4.splat(rest)
  for (p = x; p < whole; p += 16, y += 16) {
    let value = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(p), means), restOfMeans), factors)
    if (weight) { value = f32x4.mul(value, v128.load(weight)); weight += 16 }
    if (bias) { value = f32x4.add(value, v128.load(bias)); bias += 16 }
    v128.store(y, value)
  }
  for (; p < end; p += 4, y += 4) {
    let value = (load<f32>(p) - mean - rest) * factor
    if (weight) { value *= load<f32>(weight); weight += 4 }
    if (bias) { value += load<f32>(bias); bias += 4 }
    store<f32>(y, value)
  }
}

@inline
function sumOf(lanes: v128): f32 {
  lanes = f32x4.add(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1))
  return f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1)
}

/** exp(x − max) / Σ exp(x − max) of each row; one of −Infinity only gives NaN, as in PyTorch. x: [rows, n], contiguous, in place. */
export function softmax(x: usize, rows: i32, n: i32): void {
  if (n == 0) return
  for (; rows > 0; rows--, x += <usize>n << 2) softmaxRow(x, n)
}
