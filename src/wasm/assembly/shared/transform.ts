/**
 * The inverse cosine transform of JPEG blocks to 8, 4, 2 or 1 samples a side, in libjpeg's integers (jidctint.c after
 * Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", 1989; jidctred.c): 13
 * bits after the point, 2 between the passes. The smaller ones are the means of the larger one's samples.
 */

/** Rows of the block between the two passes. */
const ROWS = memory.data(128, 16)

/** 8 × 8 samples of 64 coefficients and their factors. */
export function transform8(block: usize, factors: usize, target: usize, stride: i32): void {
  if (!ASC_FEATURE_SIMD) {
    transform8Plainly(block, factors, target, stride)
    return
  }
  for (let i: usize = 0; i < 128; i += 16) v128.store(ROWS + i, i16x8.mul(v128.load(block + i), v128.load(factors + i)))
  pass(11)
  pass(18)
  const half = i16x8.splat(128)
  for (let i: usize = 0; i < 128; i += 32, target += stride << 1) {
    const two = i8x16.narrow_i16x8_u(
      i16x8.add_sat_s(v128.load(ROWS + i), half),
      i16x8.add_sat_s(v128.load(ROWS + i, 16), half),
    )
    v128.store64_lane(target, two, 0)
    v128.store64_lane(target + stride, two, 1)
  }
}

/** The same, a column at a time. */
function transform8Plainly(block: usize, factors: usize, target: usize, stride: i32): void {
  for (let i: usize = 0; i < 64; i++) store<i16>(ROWS + (i << 1), <i16>scaled(block, factors, i))
  passPlainly(ROWS, OTHERS, 11)
  passPlainly(OTHERS, ROWS, 18)
  for (let y: usize = 0; y < 8; y++, target += stride) {
    for (let x: usize = 0; x < 8; x++) store<u8>(target + x, clamped(load<i16>(ROWS + (y << 4) + (x << 1))))
  }
}

/** A second block. */
const OTHERS = memory.data(128, 16)

/** What `pass` does; sums of two coefficients have 16 bits there, so they have here. */
function passPlainly(from: usize, to: usize, shift: i32): void {
  for (let i: usize = 0; i < 8; i++, from += 2, to += 16) {
    const r0 = <i32>load<i16>(from), r1 = <i32>load<i16>(from, 16), r2 = <i32>load<i16>(from, 32), r3 = <i32>load<i16>(from, 48)
    const r4 = <i32>load<i16>(from, 64), r5 = <i32>load<i16>(from, 80), r6 = <i32>load<i16>(from, 96), r7 = <i32>load<i16>(from, 112)

    const sum = <i32><i16>(r0 + r4) << 13, difference = <i32><i16>(r0 - r4) << 13
    const a = r2 * 10703 + r6 * 4433, b = r2 * 4433 - r6 * 10704
    const e0 = sum + a, e3 = sum - a, e1 = difference + b, e2 = difference - b

    const z3 = <i32><i16>(r3 + r7), z4 = <i32><i16>(r1 + r5)
    const p = z4 * 9633 - z3 * 6436, q = z3 * 9633 + z4 * 6437
    const o3 = p - r7 * 4927 - r1 * 7373, o0 = q - r7 * 7373 + r1 * 4926
    const o2 = q - r5 * 4176 - r3 * 20995, o1 = p - r5 * 20995 + r3 * 4177

    butterfly(to, 0, e0, o0, shift)
    butterfly(to, 1, e1, o1, shift)
    butterfly(to, 2, e2, o2, shift)
    butterfly(to, 3, e3, o3, shift)
  }
}

/** Sample `i` and the one as far from the end. */
@inline
function butterfly(to: usize, i: usize, even: i32, odd: i32, shift: i32): void {
  const half = 1 << (shift - 1)
  store<i16>(to + (i << 1), saturated((even + odd + half) >> shift))
  store<i16>(to + ((7 - i) << 1), saturated((even - odd + half) >> shift))
}

@inline
function saturated(value: i32): i16 { return <i16>min(32767, max(-32768, value)) }

