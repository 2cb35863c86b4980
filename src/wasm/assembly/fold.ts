/**
 * Folding the numbers of a tile. The loops stand in memory, outermost first, as triples of integers: length, source step, result step, both
 * in bytes. The last one runs through consecutive numbers of the source. Where its result step is 0 a row becomes one number; else rows are
 * folded onto each other. Where the loop before it has result step 0, all of its rows are folded at once, columns a cache line at a time. Sums
 * are doubles, so that they are rounded once; the largest and the least are floats. NaN wins;
 * which of two zeros is the larger one is left open.
 */

/** result += source, doubles. */
export function sum(loops: usize, rank: i32, source: usize, result: usize): void { walk(SUM, loops, rank, source, result) }

/** result = max(result, source), floats. */
export function max(loops: usize, rank: i32, source: usize, result: usize): void { walk(MAX, loops, rank, source, result) }

/** result = min(result, source), floats. */
export function min(loops: usize, rank: i32, source: usize, result: usize): void { walk(MIN, loops, rank, source, result) }

/** target[i] = sums[i] / divisor, rounded to floats. */
export function divide(sums: usize, n: i32, divisor: f64, target: usize): void {
  const exact = isPower(divisor), d = f64x2.splat(divisor), r = f64x2.splat(1 / divisor)
  for (; n >= 4; n -= 4, sums += 32, target += 16) {
    v128.store(target, quotients(v128.load(sums), v128.load(sums, 16), exact, d, r))
  }
  for (; n > 0; n--, sums += 8, target += 4) store<f32>(target, <f32>(load<f64>(sums) / divisor))
}

/** target[j] = Σᵢ source[i, j] / divisor: where a tile has all rows, their sums need no memory. */
export function divideSums(source: usize, rows: i32, step: i32, n: i32, divisor: f64, target: usize): void {
  const exact = isPower(divisor), d = f64x2.splat(divisor), r = f64x2.splat(1 / divisor)
  for (; n >= 8; n -= 8, source += 32, target += 32) {
    let a = f64x2.splat(-0.0), b = a, c = a, e = a
    for (let i = 0, from = source; i < rows; i++, from += step) {
      a = f64x2.add(a, pair(from)); b = f64x2.add(b, pair(from, 8))
      c = f64x2.add(c, pair(from, 16)); e = f64x2.add(e, pair(from, 24))
    }
    v128.store(target, quotients(a, b, exact, d, r))
    v128.store(target, quotients(c, e, exact, d, r), 16)
  }
  for (; n > 0; n--, source += 4, target += 4) {
    let a: f64 = -0.0
    for (let i = 0, from = source; i < rows; i++, from += step) a += <f64>load<f32>(from)
    store<f32>(target, <f32>(a / divisor))
  }
}

/** Whether dividing by it is multiplying by its reciprocal, which is five times as fast. */
@inline
function isPower(divisor: f64): bool {
  return (reinterpret<u64>(divisor) & 0xfffffffffffff) == 0
}

@inline
function quotients(a: v128, b: v128, exact: bool, divisor: v128, reciprocal: v128): v128 {
  if (exact) { a = f64x2.mul(a, reciprocal); b = f64x2.mul(b, reciprocal) } else { a = f64x2.div(a, divisor); b = f64x2.div(b, divisor) }
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2)
}

const SUM: i32 = 0
const MAX: i32 = 1
const MIN: i32 = 2

function walk(operation: i32, loops: usize, rank: i32, source: usize, result: usize): void {
  const n = load<i32>(loops), s = load<i32>(loops, 4), t = load<i32>(loops, 8)
  if (rank > 2) {
    for (let k = 0; k < n; k++, source += s, result += t) walk(operation, loops + 12, rank - 1, source, result)
    return
  }
  const length = load<i32>(loops, 12), step = load<i32>(loops, 20)
  // rows that go to one result are folded together
  const rows = t == 0 ? n : 1
  if (step == 0) {
    for (let i = 0; i < n; i += rows, source += s, result += t) {
      if (operation == SUM) sumRows(source, rows, s, length, result)
      else if (operation == MAX) extremeRows(true, source, rows, s, length, result)
      else extremeRows(false, source, rows, s, length, result)
    }
    return
  }
  for (let i = 0; i < n; i += rows, source += s, result += t) {
    if (operation == SUM) sumColumns(source, rows, s, length, result)
    else if (operation == MAX) extremeColumns(true, source, rows, s, length, result)
    else extremeColumns(false, source, rows, s, length, result)
  }
}

function sumRows(source: usize, rows: i32, step: i32, n: i32, result: usize): void {
  for (; rows > 0; rows--, source += step) sumRow(source, n, result)
}

@inline
function sumRow(source: usize, n: i32, result: usize): void {
  let a = f64x2.splat(-0.0), b = a, c = a, d = a
  for (; n >= 8; n -= 8, source += 32) {
    a = f64x2.add(a, pair(source))
    b = f64x2.add(b, pair(source, 8))
    c = f64x2.add(c, pair(source, 16))
    d = f64x2.add(d, pair(source, 24))
  }
  const ab = f64x2.add(f64x2.add(a, b), f64x2.add(c, d))
  let total = f64x2.extract_lane(ab, 0) + f64x2.extract_lane(ab, 1)
  for (; n > 0; n--, source += 4) total += <f64>load<f32>(source)
  store<f64>(result, load<f64>(result) + total)
}

