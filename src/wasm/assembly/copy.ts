/**
 * Moving elements of 1, 2, 4 or 8 bytes between two layouts of a tile. The loops stand in memory, outermost first, as triples of integers:
 * length, source step, target step, both in bytes. Of the last two, i and j, one of these is true: j runs through consecutive elements of
 * both; or j through consecutive elements of the source and i through those of the target, which is a transpose and goes through registers
 * in blocks; or neither, and elements move one by one. Loads may read up to 16 bytes past the source's end.
 */

/** Moves a tile's elements of so many bytes. */
export function copy(bytes: i32, loops: usize, rank: i32, source: usize, target: usize): void {
  const n = load<i32>(loops), s = load<i32>(loops, 4), t = load<i32>(loops, 8)
  if (rank > 2) {
    for (let k = 0; k < n; k++, source += s, target += t) copy(bytes, loops + 12, rank - 1, source, target)
    return
  }
  const nj = load<i32>(loops, 12), sj = load<i32>(loops, 16), tj = load<i32>(loops, 20)
  const across = sj == bytes && t == bytes
  if (sj == bytes && tj == bytes) {
    for (let i = 0; i < n; i++, source += s, target += t) run(source, target, <usize>(nj * bytes))
  } else if (across && bytes == 4) {
    transpose4(source, target, n, s, nj, tj)
  } else if (across && bytes == 1) {
    transpose1(source, target, n, s, nj, tj)
  } else if (bytes == 1) {
    singly<u8>(source, target, n, s, t, nj, sj, tj)
  } else if (bytes == 2) {
    singly<u16>(source, target, n, s, t, nj, sj, tj)
  } else if (bytes == 4) {
    singly<u32>(source, target, n, s, t, nj, sj, tj)
  } else {
    singly<u64>(source, target, n, s, t, nj, sj, tj)
  }
}

@inline
function singly<T>(source: usize, target: usize, n: i32, s: i32, t: i32, nj: i32, sj: i32, tj: i32): void {
  for (let i = 0; i < n; i++, source += s, target += t) {
    let from = source, to = target
    for (let j = 0; j < nj; j++, from += sj, to += tj) store<T>(to, load<T>(from))
  }
}

/** Copies bytes. */
@inline
function run(source: usize, target: usize, bytes: usize): void {
  const end = target + bytes
  for (; target + 16 <= end; source += 16, target += 16) v128.store(target, v128.load(source))
  for (; target + 4 <= end; source += 4, target += 4) store<u32>(target, load<u32>(source))
  for (; target < end; source++, target++) store<u8>(target, load<u8>(source))
}

/**
 * target[j, i] = source[i, j]: rows of the source are si bytes apart, rows of the target tj. Eight rows of the source at a time, four
 * numbers of each: stores then meet a cache line of the target twice and not four times, however many lie in between.
 */
function transpose4(source: usize, target: usize, ni: i32, si: i32, nj: i32, tj: i32): void {
  if (nj == 3 && si == 12) {
    unweave3(source, target, ni, tj)
    return
  }
  const half = si << 2
  for (; ni >= 8; ni -= 8, source += si << 3, target += 32) {
    let from = source, to = target, j = nj
    for (; j >= 4; j -= 4, from += 16, to += tj << 2) {
      block(from, si, 4, to, tj)
      block(from + half, si, 4, to + 16, tj)
    }
    stripe(from, si, j, to, tj)
    stripe(from + half, si, j, to + 16, tj)
  }
  if (ni >= 4) {
    stripe(source, si, nj, target, tj)
    ni -= 4; source += half; target += 16
  }
  if (ni == 3) weave3(source, target, si, nj, tj)
  else if (ni == 2) weave2(source, target, si, nj, tj)
  else if (ni == 1) {
    for (let j = 0; j < nj; j++, source += 4, target += tj) store<u32>(target, load<u32>(source))
  }
}

/** Four rows of the source. */
function stripe(source: usize, si: i32, nj: i32, target: usize, tj: i32): void {
  for (; nj > 0; nj -= 4, source += 16, target += tj << 2) block(source, si, nj, target, tj)
}

/** Four rows of the source, of whose next four numbers nj count. */
@inline
function block(source: usize, si: i32, nj: i32, target: usize, tj: i32): void {
  const a = v128.load(source), b = v128.load(source + si)
  const c = v128.load(source + (si << 1)), d = v128.load(source + si + (si << 1))
  const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5)
  v128.store(target, v128.shuffle<u64>(ab, cd, 0, 2))
  if (nj < 2) return
  v128.store(target + tj, v128.shuffle<u64>(ab, cd, 1, 3))
  if (nj < 3) return
  const gh = v128.shuffle<u32>(a, b, 2, 6, 3, 7), kl = v128.shuffle<u32>(c, d, 2, 6, 3, 7)
  v128.store(target + (tj << 1), v128.shuffle<u64>(gh, kl, 0, 2))
  if (nj < 4) return
  v128.store(target + tj + (tj << 1), v128.shuffle<u64>(gh, kl, 1, 3))
}

