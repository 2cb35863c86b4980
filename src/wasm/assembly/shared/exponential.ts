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
  // 124: −ln 2 in two parts for operations that round once: the nearest number, and what is left
  -0.6931471824645996, 1.904654299957768e-9,
  // 132: −1.702
  -1.702,
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
  if (ASC_FEATURE_RELAXED_SIMD) return madd(n, constant(128), madd(n, constant(124), x))
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

/** x / (1 + exp(−1.702x)) */
@inline
export function quickGelu(x: v128): v128 {
  return f32x4.div(x, f32x4.add(constant(28), exp(f32x4.mul(x, constant(132)))))
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
  const a = magnitude(x)
  const rounded = exponentOf(a)
  return geluOf(x, a, factor(variable(a)), timesPowerOfTwo(expOfRest(restOfSquare(a, rounded)), rounded))
}

/** The derivative of GELU, Φ(x) + x·φ(x), by the same exp(−a²/2); beyond a = 14.9 both terms are what they are at the end. */
@inline
export function geluSlope(x: v128): v128 {
  const a = magnitude(x)
  const rounded = exponentOf(a)
  const e = timesPowerOfTwo(expOfRest(restOfSquare(a, rounded)), rounded)
  const below = f32x4.mul(factor(variable(a)), e)
  // 1/√(2π)
  const bend = f32x4.mul(f32x4.mul(a, f32x4.splat(0.3989422804014327)), f32x4.mul(e, constant(116)))
  const least = f32x4.sub(below, bend)
  return v128.bitselect(least, f32x4.sub(constant(28), least), f32x4.lt(x, f32x4.splat(0)))
}

/** The derivative of x·σ(u), σ = 1 / (1 + exp(−u)), given −u and the derivative of u: σ + x·u′·σ·(1 − σ), which is σ where that is flat. */
@inline
function logisticSlope(x: v128, minusU: v128, change: v128): v128 {
  const one = constant(28)
  const sigma = f32x4.div(one, f32x4.add(one, exp(minusU)))
  const bend = f32x4.mul(sigma, f32x4.sub(one, sigma))
  const term = f32x4.mul(f32x4.mul(x, change), bend)
  return f32x4.add(sigma, v128.and(term, f32x4.ne(bend, f32x4.splat(0))))
}

@inline
export function siluSlope(x: v128): v128 {
  return logisticSlope(x, f32x4.neg(x), constant(28))
}

@inline
export function quickGeluSlope(x: v128): v128 {
  return logisticSlope(x, f32x4.mul(x, constant(132)), f32x4.neg(constant(132)))
}

@inline
export function geluTanhSlope(x: v128): v128 {
  const square = f32x4.mul(x, x)
  const minus2u = f32x4.mul(x, f32x4.add(f32x4.mul(square, constant(60)), constant(56)))
  const change = f32x4.neg(f32x4.add(f32x4.mul(square, f32x4.mul(f32x4.splat(3), constant(60))), constant(56)))
  return logisticSlope(x, minus2u, change)
}

/** 1 above 0, else 0; NaN stays NaN. */
@inline
export function reluSlope(x: v128): v128 {
  return v128.or(v128.and(constant(28), f32x4.gt(x, f32x4.splat(0))), v128.and(x, f32x4.ne(x, x)))
}

/**
 * GELU of eight numbers, y = gelu(x), in two vectors that take turns: each is a chain of operations of which most wait for the one before, longer than what a
 * processor looks ahead. V8 moves the loads of a block, those of the constants too, in front of its arithmetic, and an operation to where it is first needed;
 * so branches that are never taken (`never` is not negative) cut the work into blocks whose constants fit the registers, and need what came before.
 */
@inline
export function geluPair(y: usize, x: usize, never: i32): void {
  const a0 = magnitude(v128.load(x)), a1 = magnitude(v128.load(x, 16))
  const n0 = exponentOf(a0), n1 = exponentOf(a1)
  if (never == -1) return keep(y, a0, a1, n0, n1)
  const r0 = restOfSquare(a0, n0), r1 = restOfSquare(a1, n1)
  if (never == -2) return keep(y, r0, r1, n0, n1)
  const e0 = timesPowerOfTwo(expOfRest(r0), n0), e1 = timesPowerOfTwo(expOfRest(r1), n1)
  if (never == -3) return keep(y, a0, a1, e0, e1)
  const t0 = variable(a0), t1 = variable(a1)
  if (never == -4) return keep(y, t0, t1, e0, e1)
  const g0 = factor(t0), g1 = factor(t1)
  if (never == -5) return keep(y, g0, g1, e0, e1)
  v128.store(y, geluOf(v128.load(x), a0, g0, e0))
  v128.store(y, geluOf(v128.load(x, 16), a1, g1, e1), 16)
}

/** Needs four vectors, so that they are computed by here: never called. */
@inline
function keep(y: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(y, v128.xor(v128.xor(a, b), v128.xor(c, d)))
}

/** a = |x|, no further than where Φ(−a) is 0 */
@inline
function magnitude(x: v128): v128 {
  return f32x4.pmin(f32x4.abs(x), constant(68))
}

/** t = 1/(1 + 0.27a) */
@inline
function variable(a: v128): v128 {
  const one = constant(28)
  return f32x4.div(one, f32x4.add(f32x4.mul(a, constant(64)), one))
}

/** 2⁻⁶⁴·g, g = t·P(t) */
@inline
function factor(t: v128): v128 {
  const t2 = f32x4.mul(t, t)
  const t4 = f32x4.mul(t2, t2)
  const upper = madd(constant(72), t4, madd(line(76, t), t2, line(84, t)))
  return f32x4.mul(madd(upper, t4, madd(line(92, t), t2, line(100, t))), t)
}

/** The integer n of −a²/2 = n·ln 2 + r, plus 64, in the low bits. It may be off by one: exp r holds a little beyond its range. */
@inline
function exponentOf(a: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.mul(a, a), constant(108)), constant(120))
}

/** r of −a²/2 = n·ln 2 + r */
@inline
function restOfSquare(a: v128, rounded: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    // what squaring rounds off is exact where multiplying and adding round once
    const square = f32x4.mul(a, a)
    const rest = restOf(f32x4.mul(square, constant(112)), f32x4.sub(rounded, constant(120)))
    return madd(f32x4.relaxed_nmadd(a, a, square), constant(24), rest)
  }
  // a²/2 in two parts: the square of a's first 12 bits is exact
  const head = i32x4.shl(i32x4.shr_u(a, 12), 12)
  const high = f32x4.mul(f32x4.mul(head, head), constant(112))
  const low = f32x4.mul(f32x4.mul(f32x4.sub(a, head), f32x4.add(a, head)), constant(112))
  const n = f32x4.sub(rounded, constant(120))
  return f32x4.add(f32x4.sub(high, f32x4.mul(n, constant(8))), f32x4.sub(low, f32x4.mul(n, constant(12))))
}

/** max(x, 0) − a·g(a)·exp(−a²/2): the last is 2⁶⁴ times as much, a normal number, and g 2⁻⁶⁴ times. */
@inline
function geluOf(x: v128, a: v128, g: v128, e: v128): v128 {
  return f32x4.sub(f32x4.pmax(x, f32x4.splat(0)), f32x4.mul(a, f32x4.mul(g, e)))
}

/** max(x, 0), NaN stays NaN, −0 stays −0 */
@inline
export function relu(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(x, f32x4.splat(0)))
}
