/**
 * exp and what is made of it, four numbers at a time, to a few units in the last place; overflow gives Infinity, underflow passes through the denormals
 * to 0, NaN stays NaN. exp after S. Moshier's Cephes (expf.c): x = n·ln 2 + r, exp x = 2ⁿ·exp r with a polynomial for |r| ≤ ln 2 / 2.
 */
import { madd } from './madd'

/**
 * The constants, in memory: V8 builds a vector constant of three instructions wherever it is used, but loads one spread in a single one. Static data of the
 * modules stands below everything that the memory hands out (src/wasm/memory.ts).
 */
const constants = memory.data<f32>([
  // 0: rounds to an integer when added, 1.5·2²³; 4: log₂ e; 8, 12: ln 2 in two parts, the first of so few bits that n times it is exact
  12582912, 1.4426950408889634, 0.693359375, -2.12194440e-4,
  // 16: beyond these exp is 0 or Infinity; 24: ½, 28: 1
  -105, 89, 0.5, 1,
  // 32: the polynomial of exp
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  // 56: the coefficients of −2u in the tanh form of GELU
  -1.5957691216057308, -0.07135481627159586,
  // 64: t of GELU, the end of its range, and its polynomial
  0.27, 16, 0.028968822211027145, -0.1265246719121933, 0.1698692888021469, -0.06930968910455704, 0.10789696872234344,
  0.07201776653528214, 0.10181917250156403, 0.10754160583019257, 0.10772073268890381,
])

/** The constant at a byte offset, in all lanes. */
@inline
function constant(at: usize): v128 {
  return v128.load32_splat(constants + at)
}

/** The constant at a byte offset times x, plus the next one. */
@inline
function line(at: usize, x: v128): v128 {
  return madd(constant(at), x, constant(at + 4))
}

/** exp(x) */
@inline
export function exp(x: v128): v128 {
  return expOfSum(x, f32x4.splat(0))
}

/** exp(high + low), for a low that is small against high: what rounding took from the argument. */
@inline
export function expOfSum(high: v128, low: v128): v128 {
  // in this order pmin and pmax hand NaN on
  high = f32x4.pmax(f32x4.pmin(high, constant(20)), constant(16))
  const rounded = f32x4.add(f32x4.mul(high, constant(4)), constant(0))
  const n = f32x4.sub(rounded, constant(0))
  let r = f32x4.sub(high, f32x4.mul(n, constant(8)))
  r = f32x4.add(f32x4.sub(r, f32x4.mul(n, constant(12))), low)
  // neighbouring terms first (Estrin): Horner's rule would make each step wait for the one before
  const r2 = f32x4.mul(r, r)
  let p = madd(madd(line(32, r), r2, line(40, r)), r2, line(48, r))
  p = f32x4.add(f32x4.add(f32x4.mul(p, r2), r), constant(28))
  // 2ⁿ as a product of two powers, since n reaches beyond the exponents of normal numbers; n stands in the low bits of `rounded`
  const i = i32x4.sub(rounded, constant(0))
  const half = i32x4.shr_s(i, 1)
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(i, half)))
}

/** 2ⁿ: n goes to where the exponent of 1 is. */
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), constant(28))
}

/** x / (1 + exp(−x)) */
@inline
export function silu(x: v128): v128 {
  return f32x4.div(x, f32x4.add(constant(28), exp(f32x4.neg(x))))
}

/** ½x·(1 + tanh u) = x / (1 + exp(−2u)), u = √(2/π)·(x + 0.044715·x³): Hendrycks & Gimpel 2016, torch's `approximate='tanh'`. */
@inline
export function geluTanh(x: v128): v128 {
  const minus2u = f32x4.mul(x, f32x4.add(f32x4.mul(f32x4.mul(x, x), constant(60)), constant(56)))
  return f32x4.div(x, f32x4.add(constant(28), exp(minus2u)))
}

/**
 * x·Φ(x), the exact GELU. With a = |x|, Φ(−a) = exp(−a²/2)·g(a), and g is smooth: t·P(t), t = 1/(1 + 0.27a), fitted to 2.4e-8 of
 * ½·erfcx(a/√2) on [0, 14.6], beyond which Φ(−a) is 0 in single precision. Unlike 1 + erf it does not cancel where x is very negative.
 */
@inline
export function gelu(x: v128): v128 {
  const a = f32x4.abs(x)
  const one = constant(28)
  const t = f32x4.div(one, f32x4.add(f32x4.mul(a, constant(64)), one))
  const t2 = f32x4.mul(t, t)
  const t4 = f32x4.mul(t2, t2)
  const upper = madd(constant(72), t4, madd(line(76, t), t2, line(84, t)))
  const p = madd(upper, t4, madd(line(92, t), t2, line(100, t)))
  // a²/2 in two parts: the square of a's first 12 bits is exact
  const head = i32x4.shl(i32x4.shr_u(a, 12), 12)
  const half = constant(24)
  const high = f32x4.neg(f32x4.mul(f32x4.mul(head, head), half))
  const low = f32x4.mul(f32x4.mul(f32x4.sub(head, a), f32x4.add(a, head)), half)
  // NaN from Infinity − Infinity must not get into `low`; where a is that large, exp(high) is 0 anyway
  const tail = f32x4.mul(f32x4.mul(p, t), expOfSum(high, v128.and(low, f32x4.lt(a, constant(68)))))
  const positive = f32x4.gt(x, f32x4.splat(0))
  return f32x4.mul(x, v128.bitselect(f32x4.sub(one, tail), tail, positive))
}

/** max(x, 0), NaN stays NaN, −0 stays −0 */
@inline
export function relu(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(x, f32x4.splat(0)))
}