/** Transforms the columns of the block in ROWS, shifts the results, and leaves it transposed. */
function pass(shift: i32): void {
  const r0 = v128.load(ROWS), r1 = v128.load(ROWS, 16), r2 = v128.load(ROWS, 32), r3 = v128.load(ROWS, 48)
  const r4 = v128.load(ROWS, 64), r5 = v128.load(ROWS, 80), r6 = v128.load(ROWS, 96), r7 = v128.load(ROWS, 112)

  // even part
  const sum = i16x8.add(r0, r4), difference = i16x8.sub(r0, r4)
  const z26l = low(r2, r6), z26h = high(r2, r6)
  const s0 = i32x4.shl(i32x4.extend_low_i16x8_s(sum), 13), s1 = i32x4.shl(i32x4.extend_high_i16x8_s(sum), 13)
  const d0 = i32x4.shl(i32x4.extend_low_i16x8_s(difference), 13), d1 = i32x4.shl(i32x4.extend_high_i16x8_s(difference), 13)
  const a0 = dot(z26l, 10703, 4433), a1 = dot(z26h, 10703, 4433), b0 = dot(z26l, 4433, -10704), b1 = dot(z26h, 4433, -10704)
  const e0l = i32x4.add(s0, a0), e0h = i32x4.add(s1, a1), e3l = i32x4.sub(s0, a0), e3h = i32x4.sub(s1, a1)
  const e1l = i32x4.add(d0, b0), e1h = i32x4.add(d1, b1), e2l = i32x4.sub(d0, b0), e2h = i32x4.sub(d1, b1)

  // odd part
  const z3 = i16x8.add(r3, r7), z4 = i16x8.add(r1, r5)
  const z34l = low(z3, z4), z34h = high(z3, z4)
  const p0 = dot(z34l, -6436, 9633), p1 = dot(z34h, -6436, 9633), q0 = dot(z34l, 9633, 6437), q1 = dot(z34h, 9633, 6437)
  const z71l = low(r7, r1), z71h = high(r7, r1), z53l = low(r5, r3), z53h = high(r5, r3)
  const o3l = i32x4.add(dot(z71l, -4927, -7373), p0), o3h = i32x4.add(dot(z71h, -4927, -7373), p1)
  const o0l = i32x4.add(dot(z71l, -7373, 4926), q0), o0h = i32x4.add(dot(z71h, -7373, 4926), q1)
  const o2l = i32x4.add(dot(z53l, -4176, -20995), q0), o2h = i32x4.add(dot(z53h, -4176, -20995), q1)
  const o1l = i32x4.add(dot(z53l, -20995, 4177), p0), o1h = i32x4.add(dot(z53h, -20995, 4177), p1)

  const half = i32x4.splat(1 << (shift - 1))
  const y0 = narrow(i32x4.add(e0l, o0l), i32x4.add(e0h, o0h), half, shift), y7 = narrow(i32x4.sub(e0l, o0l), i32x4.sub(e0h, o0h), half, shift)
  const y1 = narrow(i32x4.add(e1l, o1l), i32x4.add(e1h, o1h), half, shift), y6 = narrow(i32x4.sub(e1l, o1l), i32x4.sub(e1h, o1h), half, shift)
  const y2 = narrow(i32x4.add(e2l, o2l), i32x4.add(e2h, o2h), half, shift), y5 = narrow(i32x4.sub(e2l, o2l), i32x4.sub(e2h, o2h), half, shift)
  const y3 = narrow(i32x4.add(e3l, o3l), i32x4.add(e3h, o3h), half, shift), y4 = narrow(i32x4.sub(e3l, o3l), i32x4.sub(e3h, o3h), half, shift)

  // transposed: pairs of rows, then pairs of those, then halves
  const t0 = low(y0, y4), t1 = high(y0, y4), t2 = low(y1, y5), t3 = high(y1, y5)
  const t4 = low(y2, y6), t5 = high(y2, y6), t6 = low(y3, y7), t7 = high(y3, y7)
  const u0 = low(t0, t4), u1 = high(t0, t4), u2 = low(t1, t5), u3 = high(t1, t5)
  const u4 = low(t2, t6), u5 = high(t2, t6), u6 = low(t3, t7), u7 = high(t3, t7)
  v128.store(ROWS, low(u0, u4)); v128.store(ROWS, high(u0, u4), 16)
  v128.store(ROWS, low(u1, u5), 32); v128.store(ROWS, high(u1, u5), 48)
  v128.store(ROWS, low(u2, u6), 64); v128.store(ROWS, high(u2, u6), 80)
  v128.store(ROWS, low(u3, u7), 96); v128.store(ROWS, high(u3, u7), 112)
}

@inline
function low(a: v128, b: v128): v128 { return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11) }

@inline
function high(a: v128, b: v128): v128 { return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15) }

@inline
function dot(pairs: v128, m: i16, n: i16): v128 { return i32x4.dot_i16x8_s(pairs, i16x8(m, n, m, n, m, n, m, n)) }