/** Triples become three rows: four of them are three whole vectors. */
function unweave3(source: usize, target: usize, ni: i32, tj: i32): void {
  const tj2 = tj << 1
  for (; ni >= 4; ni -= 4, source += 48, target += 16) {
    const a = v128.load(source), b = v128.load(source, 16), c = v128.load(source, 32)
    const ab = v128.shuffle<u32>(a, b, 0, 3, 1, 4), bc = v128.shuffle<u32>(b, c, 2, 5, 3, 6)
    v128.store(target, v128.shuffle<u64>(ab, bc, 0, 2))
    v128.store(target + tj, v128.shuffle<u64>(ab, bc, 1, 3))
    v128.store(target + tj2, v128.shuffle<u32>(v128.shuffle<u32>(a, b, 2, 5, 0, 0), c, 0, 1, 4, 7))
  }
  for (; ni > 0; ni--, source += 12, target += 4) {
    store<u32>(target, load<u32>(source))
    store<u32>(target + tj, load<u32>(source, 4))
    store<u32>(target + tj2, load<u32>(source, 8))
  }
}

/** Three rows of the source become triples; where those follow each other, four are three whole vectors. */
@inline
function weave3(source: usize, target: usize, si: i32, nj: i32, tj: i32): void {
  let s0 = source, s1 = s0 + si, s2 = s1 + si
  for (; tj == 12 && nj >= 4; nj -= 4, s0 += 16, s1 += 16, s2 += 16, target += 48) {
    const a = v128.load(s0), b = v128.load(s1), c = v128.load(s2)
    const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5), gh = v128.shuffle<u32>(a, b, 2, 6, 3, 7)
    v128.store(target, v128.shuffle<u32>(ab, c, 0, 1, 4, 2))
    v128.store(target, v128.shuffle<u32>(v128.shuffle<u32>(ab, c, 3, 5, 0, 0), gh, 0, 1, 4, 5), 16)
    v128.store(target, v128.shuffle<u32>(gh, c, 6, 2, 3, 7), 32)
  }
  for (; nj > 0; nj--, s0 += 4, s1 += 4, s2 += 4, target += tj) {
    store<u32>(target, load<u32>(s0))
    store<u32>(target, load<u32>(s1), 4)
    store<u32>(target, load<u32>(s2), 8)
  }
}

@inline
function weave2(source: usize, target: usize, si: i32, nj: i32, tj: i32): void {
  let s0 = source, s1 = s0 + si
  for (; nj >= 4; nj -= 4, s0 += 16, s1 += 16, target += tj << 2) {
    const a = v128.load(s0), b = v128.load(s1)
    const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5), gh = v128.shuffle<u32>(a, b, 2, 6, 3, 7)
    v128.store64_lane(target, ab, 0)
    v128.store64_lane(target + tj, ab, 1)
    v128.store64_lane(target + (tj << 1), gh, 0)
    v128.store64_lane(target + tj + (tj << 1), gh, 1)
  }
  for (; nj > 0; nj--, s0 += 4, s1 += 4, target += tj) {
    store<u32>(target, load<u32>(s0))
    store<u32>(target, load<u32>(s1), 4)
  }
}

/** target[j, i] = source[i, j] of bytes: 16 rows of the source at a time, four bytes of each; the last rows by fours, 16 bytes of each. */
function transpose1(source: usize, target: usize, ni: i32, si: i32, nj: i32, tj: i32): void {
  if (nj == 3 && si == 3) {
    const whole = ni & ~15
    unweaveBytes3(source, target, whole, tj)
    ni -= whole; source += 3 * whole; target += whole
  }
  for (; ni >= 16; ni -= 16, source += si << 4, target += 16) {
    let from = source, to = target
    for (let j = nj; j > 0; j -= 4, from += 4, to += tj << 2) {
      const a = fours(from, si), b = fours(from + (si << 2), si)
      const c = fours(from + (si << 3), si), d = fours(from + (si << 3) + (si << 2), si)
      const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5)
      v128.store(to, v128.shuffle<u64>(ab, cd, 0, 2))
      if (j < 2) break
      v128.store(to + tj, v128.shuffle<u64>(ab, cd, 1, 3))
      if (j < 3) break
      const gh = v128.shuffle<u32>(a, b, 2, 6, 3, 7), kl = v128.shuffle<u32>(c, d, 2, 6, 3, 7)
      v128.store(to + (tj << 1), v128.shuffle<u64>(gh, kl, 0, 2))
      if (j < 4) break
      v128.store(to + tj + (tj << 1), v128.shuffle<u64>(gh, kl, 1, 3))
    }
  }
  for (; ni > 0; ni -= 4, source += si << 2, target += 4) weaveBytes(source, target, min(ni, 4), si, nj, tj)
}

