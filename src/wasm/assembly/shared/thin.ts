/**
 * Products too thin to pack, straight from where their operands stand: each element of the output is a sum of doubles, rounded once. The output is walked by any
 * loops; along the last of them four or eight elements are summed at once, or, where sums are long and both operands hold their terms side by side, each element
 * by eight sums. src/gemm/direct.ts gives the same bits.
 */
import { storeFirst } from './lanes'

/** How the elements of the last loop are summed: the same in order, but for the dots. */
const WIDE: i32 = 0, LEFT_REPEATS: i32 = 1, GATHERED: i32 = 2

/** Laid out as src/wasm/thin.ts writes it; all steps in bytes. */
@unmanaged
export class ThinJob {
  kind: i32
  form: i32
  /** Loops over the output, at least one: [length, a, b, target, bias, residual] each. */
  rank: i32
  loops: usize
  a: usize
  b: usize
  target: usize
  /** 0 where there is none; so is the residual. */
  bias: usize
  residual: usize
  /** Terms that are summed in one loop, how far they stand apart in a and b, and where each of `outer` such loops begins: i32[]. */
  depth: i32
  stepA: i32
  stepB: i32
  outer: i32
  outerA: usize
  outerB: usize
  /** f64[LONGEST], for rows of sums that are taken together. */
  sums: usize
  scale: f64
}

/** Sums that are taken together, where each has at least so many terms; src/wasm/thin.ts makes room for them. */
const LONGEST: i32 = 1024, MANY_TERMS: i32 = 8

const LOOP_BYTES: usize = 24

/** Computes a thin product. */
export function multiplyThin(job: ThinJob): void {
  walk(job, 1, job.loops, job.a, job.b, job.target, job.bias, job.residual)
}

function walk(job: ThinJob, level: i32, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize): void {
  if (level == job.rank) return sumRow(job, loop, a, b, target, bias, residual)
  const stepA = load<i32>(loop, 4), stepB = load<i32>(loop, 8), step = load<i32>(loop, 12)
  const stepBias = load<i32>(loop, 16), stepResidual = load<i32>(loop, 20)
  for (let n = load<i32>(loop); n > 0; n--) {
    walk(job, level + 1, loop + LOOP_BYTES, a, b, target, bias, residual)
    a += stepA; b += stepB; target += step; bias += stepBias; residual += stepResidual
  }
}

function sumRow(job: ThinJob, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize): void {
  const form = job.form
  if (form == GATHERED) gathered(job, loop, a, b, target, bias, residual)
  else if (form == WIDE) wide(job, loop, a, b, target, bias, residual)
  else if (form == LEFT_REPEATS) leftRepeats(job, loop, a, b, target, bias, residual)
  else dots(job, loop, a, b, target, bias, residual)
}

function wide(job: ThinJob, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize): void {
  lanes(job, loop, a, b, target, bias, residual, true)
}

function leftRepeats(job: ThinJob, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize): void {
  lanes(job, loop, a, b, target, bias, residual, false)
}

