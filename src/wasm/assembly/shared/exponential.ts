/**
 * exp and what is made of it, four numbers at a time, to a few units in the last place; overflow gives Infinity, underflow passes through the denormals
 * to 0, NaN stays NaN. exp after S. Moshier's Cephes (expf.c): x = n·ln 2 + r, exp x = 2ⁿ·exp r with a polynomial for |r| ≤ ln 2 / 2.
 *
 * What takes time is not the number of operations but how long each waits for the one before: polynomials are summed by pairs (Estrin), and whatever can be
 * computed from the argument is, rather than from an earlier result.
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
  // 64: t of GELU, the end of its range, and its polynomial, times 2⁻⁶⁴
  0.27, 14.9, 1.5704029987770983e-21, -6.858916208010783e-21, 9.208632597892763e-21, -3.757285775072782e-21,
  5.849106394668264e-21, 3.9040909467553375e-21, 5.5196284013436025e-21, 5.8298421336837285e-21, 5.83955262015199e-21,
  // 108: −½ log₂ e, 112: −½, 116: 2⁻⁶⁴, 120: adds 64 to the integer that it rounds to
  -0.72134752044448170, -0.5, 5.421010862427522e-20, 12582976,
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

/** exp(r) for |r| ≤ ln 2 / 2 */
@inline
function expOfRest(r: v128): v128 {
  const r2 = f32x4.mul(r, r)
  const upper = madd(line(32, r), r2, line(40, r))
  return madd(upper, f32x4.mul(r2, r2), madd(line(48, r), r2, f32x4.add(r, constant(28))))
}

/** x·2ⁿ, where that is a normal number; the low bits of `rounded` are n. */
@inline
function timesPowerOfTwo(x: v128, rounded: v128): v128 {
  return i32x4.add(x, i32x4.shl(rounded, 23))
}

/** x − n·ln 2 */
@inline
function restOf(x: v128, n: v128): v128 {
  return f32x4.sub(f32x4.sub(x, f32x4.mul(n, constant(8))), f32x4.mul(n, constant(12)))
}

/** exp(x) */
@inline
export function exp(x: v128): v128 {
  // in this order pmin and pmax hand NaN on
  x = f32x4.pmax(f32x4.pmin(x, constant(20)), constant(16))
  const rounded = f32x4.add(f32x4.mul(x, constant(4)), constant(0))
  const p = expOfRest(restOf(x, f32x4.sub(rounded, constant(0))))
  // 2ⁿ as a product of two powers, since n reaches beyond the exponents of normal numbers; n stands in the low bits of `rounded`
  const i = i32x4.sub(rounded, constant(0))
  const half = i32x4.shr_s(i, 1)
  return f32x4.mul(timesPowerOfTwo(p, half), timesPowerOfTwo(constant(28), i32x4.sub(i, half)))
}

/** exp(x) for x ≤ 0: first 2⁶⁴ times as much, which is a normal number. */
@inline
export function expBelow(x: v128): v128 {
  x = f32x4.pmax(x, constant(16))
  const rounded = f32x4.add(f32x4.mul(x, constant(4)), constant(120))
  const p = expOfRest(restOf(x, f32x4.sub(rounded, constant(120))))
  return f32x4.mul(timesPowerOfTwo(p, rounded), constant(116))
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
 * x·Φ(x), the exact GELU, as max(x, 0) − a·Φ(−a) with a = |x|. Φ(−a) = exp(−a²/2)·g(a), and g is smooth: t·P(t), t = 1/(1 + 0.27a), fitted to 2.4e-8 of
 * ½·erfcx(a/√2) on [0, 14.6], beyond which Φ(−a) is 0 in single precision. Unlike 1 + erf it does not cancel where x is very negative.
 */
@inline
export function gelu(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), constant(68))
  const one = constant(28)
  const t = f32x4.div(one, f32x4.add(f32x4.mul(a, constant(64)), one))
  const t2 = f32x4.mul(t, t)
  const t4 = f32x4.mul(t2, t2)
  const upper = madd(constant(72), t4, madd(line(76, t), t2, line(84, t)))
  const g = f32x4.mul(madd(upper, t4, madd(line(92, t), t2, line(100, t))), t)
  // a²/2 in two parts: the square of a's first 12 bits is exact
  const head = i32x4.shl(i32x4.shr_u(a, 12), 12)
  const high = f32x4.mul(f32x4.mul(head, head), constant(112))
  const low = f32x4.mul(f32x4.mul(f32x4.sub(a, head), f32x4.add(a, head)), constant(112))
  // of −a²/2 = n·ln 2 + r the integer may be off by one: exp r holds a little beyond its range
  const rounded = f32x4.add(f32x4.mul(f32x4.mul(a, a), constant(108)), constant(120))
  const n = f32x4.sub(rounded, constant(120))
  const r = f32x4.add(f32x4.sub(high, f32x4.mul(n, constant(8))), f32x4.sub(low, f32x4.mul(n, constant(12))))
  // exp(−a²/2)·2⁶⁴ is a normal number; g is 2⁻⁶⁴ times what it should be
  const e = timesPowerOfTwo(expOfRest(r), rounded)
  return f32x4.sub(f32x4.pmax(x, f32x4.splat(0)), f32x4.mul(a, f32x4.mul(g, e)))
}

/** max(x, 0), NaN stays NaN, −0 stays −0 */
@inline
export function relu(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(x, f32x4.splat(0)))
}
