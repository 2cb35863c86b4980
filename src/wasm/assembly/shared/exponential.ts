/**
 * exp and what is made of it, four numbers at a time, to a few units in the last place; overflow gives Infinity, underflow passes through the denormals
 * to 0, NaN stays NaN. exp after S. Moshier's Cephes (expf.c): x = n·ln 2 + r, exp x = 2ⁿ·exp r with a polynomial for |r| ≤ ln 2 / 2.
 */
import { horner } from './madd'

// adding it rounds to an integer, which then stands in the low bits of the sum
const ROUND: f32 = 12582912 // 1.5·2²³
const LOG2E: f32 = 1.4426950408889634
// ln 2 in two parts, the first of so few bits that n·LN2_HIGH is exact
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = -2.12194440e-4

/** exp(x) */
@inline
export function exp(x: v128): v128 {
  return expOfSum(x, f32x4.splat(0))
}

/** exp(high + low), for a low that is small against high: what rounding took from the argument. */
@inline
export function expOfSum(high: v128, low: v128): v128 {
  // beyond these the result is 0 or Infinity; in this order pmin and pmax hand NaN on
  high = f32x4.pmax(f32x4.pmin(high, f32x4.splat(89)), f32x4.splat(-105))
  const rounded = f32x4.add(f32x4.mul(high, f32x4.splat(LOG2E)), f32x4.splat(ROUND))
  const n = f32x4.sub(rounded, f32x4.splat(ROUND))
  let r = f32x4.sub(high, f32x4.mul(n, f32x4.splat(LN2_HIGH)))
  r = f32x4.add(f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW))), low)
  let p = f32x4.splat(1.9875691500e-4)
  p = horner(p, r, 1.3981999507e-3)
  p = horner(p, r, 8.3334519073e-3)
  p = horner(p, r, 4.1665795894e-2)
  p = horner(p, r, 1.6666665459e-1)
  p = horner(p, r, 5.0000001201e-1)
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1))
  // 2ⁿ as a product of two powers, since n reaches beyond the exponents of normal numbers
  const i = i32x4.sub(rounded, i32x4.splat(0x4b400000)) // the bits of ROUND
  const half = i32x4.shr_s(i, 1)
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(i, half)))
}

@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23)
}

/** x / (1 + exp(−x)) */
@inline
export function silu(x: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp(f32x4.neg(x))))
}

/** ½x·(1 + tanh u) = x / (1 + exp(−2u)), u = √(2/π)·(x + 0.044715·x³): Hendrycks & Gimpel 2016, torch's `approximate='tanh'`. */
@inline
export function geluTanh(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), f32x4.splat(-2 * 0.7978845608028654 * 0.044715))
  const minus2u = f32x4.mul(x, f32x4.add(cube, f32x4.splat(-2 * 0.7978845608028654)))
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp(minus2u)))
}

/**
 * x·Φ(x), the exact GELU. With a = |x|, Φ(−a) = exp(−a²/2)·g(a), and g is smooth: t·P(t), t = 1/(1 + 0.27a), fitted to 2.4e-8 of
 * ½·erfcx(a/√2) on [0, 14.6], beyond which Φ(−a) is 0 in single precision. Unlike 1 + erf it does not cancel where x is very negative.
 */
@inline
export function gelu(x: v128): v128 {
  const a = f32x4.abs(x)
  const t = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.mul(a, f32x4.splat(0.27)), f32x4.splat(1)))
  let p = f32x4.splat(0.028968822211027145)
  p = horner(p, t, -0.1265246719121933)
  p = horner(p, t, 0.1698692888021469)
  p = horner(p, t, -0.06930968910455704)
  p = horner(p, t, 0.10789696872234344)
  p = horner(p, t, 0.07201776653528214)
  p = horner(p, t, 0.10181917250156403)
  p = horner(p, t, 0.10754160583019257)
  p = horner(p, t, 0.10772073268890381)
  // a²/2 in two parts: the square of a's first 12 bits is exact
  const head = v128.and(a, i32x4.splat(0xfffff000))
  const high = f32x4.mul(f32x4.mul(head, head), f32x4.splat(-0.5))
  const low = f32x4.mul(f32x4.mul(f32x4.sub(a, head), f32x4.add(a, head)), f32x4.splat(-0.5))
  // NaN from Infinity − Infinity must not get into `low`; where a is that large, exp(high) is 0 anyway
  const tail = f32x4.mul(f32x4.mul(p, t), expOfSum(high, v128.and(low, f32x4.lt(a, f32x4.splat(16)))))
  const positive = f32x4.gt(x, f32x4.splat(0))
  return f32x4.mul(x, v128.bitselect(f32x4.sub(f32x4.splat(1), tail), tail, positive))
}

/** max(x, 0), NaN stays NaN, −0 stays −0 */
@inline
export function relu(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(x, f32x4.splat(0)))
}
