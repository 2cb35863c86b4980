/**
 * What only training needs, four numbers at a time: the slopes of activations, softmax and norms along rows. Rows are contiguous and follow one
 * another. Each has its plain reference in src/rows/slope.ts.
 */
import { geluSlope, geluTanhSlope, quickGeluSlope, reluSlope, siluSlope } from './shared/exponential'
import { storeFirst } from './shared/lanes'

/** y[i] = g[i] · activation′(x[i]), i < n: 1 GELU, 2 its tanh form, 3 ReLU, 4 SiLU, 5 quick GELU. */
export function activationSlope(y: usize, g: usize, x: usize, n: i32, activation: i32): void {
  const end = y + (<usize>n << 2)
  for (; y + 16 <= end; x += 16, g += 16, y += 16) {
    v128.store(y, f32x4.mul(v128.load(g), slope(v128.load(x), activation)))
  }
  // memory may be read past the end of any block, and lanes do not mix
  if (y < end) storeFirst(y, <i32>((end - y) >> 2), f32x4.mul(v128.load(g), slope(v128.load(x), activation)))
}

@inline
function slope(x: v128, activation: i32): v128 {
  if (activation == 1) return geluSlope(x)
  if (activation == 2) return geluTanhSlope(x)
  if (activation == 3) return reluSlope(x)
  if (activation == 4) return siluSlope(x)
  return quickGeluSlope(x)
}

/** h = scale · y ∘ (g − Σ g y) for each row, where y is a softmax: h, g, y: [rows, n]; h may be g. */
export function softmaxSlope(h: usize, g: usize, y: usize, rows: i32, n: i32, scale: f32): void {
  const bytes = <usize>n << 2
  const whole = <usize>(n & ~3) << 2
  const scales = f32x4.splat(scale)
  for (; rows > 0; rows--, h += bytes, g += bytes, y += bytes) {
    let sums = f32x4.splat(0)
    for (let p: usize = 0; p < whole; p += 16) sums = f32x4.add(sums, f32x4.mul(v128.load(g + p), v128.load(y + p)))
    let sum = total(sums)
    for (let p = whole; p < bytes; p += 4) sum += load<f32>(g + p) * load<f32>(y + p)
    const level = f32x4.splat(sum)
    for (let p: usize = 0; p < whole; p += 16) {
      v128.store(h + p, f32x4.mul(f32x4.mul(scales, v128.load(y + p)), f32x4.sub(v128.load(g + p), level)))
    }
    for (let p = whole; p < bytes; p += 4) store<f32>(h + p, scale * load<f32>(y + p) * (load<f32>(g + p) - sum))
  }
}

@inline
function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  )
}

/**
 * Of a norm: h = (f − mean(f) − x̂ mean(f x̂)) / σ, f = g · weight; the first mean only where it is centred. h, g, x: [rows, n];
 * weight: [n], or 0.
 */
export function normSlope(
  h: usize, g: usize, x: usize, rows: i32, n: i32, weight: usize, eps: f64, centred: bool,
): void {
  const bytes = <usize>n << 2
  for (; rows > 0; rows--, h += bytes, g += bytes, x += bytes) {
    normSlopeRow(h, g, x, n, weight, eps, centred)
  }
}

function normSlopeRow(
  h: usize, g: usize, x: usize, n: i32, weight: usize, eps: f64, centred: bool,
): void {
  const bytes = <usize>n << 2
  const pairs = <usize>(n & ~1) << 2
  const mean = centred ? meanOf(x, n) : 0
  const means = f64x2.splat(mean)
  let a = f64x2.splat(0)
  for (let p: usize = 0; p < pairs; p += 8) {
    const difference = f64x2.sub(pair(x + p), means)
    a = f64x2.add(a, f64x2.mul(difference, difference))
  }
  let squares = both(a)
  if (pairs < bytes) squares += (<f64>load<f32>(x + pairs) - mean) * (<f64>load<f32>(x + pairs) - mean)
  const scale = 1 / sqrt<f64>(squares / <f64>n + eps)
  const scales = f64x2.splat(scale)

  // Σ f and Σ f (x − mean)
  let sums = f64x2.splat(0), alongs = sums
  for (let p: usize = 0; p < pairs; p += 8) {
    const change = pair(g + p)
    const difference = f64x2.sub(pair(x + p), means)
    const f = weight ? f64x2.mul(change, pair(weight + p)) : change
    sums = f64x2.add(sums, f)
    alongs = f64x2.add(alongs, f64x2.mul(f, difference))
  }
  let sum = both(sums), along = both(alongs)
  if (pairs < bytes) {
    const change = <f64>load<f32>(g + pairs)
    const difference = <f64>load<f32>(x + pairs) - mean
    const f = weight ? change * <f64>load<f32>(weight + pairs) : change
    sum += f
    along += f * difference
  }

  const level = centred ? sum / <f64>n : 0
  const tilt = (along * scale * scale) / <f64>n
  const levels = f64x2.splat(level), tilts = f64x2.splat(tilt)
  for (let p: usize = 0; p < pairs; p += 8) {
    const change = pair(g + p)
    const f = weight ? f64x2.mul(change, pair(weight + p)) : change
    const flat = f64x2.sub(f64x2.sub(f, levels), f64x2.mul(f64x2.sub(pair(x + p), means), tilts))
    v128.store64_lane(h + p, f32x4.demote_f64x2_zero(f64x2.mul(flat, scales)), 0)
  }
  if (pairs < bytes) {
    const f = <f64>load<f32>(g + pairs) * (weight ? <f64>load<f32>(weight + pairs) : 1)
    store<f32>(h + pairs, <f32>((f - level - (<f64>load<f32>(x + pairs) - mean) * tilt) * scale))
  }
}

/** The mean, in four sums of doubles. */
function meanOf(x: usize, n: i32): f64 {
  let a = f64x2.splat(0), b = a
  let left = n
  for (; left >= 4; left -= 4, x += 16) {
    a = f64x2.add(a, pair(x)); b = f64x2.add(b, pair(x + 8))
  }
  let sum = both(f64x2.add(a, b))
  for (; left > 0; left--, x += 4) sum += <f64>load<f32>(x)
  return sum / <f64>n
}

@inline
function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at))
}

@inline
function both(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
}