/** Elements along which B stands side by side, and A too or it repeats: eight at a time, then four, the last of them with some left out. */
@inline
function lanes(job: ThinJob, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize, wideA: bool): void {
  let n = load<i32>(loop)
  const step = load<i32>(loop, 12), stepBias = load<i32>(loop, 16), stepResidual = load<i32>(loop, 20)
  const depth = job.depth, stepA = job.stepA, stepB = job.stepB, outer = job.outer
  const plain = isPlain(job) && step == 4
  if (plain && depth == 1 && outer == 1) return multiplyElements(n, a, b, target, wideA)
  if (depth >= MANY_TERMS && n >= 16) return sumTogether(job, loop, a, b, target, bias, residual, wideA)
  for (; n > 0; n -= 8) {
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (let o = 0; o < outer; o++) {
      let p = a + outerOf(job.outerA, o), q = b + outerOf(job.outerB, o)
      // memory may be read past the end of any block, and lanes do not mix
      if (n > 4) {
        for (let k = depth; k > 0; k--, p += stepA, q += stepB) {
          s0 = add(s0, left(p, 0, wideA), pair(q)); s1 = add(s1, left(p, 8, wideA), pair(q, 8))
          s2 = add(s2, left(p, 16, wideA), pair(q, 16)); s3 = add(s3, left(p, 24, wideA), pair(q, 24))
        }
      } else {
        for (let k = depth; k > 0; k--, p += stepA, q += stepB) {
          s0 = add(s0, left(p, 0, wideA), pair(q)); s1 = add(s1, left(p, 8, wideA), pair(q, 8))
        }
      }
    }
    storeFour(job, plain, n, s0, s1, target, step, bias, stepBias, residual, stepResidual)
    if (n > 4) {
      storeFour(
        job, plain, n - 4, s2, s3, target + 4 * step, step, bias + 4 * stepBias, stepBias, residual + 4 * stepResidual, stepResidual,
      )
    }
    if (wideA) a += 32
    b += 32
    target += 8 * step; bias += 8 * stepBias; residual += 8 * stepResidual
  }
}

/** Two numbers of A, or one twice. */
@inline
function left(at: usize, offset: usize, wide: bool): v128 {
  return wide ? pair(at + offset) : f64x2.splat(number(at))
}

/** Rows of sums of many terms, four terms of all of them at a time: B is read as it stands in memory. */
@inline
function sumTogether(
  job: ThinJob, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize, wideA: bool,
): void {
  const step = load<i32>(loop, 12), stepBias = load<i32>(loop, 16), stepResidual = load<i32>(loop, 20)
  const depth = job.depth, stepA = job.stepA, stepB = job.stepB, outer = job.outer, sums = job.sums
  const plain = isPlain(job) && step == 4
  for (let n = load<i32>(loop); n > 0; n -= LONGEST) {
    const some = min(n, LONGEST)
    const end = sums + (<usize>((some + 3) & ~3) << 3)
    memory.fill(sums, 0, end - sums)
    for (let o = 0; o < outer; o++) {
      let p = a + outerOf(job.outerA, o), q = b + outerOf(job.outerB, o), k = depth
      for (; k >= 4; k -= 4, p += 4 * stepA, q += 4 * stepB) {
        const p1 = p + stepA, p2 = p1 + stepA, p3 = p2 + stepA, q1 = q + stepB, q2 = q1 + stepB, q3 = q2 + stepB
        for (let s = sums, i: usize = 0; s < end; s += 32, i += 16) {
          let low = v128.load(s), high = v128.load(s, 16)
          low = add(low, left(p, i, wideA), pair(q + i)); high = add(high, left(p, i + 8, wideA), pair(q + i, 8))
          low = add(low, left(p1, i, wideA), pair(q1 + i)); high = add(high, left(p1, i + 8, wideA), pair(q1 + i, 8))
          low = add(low, left(p2, i, wideA), pair(q2 + i)); high = add(high, left(p2, i + 8, wideA), pair(q2 + i, 8))
          low = add(low, left(p3, i, wideA), pair(q3 + i)); high = add(high, left(p3, i + 8, wideA), pair(q3 + i, 8))
          v128.store(s, low)
          v128.store(s, high, 16)
        }
      }
      for (; k > 0; k--, p += stepA, q += stepB) {
        for (let s = sums, i: usize = 0; s < end; s += 32, i += 16) {
          v128.store(s, add(v128.load(s), left(p, i, wideA), pair(q + i)))
          v128.store(s, add(v128.load(s, 16), left(p, i + 8, wideA), pair(q + i, 8)), 16)
        }
      }
    }
    for (let s = sums, left = some; left > 0; s += 32, left -= 4) {
      storeFour(job, plain, left, v128.load(s), v128.load(s, 16), target, step, bias, stepBias, residual, stepResidual)
      target += 4 * step; bias += 4 * stepBias; residual += 4 * stepResidual
    }
    if (wideA) a += 4 * LONGEST
    b += 4 * LONGEST
  }
}