/** Which lanes of a vector begin triples, and in what order every third byte follows the last, three times: constants that a loop keeps in registers. */
const triples = memory.data<u8>([
  255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255,
  0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0,
  0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0,
  0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13,
  1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14,
  2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15,
], 16)

/**
 * Triples of bytes become three rows, sixteen at a time. Of a row, the bytes in each of three vectors stand where the others have none, so that masks join
 * them and one swizzle puts them in order.
 */
function unweaveBytes3(source: usize, target: usize, ni: i32, tj: i32): void {
  const first = v128.load(triples), second = v128.load(triples, 16), third = v128.load(triples, 32)
  const i = v128.load(triples, 48), j = v128.load(triples, 64), k = v128.load(triples, 80)
  for (; ni >= 16; ni -= 16, source += 48, target += 16) {
    const a = v128.load(source), b = v128.load(source, 16), c = v128.load(source, 32)
    const x = v128.or(v128.or(v128.and(a, first), v128.and(b, third)), v128.and(c, second))
    const y = v128.or(v128.or(v128.and(a, second), v128.and(b, first)), v128.and(c, third))
    const z = v128.or(v128.or(v128.and(a, third), v128.and(b, second)), v128.and(c, first))
    v128.store(target, i8x16.swizzle(x, i))
    v128.store(target + tj, i8x16.swizzle(y, j))
    v128.store(target + (tj << 1), i8x16.swizzle(z, k))
  }
}

/** Four bytes of each of four rows, the first byte of all, then the second of all, …; rows that follow each other, as the pixels of a canvas, are one vector. */
@inline
function fours(source: usize, si: i32): v128 {
  let x: v128
  if (si == 4) x = v128.load(source)
  else {
    x = v128.load32_zero(source)
    x = v128.load32_lane(source + si, x, 1)
    x = v128.load32_lane(source + (si << 1), x, 2)
    x = v128.load32_lane(source + si + (si << 1), x, 3)
  }
  return v128.shuffle<u8>(x, x, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
}

/** Up to four rows of bytes become groups of so many; where these follow each other, each is written with what the next will overwrite. */
function weaveBytes(source: usize, target: usize, ni: i32, si: i32, nj: i32, tj: i32): void {
  const s1 = ni > 1 ? si : 0, s2 = ni > 2 ? si << 1 : 0, s3 = ni > 3 ? si + (si << 1) : 0
  const whole = ni == 4 || (tj == ni && ni == 3)
  // the last groups are written byte by byte where a whole one would reach past them
  const spare = ni == 4 ? 0 : 1
  for (; nj >= 16 + spare; nj -= 16, source += 16) {
    const a = v128.load(source), b = v128.load(source + s1), c = v128.load(source + s2), d = v128.load(source + s3)
    const ab = v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    const cd = v128.shuffle<u8>(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    const gh = v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
    const kl = v128.shuffle<u8>(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
    target = storeFours(target, v128.shuffle<u16>(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11), tj, ni, whole)
    target = storeFours(target, v128.shuffle<u16>(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15), tj, ni, whole)
    target = storeFours(target, v128.shuffle<u16>(gh, kl, 0, 8, 1, 9, 2, 10, 3, 11), tj, ni, whole)
    target = storeFours(target, v128.shuffle<u16>(gh, kl, 4, 12, 5, 13, 6, 14, 7, 15), tj, ni, whole)
  }
  for (; nj > 0; nj--, source++, target += tj) {
    store<u8>(target, load<u8>(source))
    if (ni > 1) store<u8>(target, load<u8>(source + s1), 1)
    if (ni > 2) store<u8>(target, load<u8>(source + s2), 2)
    if (ni > 3) store<u8>(target, load<u8>(source + s3), 3)
  }
}

/** Four groups of four bytes, of which n count. */
@inline
function storeFours(target: usize, x: v128, tj: i32, n: i32, whole: bool): usize {
  if (whole) {
    if (tj == 4) {
      v128.store(target, x)
      return target + 16
    }
    v128.store32_lane(target, x, 0)
    v128.store32_lane(target + tj, x, 1)
    v128.store32_lane(target + (tj << 1), x, 2)
    v128.store32_lane(target + tj + (tj << 1), x, 3)
  } else if (n == 1) {
    v128.store8_lane(target, x, 0)
    v128.store8_lane(target + tj, x, 4)
    v128.store8_lane(target + (tj << 1), x, 8)
    v128.store8_lane(target + tj + (tj << 1), x, 12)
  } else {
    v128.store16_lane(target, x, 0)
    v128.store16_lane(target + tj, x, 2)
    v128.store16_lane(target + (tj << 1), x, 4)
    v128.store16_lane(target + tj + (tj << 1), x, 6)
    if (n == 3) {
      v128.store8_lane(target, x, 2, 2)
      v128.store8_lane(target + tj, x, 6, 2)
      v128.store8_lane(target + (tj << 1), x, 10, 2)
      v128.store8_lane(target + tj + (tj << 1), x, 14, 2)
    }
  }
  return target + (tj << 2)
}
