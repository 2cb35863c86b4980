/**
 * The rows of a product as integers, as they are packed: each by a scale of its own, so that its largest number becomes the largest code (Dettmers et al.,
 * "LLM.int8()", 2022: by vector). src/gemm/row-codes.ts is the plain reference, with the same codes.
 */
import { isRun, isRun4 } from './runs'

/** Adding it rounds a float of up to 22 bits to the nearest integer, the even one of two, and leaves that in the lower bits. */
const ROUNDER: f32 = 12582912
const ROUNDER_BITS: i32 = 0x4b400000

/** Numbers smaller than this are 0 beside any other. */
const TINY: f32 = 1e-30

/** Where the numbers of a row stand side by side, `padded` of them: where they are, or gathered to `line`, zeros behind them. */
export function lineOf(row: usize, depths: usize, k: i32, isWhole: bool, padded: i32, line: usize): usize {
  if (isWhole) return row + (<usize>load<i32>(depths) << 2)
  memory.fill(line + ((<usize>k) << 2), 0, <usize>(padded - k) << 2)
  let to = line
  const end = depths + (<usize>k << 2)
  while (depths < end) {
    const from = row + (<usize>load<i32>(depths) << 2)
    if (depths + 16 <= end && isRun4(depths)) {
      v128.store(to, v128.load(from))
      depths += 16
      to += 16
    } else {
      store<f32>(to, load<f32>(from))
      depths += 4
      to += 4
    }
  }
  return line
}

/** Whether rows can be read where they stand. */
export function isWholeLine(depths: usize, k: i32, padded: i32): bool {
  return k == padded && isRun(depths, k)
}

/**
 * Codes from −limit to limit, two side by side, each two `step` bytes from the ones before.
 *
 * @returns the scale: what a code of 1 stands for
 */
export function packWide(to: usize, step: usize, from: usize, padded: i32, limit: f32): f32 {
  const end = from + (<usize>padded << 2)
  let most0 = i32x4.splat(0), most1 = most0
  for (let p = from; p < end; p += 32) {
    most0 = i32x4.max_s(most0, f32x4.abs(v128.load(p)))
    most1 = i32x4.max_s(most1, f32x4.abs(v128.load(p, 16)))
  }
  const most = largest(i32x4.max_s(most0, most1))
  const factor = f32x4.splat(factorOf(most, limit))
  const rounder = f32x4.splat(ROUNDER)
  const bits = i32x4.splat(ROUNDER_BITS)
  for (let p = from; p < end; p += 32, to += step << 2) {
    const left = i32x4.sub(f32x4.add(f32x4.mul(v128.load(p), factor), rounder), bits)
    const right = i32x4.sub(f32x4.add(f32x4.mul(v128.load(p, 16), factor), rounder), bits)
    const codes = i16x8.narrow_i32x4_s(left, right)
    v128.store_lane<i32>(to, codes, 0)
    v128.store_lane<i32>(to + step, codes, 1)
    v128.store_lane<i32>(to + 2 * step, codes, 2)
    v128.store_lane<i32>(to + 3 * step, codes, 3)
  }
  return scaleOf(most, limit)
}

/**
 * Codes from 0 to 127, four side by side, each four `step` bytes from the ones before; what stands for 0 goes to `zero`.
 *
 * @returns the scale
 */
export function packFine(to: usize, step: usize, from: usize, padded: i32, zero: usize): f32 {
  const end = from + (<usize>padded << 2)
  // compared as integers: of negative floats the bits, taken without a sign, are in the order of their sizes
  let low = i32x4.splat(i32.MIN_VALUE), high = i32x4.splat(0)
  for (let p = from; p < end; p += 16) {
    const x = v128.load(p)
    low = i32x4.max_u(low, x)
    high = i32x4.max_s(high, x)
  }
  const least = -largest(f32x4.neg(low))
  const range = largest(high) - least
  const factor = factorOf(range, 127)
  const rounder = f32x4.splat(ROUNDER)
  const origin = reinterpret<i32>(-least * factor + ROUNDER)
  const bits = i32x4.splat(ROUNDER_BITS - (origin - ROUNDER_BITS))
  const most = i8x16.splat(127)
  for (let p = from; p < end; p += 64, to += step << 2) {
    const codes = i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_s(rounded(p, 0, factor, rounder, bits), rounded(p, 16, factor, rounder, bits)),
      i16x8.narrow_i32x4_s(rounded(p, 32, factor, rounder, bits), rounded(p, 48, factor, rounder, bits)),
    )
    const fine = i8x16.min_u(codes, most)
    v128.store_lane<i32>(to, fine, 0)
    v128.store_lane<i32>(to + step, fine, 1)
    v128.store_lane<i32>(to + 2 * step, fine, 2)
    v128.store_lane<i32>(to + 3 * step, fine, 3)
  }
  store<i32>(zero, origin - ROUNDER_BITS)
  return scaleOf(range, 127)
}

@inline
function rounded(p: usize, at: usize, factor: f32, rounder: v128, bits: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(v128.load(p + at), f32x4.splat(factor)), rounder), bits)
}

/** The largest of four floats that are not negative: their bits, compared as integers in one instruction, are in their order, and NaN is behind them all. */
@inline
function largest(lanes: v128): f32 {
  const two = i32x4.max_s(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1))
  return f32x4.extract_lane(i32x4.max_s(two, v128.shuffle<f32>(two, two, 1, 0, 3, 2)), 0)
}

/** What numbers are multiplied by: 0 where there is nothing but zeros, or something that is no number. */
@inline
function factorOf(most: f32, limit: f32): f32 {
  return most > TINY && most < f32.MAX_VALUE ? limit / most : 0
}

/** No number where one of the row's is none. */
@inline
function scaleOf(most: f32, limit: f32): f32 {
  return most < f32.MAX_VALUE ? (most > TINY ? most / limit : 0) : f32.NaN
}