/** target[i] = a[i]·b[i], where nothing is summed: a product of floats, rounded once; 0 is added, as to a sum, so that none is −0. */
@inline
function multiplyElements(n: i32, a: usize, b: usize, target: usize, wideA: bool): void {
  const zero = f32x4.splat(0), x = v128.load32_splat(a)
  for (; n >= 16; n -= 16) {
    v128.store(target, f32x4.add(f32x4.mul(wideA ? v128.load(a) : x, v128.load(b)), zero))
    v128.store(target, f32x4.add(f32x4.mul(wideA ? v128.load(a, 16) : x, v128.load(b, 16)), zero), 16)
    v128.store(target, f32x4.add(f32x4.mul(wideA ? v128.load(a, 32) : x, v128.load(b, 32)), zero), 32)
    v128.store(target, f32x4.add(f32x4.mul(wideA ? v128.load(a, 48) : x, v128.load(b, 48)), zero), 48)
    if (wideA) a += 64
    b += 64
    target += 64
  }
  for (; n > 0; n -= 4) {
    const four = f32x4.add(f32x4.mul(wideA ? v128.load(a) : x, v128.load(b)), zero)
    if (n >= 4) v128.store(target, four)
    else storeFirst(target, n, four)
    if (wideA) a += 16
    b += 16
    target += 16
  }
}

/** Elements that stand anyhow: four at a time, then one. */
function gathered(job: ThinJob, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize): void {
  let n = load<i32>(loop)
  const nextA = load<i32>(loop, 4), nextB = load<i32>(loop, 8), step = load<i32>(loop, 12)
  const stepBias = load<i32>(loop, 16), stepResidual = load<i32>(loop, 20)
  const depth = job.depth, stepA = job.stepA, stepB = job.stepB, outer = job.outer
  const plain = isPlain(job)
  for (; n >= 4; n -= 4) {
    let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0
    for (let o = 0; o < outer; o++) {
      let p = a + outerOf(job.outerA, o), q = b + outerOf(job.outerB, o)
      for (let k = depth; k > 0; k--, p += stepA, q += stepB) {
        s0 += number(p) * number(q)
        s1 += number(p + nextA) * number(q + nextB)
        s2 += number(p + 2 * nextA) * number(q + 2 * nextB)
        s3 += number(p + 3 * nextA) * number(q + 3 * nextB)
      }
    }
    if (plain) {
      store<f32>(target, <f32>s0); store<f32>(target + step, <f32>s1)
      store<f32>(target + 2 * step, <f32>s2); store<f32>(target + 3 * step, <f32>s3)
    } else {
      finish(job, s0, target, bias, residual)
      finish(job, s1, target + step, bias + stepBias, residual + stepResidual)
      finish(job, s2, target + 2 * step, bias + 2 * stepBias, residual + 2 * stepResidual)
      finish(job, s3, target + 3 * step, bias + 3 * stepBias, residual + 3 * stepResidual)
    }
    a += 4 * nextA; b += 4 * nextB
    target += 4 * step; bias += 4 * stepBias; residual += 4 * stepResidual
  }
  for (; n > 0; n--) {
    let sum: f64 = 0
    for (let o = 0; o < outer; o++) {
      let p = a + outerOf(job.outerA, o), q = b + outerOf(job.outerB, o)
      for (let k = depth; k > 0; k--, p += stepA, q += stepB) sum += number(p) * number(q)
    }
    finish(job, sum, target, bias, residual)
    a += nextA; b += nextB
    target += step; bias += stepBias; residual += stepResidual
  }
}

