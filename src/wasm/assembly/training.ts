/**
 * What only training needs, four numbers at a time: the slopes of activations, softmax, norms and attention, and the step of an optimiser. Rows are
 * contiguous and follow one another. Each has its plain reference in src/rows or src/gemm.
 */
import { attentionSlope, AttentionSlopeJob, softmaxSlopeRow } from './shared/attention-slope'
import { geluSlope, geluTanhSlope, quickGeluSlope, reluSlope, siluSlope } from './shared/exponential'
import { storeFirst } from './shared/lanes'
import { countOf, firstOf, RowsJob } from './shared/rows-job'

/** What kinds of jobs there are; the first word of each. */
const ACTIVATION: i32 = 0, SOFTMAX: i32 = 1, NORM: i32 = 2, ATTENTION: i32 = 3

/** Computes part `index` of a job. */
export function compute(description: usize, thread: i32, index: i32): void {
  if (load<i32>(description) == ATTENTION) return attentionSlope(changetype<AttentionSlopeJob>(description), thread, index)
  const job = changetype<RowsJob>(description)
  const first = firstOf(job, index), count = countOf(job, index)
  const at = <usize>(first * job.n) << 2
  const h = job.a + at, g = job.b + at, x = job.c + at
  if (job.kind == ACTIVATION) activationSlope(h, g, x, count, job.choice)
  else if (job.kind == SOFTMAX) softmaxSlope(h, g, x, count, job.n, job.scale)
  else if (job.kind == NORM) normSlope(h, g, x, count, job.n, job.d, job.eps, job.choice != 0)
}

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
  for (; rows > 0; rows--, h += bytes, g += bytes, y += bytes) softmaxSlopeRow(h, g, y, n, scale)
}

/**
 * One step of AdamW, i < n: means m and mean squares v follow the gradient g at the rates `mean` and `square`, and the values w the means:
 * w −= decay · w + size · m / (√v · root + eps).
 */
export function adamw(
  w: usize, g: usize, m: usize, v: usize, n: i32,
  mean: f32, square: f32, size: f32, root: f32, eps: f32, decay: f32,
): void {
  const means = f32x4.splat(mean), squares = f32x4.splat(square), sizes = f32x4.splat(size)
  const roots = f32x4.splat(root), epsilons = f32x4.splat(eps), decays = f32x4.splat(decay)
  // memory may be read and written past the end of these numbers, as far as the next multiple of four
  for (const end = w + (<usize>n << 2); w < end; w += 16, g += 16, m += 16, v += 16) {
    const gradient = v128.load(g), from = v128.load(m), spread = v128.load(v), value = v128.load(w)
    const first = f32x4.add(from, f32x4.mul(means, f32x4.sub(gradient, from)))
    const second = f32x4.add(spread, f32x4.mul(squares, f32x4.sub(f32x4.mul(gradient, gradient), spread)))
    const step = f32x4.div(f32x4.mul(sizes, first), f32x4.add(f32x4.mul(f32x4.sqrt(second), roots), epsilons))
    v128.store(m, first)
    v128.store(v, second)
    v128.store(w, f32x4.sub(value, f32x4.add(f32x4.mul(decays, value), step)))
  }
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
