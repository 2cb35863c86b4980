/**
 * Packing: one panel of a strided matrix as the inner loop reads it, for every k the panel's few rows side by side. Where the matrix lies in memory is
 * told by two scatter vectors, so that any product of axes can be a row and any other a column (Matthews, SIAM J. Sci. Comput. 2018).
 * Runs in either vector are found four entries at a time and moved as vectors.
 *
 *     rows ↓  k →   a0 a1 a2 a3 …
 *                   b0 b1 b2 b3 …      →      a0 b0 c0  a1 b1 c1  a2 b2 c2  a3 b3 c3 …
 *                   c0 c1 c2 c3 …
 */
import { isRun, isRun4 } from './runs'

/** source[rows[i] + depths[p]] → panel[p, i], i < height ≤ width, p < k. Lanes from `height` to `width` are left as they are. */
export function packPanel(panel: usize, width: i32, source: usize, rows: usize, height: i32, depths: usize, k: i32): void {
  const step = <usize>width << 2
  const tall = height & ~3
  const end = depths + (<usize>k << 2)
  if (isRun(rows, height)) {
    // the rows stand side by side: every k is a copy
    const start = source + (<usize>load<i32>(rows) << 2)
    if (height == 8) {
      for (; depths < end; depths += 4, panel += step) {
        const from = start + (<usize>load<i32>(depths) << 2)
        v128.store(panel, v128.load(from))
        v128.store(panel, v128.load(from, 16), 16)
      }
    } else if (height == 6) {
      for (; depths < end; depths += 4, panel += step) {
        const from = start + (<usize>load<i32>(depths) << 2)
        v128.store(panel, v128.load(from))
        store<u64>(panel, load<u64>(from, 16), 16)
      }
    } else {
      for (; depths < end; depths += 4, panel += step) {
        const from = start + (<usize>load<i32>(depths) << 2)
        for (let i = 0; i < tall; i += 4) v128.store(panel + (<usize>i << 2), v128.load(from + (<usize>i << 2)))
        for (let i = tall; i < height; i++) store<f32>(panel + (<usize>i << 2), load<f32>(from + (<usize>i << 2)))
      }
    }
    return
  }
  if (isRun(depths, k)) {
    packRuns(panel, step, source + (<usize>load<i32>(depths) << 2), rows, height, k)
    return
  }
  while (depths < end) {
    const column = source + (<usize>load<i32>(depths) << 2)
    if (depths + 16 <= end && isRun4(depths)) {
      let i = 0
      for (; i < tall; i += 4) {
        const here = rows + (<usize>i << 2)
        transpose4(
          panel + (<usize>i << 2), step, v128.load(rowAt(column, here, 0)), v128.load(rowAt(column, here, 1)),
          v128.load(rowAt(column, here, 2)), v128.load(rowAt(column, here, 3)),
        )
      }
      for (; i < height; i++) spread(panel + (<usize>i << 2), step, v128.load(rowAt(column, rows, i)))
      depths += 16
      panel += step << 2
    } else {
      for (let i = 0; i < height; i++) store<f32>(panel + (<usize>i << 2), load<f32>(rowAt(column, rows, i)))
      depths += 4
      panel += step
    }
  }
}

/** The same where the k of a row stand side by side, the first at column + 4·rows[i]: no offset is looked at twice. */
function packRuns(panel: usize, step: usize, column: usize, rows: usize, height: i32, k: i32): void {
  const whole = <usize>(k & ~3) << 2
  const left = k & 3
  for (; height >= 4; height -= 4, rows += 16, panel += 16) {
    const a = rowAt(column, rows, 0), b = rowAt(column, rows, 1), c = rowAt(column, rows, 2), d = rowAt(column, rows, 3)
    let to = panel
    for (let p: usize = 0; p < whole; p += 16, to += step << 2) {
      transpose4(to, step, v128.load(a + p), v128.load(b + p), v128.load(c + p), v128.load(d + p))
    }
    for (let p = whole, end = whole + (<usize>left << 2); p < end; p += 4, to += step) {
      store<f32>(to, load<f32>(a + p)); store<f32>(to, load<f32>(b + p), 4)
      store<f32>(to, load<f32>(c + p), 8); store<f32>(to, load<f32>(d + p), 12)
    }
  }
  for (; height >= 2; height -= 2, rows += 8, panel += 8) {
    const a = rowAt(column, rows, 0), b = rowAt(column, rows, 1)
    let to = panel
    for (let p: usize = 0; p < whole; p += 16, to += step << 2) spreadPair(to, step, v128.load(a + p), v128.load(b + p))
    for (let p = whole, end = whole + (<usize>left << 2); p < end; p += 4, to += step) {
      store<f32>(to, load<f32>(a + p)); store<f32>(to, load<f32>(b + p), 4)
    }
  }
  for (; height > 0; height--, rows += 4, panel += 4) {
    const a = rowAt(column, rows, 0)
    let to = panel
    for (let p: usize = 0; p < whole; p += 16, to += step << 2) spread(to, step, v128.load(a + p))
    for (let p = whole, end = whole + (<usize>left << 2); p < end; p += 4, to += step) store<f32>(to, load<f32>(a + p))
  }
}

@inline
function rowAt(column: usize, rows: usize, i: i32): usize {
  return column + (<usize>load<i32>(rows + (<usize>i << 2)) << 2)
}

/** Four rows by four k. */
@inline
function transpose4(panel: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(panel, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
  v128.store(panel + step, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
  v128.store(panel + 2 * step, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5))
  v128.store(panel + 3 * step, v128.shuffle<f32>(AB, CD, 2, 3, 6, 7))
}

/** Two rows by four k. */
@inline
function spreadPair(panel: usize, step: usize, a: v128, b: v128): void {
  const low = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const high = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  v128.store64_lane(panel, low, 0)
  v128.store64_lane(panel + step, low, 1)
  v128.store64_lane(panel + 2 * step, high, 0)
  v128.store64_lane(panel + 3 * step, high, 1)
}

/** One row by four k. */
@inline
function spread(panel: usize, step: usize, row: v128): void {
  v128.store_lane<f32>(panel, row, 0)
  v128.store_lane<f32>(panel + step, row, 1)
  v128.store_lane<f32>(panel + 2 * step, row, 2)
  v128.store_lane<f32>(panel + 3 * step, row, 3)
}