/** Elements of many terms, which stand side by side, or did before they were brought here: eight sums each, and one of what is left. */
function dots(job: ThinJob, loop: usize, a: usize, b: usize, target: usize, bias: usize, residual: usize): void {
  const nextA = load<i32>(loop, 4), nextB = load<i32>(loop, 8), step = load<i32>(loop, 12)
  const stepBias = load<i32>(loop, 16), stepResidual = load<i32>(loop, 20)
  const depth = job.depth, stepA = job.stepA, stepB = job.stepB, outer = job.outer
  const side = stepA == 4 && stepB == 4
  for (let n = load<i32>(loop); n > 0; n--) {
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0
    let rest: f64 = 0
    for (let o = 0; o < outer; o++) {
      let p = a + outerOf(job.outerA, o), q = b + outerOf(job.outerB, o), k = depth
      for (; side && k >= 8; k -= 8, p += 32, q += 32) {
        s0 = add(s0, pair(p), pair(q)); s1 = add(s1, pair(p, 8), pair(q, 8))
        s2 = add(s2, pair(p, 16), pair(q, 16)); s3 = add(s3, pair(p, 24), pair(q, 24))
      }
      for (; k >= 8; k -= 8, p += 8 * stepA, q += 8 * stepB) {
        s0 = add(s0, apart(p, stepA), apart(q, stepB))
        s1 = add(s1, apart(p + 2 * stepA, stepA), apart(q + 2 * stepB, stepB))
        s2 = add(s2, apart(p + 4 * stepA, stepA), apart(q + 4 * stepB, stepB))
        s3 = add(s3, apart(p + 6 * stepA, stepA), apart(q + 6 * stepB, stepB))
      }
      for (; k > 0; k--, p += stepA, q += stepB) rest += number(p) * number(q)
    }
    const sums = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3))
    finish(job, f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1) + rest, target, bias, residual)
    a += nextA; b += nextB
    target += step; bias += stepBias; residual += stepResidual
  }
}

/** Whether a sum goes to memory as it is. */
@inline
function isPlain(job: ThinJob): bool {
  return job.scale == 1 && !job.bias && !job.residual
}

/** scale·sum + bias + residual → target */
@inline
function finish(job: ThinJob, sum: f64, target: usize, bias: usize, residual: usize): void {
  sum *= job.scale
  if (job.bias) sum += number(bias)
  if (job.residual) sum += number(residual)
  store<f32>(target, <f32>sum)
}

/** The same for four sums, or the first `left` of them. */
@inline
function storeFour(
  job: ThinJob, plain: bool, left: i32, low: v128, high: v128,
  target: usize, step: i32, bias: usize, stepBias: i32, residual: usize, stepResidual: i32,
): void {
  if (plain) {
    const four = rounded(low, high)
    if (left >= 4) v128.store(target, four)
    else storeFirst(target, left, four)
  } else finishFour(job, left, low, high, target, step, bias, stepBias, residual, stepResidual)
}

function finishFour(
  job: ThinJob, left: i32, low: v128, high: v128,
  target: usize, step: i32, bias: usize, stepBias: i32, residual: usize, stepResidual: i32,
): void {
  finish(job, f64x2.extract_lane(low, 0), target, bias, residual)
  if (left > 1) finish(job, f64x2.extract_lane(low, 1), target + step, bias + stepBias, residual + stepResidual)
  if (left > 2) finish(job, f64x2.extract_lane(high, 0), target + 2 * step, bias + 2 * stepBias, residual + 2 * stepResidual)
  if (left > 3) finish(job, f64x2.extract_lane(high, 1), target + 3 * step, bias + 3 * stepBias, residual + 3 * stepResidual)
}

@inline
function outerOf(table: usize, index: i32): usize {
  return load<i32>(table + (<usize>index << 2))
}

@inline
function number(at: usize): f64 {
  return <f64>load<f32>(at)
}

/** Two floats as doubles: on x64 one instruction that reads them from memory. */
@inline
function pair(at: usize, offset: usize = 0): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at + offset))
}

@inline
function apart(at: usize, step: i32): v128 {
  return f64x2.replace_lane(f64x2.splat(number(at)), 1, number(at + step))
}

@inline
function add(sum: v128, x: v128, y: v128): v128 {
  return f64x2.add(sum, f64x2.mul(x, y))
}

/** Four doubles as floats. */
@inline
function rounded(low: v128, high: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2)
}