/** Sixteen columns at a time, then two, then one. */
function sumColumns(source: usize, rows: i32, step: i32, n: i32, result: usize): void {
  for (; n >= 16; n -= 16, source += 64, result += 128) {
    let a = v128.load(result), b = v128.load(result, 16), c = v128.load(result, 32), d = v128.load(result, 48)
    let e = v128.load(result, 64), f = v128.load(result, 80), g = v128.load(result, 96), h = v128.load(result, 112)
    for (let i = 0, from = source; i < rows; i++, from += step) {
      a = f64x2.add(a, pair(from)); b = f64x2.add(b, pair(from, 8))
      c = f64x2.add(c, pair(from, 16)); d = f64x2.add(d, pair(from, 24))
      e = f64x2.add(e, pair(from, 32)); f = f64x2.add(f, pair(from, 40))
      g = f64x2.add(g, pair(from, 48)); h = f64x2.add(h, pair(from, 56))
    }
    v128.store(result, a); v128.store(result, b, 16); v128.store(result, c, 32); v128.store(result, d, 48)
    v128.store(result, e, 64); v128.store(result, f, 80); v128.store(result, g, 96); v128.store(result, h, 112)
  }
  for (; n >= 2; n -= 2, source += 8, result += 16) {
    let a = v128.load(result)
    for (let i = 0, from = source; i < rows; i++, from += step) {
      a = f64x2.add(a, pair(from))
    }
    v128.store(result, a)
  }
  if (n > 0) {
    let a = load<f64>(result)
    for (let i = 0, from = source; i < rows; i++, from += step) a += <f64>load<f32>(from)
    store<f64>(result, a)
  }
}

/** Two floats as doubles: on x64 one instruction that reads them from memory. */
@inline
function pair(at: usize, offset: usize = 0): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at + offset))
}

/**
 * The larger or the less of two, lane by lane; a NaN in a stays, one in b is passed over and has to be marked. A single instruction on x64, where
 * f32x4.max and f32x4.min, which mind NaN, are eight.
 */
@inline
function extreme(largest: bool, a: v128, b: v128): v128 {
  return largest ? f32x4.pmax(a, b) : f32x4.pmin(a, b)
}

/** Marks the lanes where x is NaN, besides those already marked. */
@inline
function mark(nan: v128, x: v128): v128 {
  return v128.or(nan, f32x4.ne(x, x))
}

/** NaN in the marked lanes. */
@inline
function spoil(a: v128, nan: v128): v128 {
  return v128.bitselect(f32x4.splat(NaN), a, nan)
}

@inline
function extremeRows(largest: bool, source: usize, rows: i32, step: i32, n: i32, result: usize): void {
  let a = v128.load32_splat(result), b = a, c = a, d = a
  let nan = f32x4.ne(a, a), nan2 = nan
  for (; rows > 0; rows--, source += step) {
    let left = n, from = source
    for (; left >= 16; left -= 16, from += 64) {
      const x = v128.load(from), y = v128.load(from, 16), z = v128.load(from, 32), w = v128.load(from, 48)
      a = extreme(largest, a, x); nan = mark(nan, x)
      b = extreme(largest, b, y); nan2 = mark(nan2, y)
      c = extreme(largest, c, z); nan = mark(nan, z)
      d = extreme(largest, d, w); nan2 = mark(nan2, w)
    }
    for (; left >= 4; left -= 4, from += 16) {
      const x = v128.load(from)
      a = extreme(largest, a, x); nan = mark(nan, x)
    }
    for (; left > 0; left--, from += 4) {
      const x = v128.load32_splat(from)
      b = extreme(largest, b, x); nan2 = mark(nan2, x)
    }
  }
  a = extreme(largest, extreme(largest, a, b), extreme(largest, c, d))
  a = extreme(largest, a, v128.shuffle<u64>(a, a, 1, 0))
  a = extreme(largest, a, v128.shuffle<u32>(a, a, 1, 0, 3, 2))
  store<f32>(result, v128.any_true(v128.or(nan, nan2)) ? NaN : f32x4.extract_lane(a, 0))
}

@inline
function extremeColumns(largest: bool, source: usize, rows: i32, step: i32, n: i32, result: usize): void {
  const none = i32x4.splat(0)
  for (; n >= 16; n -= 16, source += 64, result += 64) {
    let a = v128.load(result), b = v128.load(result, 16), c = v128.load(result, 32), d = v128.load(result, 48)
    let nanA = none, nanB = none, nanC = none, nanD = none
    for (let i = 0, from = source; i < rows; i++, from += step) {
      const x = v128.load(from), y = v128.load(from, 16), z = v128.load(from, 32), w = v128.load(from, 48)
      a = extreme(largest, a, x); nanA = mark(nanA, x)
      b = extreme(largest, b, y); nanB = mark(nanB, y)
      c = extreme(largest, c, z); nanC = mark(nanC, z)
      d = extreme(largest, d, w); nanD = mark(nanD, w)
    }
    v128.store(result, spoil(a, nanA)); v128.store(result, spoil(b, nanB), 16)
    v128.store(result, spoil(c, nanC), 32); v128.store(result, spoil(d, nanD), 48)
  }
  for (; n >= 4; n -= 4, source += 16, result += 16) {
    let a = v128.load(result), nan = none
    for (let i = 0, from = source; i < rows; i++, from += step) {
      const x = v128.load(from)
      a = extreme(largest, a, x); nan = mark(nan, x)
    }
    v128.store(result, spoil(a, nan))
  }
  for (; n > 0; n--, source += 4, result += 4) {
    let a = v128.load32_splat(result), nan = none
    for (let i = 0, from = source; i < rows; i++, from += step) {
      const x = v128.load32_splat(from)
      a = extreme(largest, a, x); nan = mark(nan, x)
    }
    v128.store32_lane(result, spoil(a, nan), 0)
  }
}