@inline
function narrow(a: v128, b: v128, half: v128, shift: i32): v128 {
  return i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(a, half), shift), i32x4.shr_s(i32x4.add(b, half), shift))
}

/** Coefficient `i` times its factor. */
@inline
function scaled(block: usize, factors: usize, i: usize): i32 { return <i32>load<i16>(block + (i << 1)) * <i32>load<i16>(factors + (i << 1)) }

@inline
function clamped(value: i32): u8 { return <u8>min(255, max(0, value + 128)) }

/** 4 × 4 samples; the fifth of eight coefficients has no part in them. */
export function transform4(block: usize, factors: usize, target: usize, stride: i32): void {
  for (let i: usize = 0; i < 8; i++) {
    if (i == 4) continue
    const b = block + (i << 1), f = factors + (i << 1)
    four(
      scaled(b, f, 0), scaled(b, f, 8), scaled(b, f, 16), scaled(b, f, 24), scaled(b, f, 40), scaled(b, f, 48), scaled(b, f, 56),
      ROWS + (i << 2), 32, 12,
    )
  }
  for (let y: usize = 0; y < 4; y++, target += stride) {
    const r = ROWS + (y << 5)
    four(
      load<i32>(r), load<i32>(r, 4), load<i32>(r, 8), load<i32>(r, 12), load<i32>(r, 20), load<i32>(r, 24), load<i32>(r, 28),
      LINE, 4, 19,
    )
    for (let x: usize = 0; x < 4; x++) store<u8>(target + x, clamped(load<i32>(LINE + (x << 2))))
  }
}

/** Four numbers, rounded and shifted, that are so many bytes apart. */
const LINE = memory.data(16, 16)

@inline
function four(c0: i32, c1: i32, c2: i32, c3: i32, c5: i32, c6: i32, c7: i32, to: usize, step: usize, shift: i32): void {
  const first = c0 << 14, even = c2 * 15137 - c6 * 6270, half = 1 << (shift - 1)
  const inner = c5 * 11893 - c7 * 1730 - c3 * 17799 + c1 * 8697
  const outer = c3 * 7373 - c7 * 4176 - c5 * 4926 + c1 * 20995
  store<i32>(to, (first + even + outer + half) >> shift)
  store<i32>(to + step, (first - even + inner + half) >> shift)
  store<i32>(to + 2 * step, (first - even - inner + half) >> shift)
  store<i32>(to + 3 * step, (first + even - outer + half) >> shift)
}

/** 2 × 2 samples, of the odd coefficients and the first. */
export function transform2(block: usize, factors: usize, target: usize, stride: i32): void {
  for (let i: usize = 0; i < 8; i = i == 0 ? 1 : i + 2) {
    const b = block + (i << 1), f = factors + (i << 1)
    const first = scaled(b, f, 0) << 15
    const rest = odd(scaled(b, f, 8), scaled(b, f, 24), scaled(b, f, 40), scaled(b, f, 56))
    store<i32>(ROWS + (i << 2), (first + rest + (1 << 12)) >> 13)
    store<i32>(ROWS + (i << 2), (first - rest + (1 << 12)) >> 13, 32)
  }
  for (let y: usize = 0; y < 2; y++, target += stride) {
    const r = ROWS + (y << 5)
    const first = load<i32>(r) << 15, rest = odd(load<i32>(r, 4), load<i32>(r, 12), load<i32>(r, 20), load<i32>(r, 28))
    store<u8>(target, clamped((first + rest + (1 << 19)) >> 20))
    store<u8>(target, clamped((first - rest + (1 << 19)) >> 20), 1)
  }
}

@inline
function odd(c1: i32, c3: i32, c5: i32, c7: i32): i32 { return c1 * 29692 - c3 * 10426 + c5 * 6967 - c7 * 5906 }

/** One sample, of the first coefficient. */
@inline
export function transform1(coefficient: i32, factors: usize, target: usize): void {
  store<u8>(target, clamped((<i32><i16>coefficient * <i32>load<i16>(factors) + 4) >> 3))
}

/** Stores 16 pixels of three channels, 48 bytes. */
@inline
export function interleave(r: v128, g: v128, b: v128, target: usize): void {
  const first = i8x16.shuffle(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5)
  v128.store(target, i8x16.shuffle(first, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15))
  const second = i8x16.shuffle(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26)
  v128.store(target, i8x16.shuffle(second, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16)
  const third = i8x16.shuffle(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0)
  v128.store(target, i8x16.shuffle(third, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32)
}
