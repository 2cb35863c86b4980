/**
 * A block of rows of the product C = epilogue(A·B): its rows of A are packed, in panels of 1 to 6, and meet one panel of B after the other, 8 columns
 * wide. Panels are k-major, so that one step of the inner loop reads both from consecutive addresses. Goto & van de Geijn, "Anatomy of High-Performance
 * Matrix Multiplication", 2008; BLIS.
 */
import { tile1, tile2, tile3, tile4, tile5, tile6 } from '../generated/tiles'
import { ACTIVATION, activateStored, describePlace, EVERYTHING, finish, Output, runsOf } from './epilogue'
import { madd } from './madd'
import { packPanel } from './pack'
import { Place } from './place'
import { isRun } from './runs'

/** The rows of the register block that runs fastest: six need sums that are added to without a product between. */
const TALLEST: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5

/**
 * How many of m rows are left for smaller panels, so that the others are a multiple of the tallest: as many as fours and fives can make.
 *
 *     left over     1            2          3        4   5
 *     by sixes     13 = 5+4+4    8 = 4+4    9 = 5+4  4   5
 *     by fives     16 = 4·4     12 = 3·4    8 = 2·4  4
 */
function restOf(m: i32): i32 {
  const rest = m % TALLEST
  if (rest == 0 || rest >= 4) return rest
  return min(m, TALLEST == 5 ? 4 * (5 - rest) : rest == 3 ? 9 : rest == 2 ? 8 : 13)
}

/** How many rows the next panel has when `left` remain, the last `rest` of which are for smaller ones. */
function panelRows(left: i32, rest: i32): i32 {
  if (left > rest) return TALLEST
  return left == 5 || left == 9 || left == 13 ? 5 : min(left, 4)
}

/** A: source[rows[i] + depths[p]] → panels of 1 to 6 rows, [m, k] numbers in all. */
function packRows(panels: usize, source: usize, rows: usize, m: i32, depths: usize, k: i32): void {
  const rest = restOf(m)
  const part = partOf(rows, min(m, TALLEST), k)
  for (let from = 0; from < k; from += part) {
    const depth = min(part, k - from)
    for (let i = 0, at = panels; i < m; ) {
      const height = panelRows(m - i, rest)
      packPanel(at + ((<usize>height * <usize>from) << 2), height, source, rows + (<usize>i << 2), height, depths + (<usize>from << 2), depth)
      at += (<usize>height * <usize>k) << 2
      i += height
    }
  }
}

/**
 * How much of k is packed of one panel after the other: all, where a row's numbers stand side by side. Where those of a k do, a panel takes of each only a part
 * of a cache line, and the next panel the rest, so it comes before the lines are forgotten.
 */
@inline
function partOf(rows: usize, height: i32, k: i32): i32 {
  return isRun(rows, height) ? 64 : k
}

/** B: source[depths[p] + columns[j]] → panels of 8 columns, `panelBytes` apart, the last filled up with zeros. */
export function packColumns(
  panels: usize, panelBytes: usize, source: usize, depths: usize, k: i32, columns: usize, n: i32,
): void {
  if (n & 7) memory.fill(panels + <usize>(n >> 3) * panelBytes, 0, <usize>k << 5)
  const part = partOf(columns, min(n, 8), k)
  for (let from = 0; from < k; from += part) {
    const depth = min(part, k - from)
    for (let j = 0, at = panels + (<usize>from << 5); j < n; j += 8, at += panelBytes) {
      packPanel(at, 8, source, columns + (<usize>j << 2), min(n - j, 8), depths + (<usize>from << 2), depth)
    }
  }
}

/**
 * Computes rows `row … row + m` of the output.
 *
 * A: element (i, p) stands rows[i] + depths[p] floats after `source`, i < m. panels: B, packed, [k, n].
 * scratch: a thread's workspace, [f32 × 8 for a row of the epilogue] [place] [blockRows × blockDepth packed] [sums].
 */
export function multiplyRows(
  source: usize, rows: usize, depths: usize, k: i32, panels: usize, output: Output, row: i32, m: i32, n: i32,
  scratch: usize, blockRows: i32, blockDepth: i32,
): void {
  const packed = scratch + 64
  const sums = packed + ((<usize>blockRows * <usize>blockDepth) << 2)
  let from = 0
  do {
    const depth = min(blockDepth, k - from)
    packRows(packed, source, rows, m, depths + (<usize>from << 2), depth)
    multiply(packed, panels + (<usize>from << 5), <usize>k << 5, sums, scratch, output, row, m, n, depth, from == 0, from + depth == k)
    from += depth
  } while (from < k) // an empty sum has to be stored, too
}

/**
 * m rows of C, from `row` on, by n columns, over k of the summed indices.
 *
 * a: [m, k] packed rows. b: [k, n] packed columns, `panelBytes` from one panel to the next.
 * sums: tiles of [rows, 8] partial sums, one after the other. They begin at 0 when `first` and go to the output when `last`; when both, nothing waits
 * for a later block, and all tiles use the same 48 numbers.
 */
function multiply(
  a: usize, b: usize, panelBytes: usize, sums: usize, scratch: usize, output: Output,
  row: i32, m: i32, n: i32, k: i32, first: bool, last: bool,
): void {
  let j = 0
  if (m == 1) {
    for (; j + 32 <= n; j += 32, b += panelBytes << 2) {
      row32(a, b, panelBytes, sums, k, first)
      for (let t = 0; last && t < 32; t += 8) {
        finish(output, sums + (<usize>t << 2), scratch, row, 1, j + t, 8, runsOf(output, j + t, 8))
      }
      if (!(first && last)) sums += 128
    }
  }
  const place = changetype<Place>(scratch + 32)
  const rest = restOf(m)
  for (; j < n; j += 8, b += panelBytes) {
    const columns = min(n - j, 8)
    const runs = last ? runsOf(output, j, columns) : 0
    const left = last ? describePlace(place, output, j, runs) : EVERYTHING
    const stored = left == EVERYTHING ? 0 : changetype<usize>(place)
    let panel = a
    for (let i = 0; i < m; ) {
      const rows = panelRows(m - i, rest)
      // the tallest come first, and one call computes them, unless each is finished here
      const count = rows == TALLEST && !(last && left == EVERYTHING) ? (m - rest - i) / TALLEST : 1
      if (rows == 6) tile6(panel, b, k, sums, first, stored, row + i, count)
      else if (rows == 5) tile5(panel, b, k, sums, first, stored, row + i, count)
      else if (rows == 4) tile4(panel, b, k, sums, first, stored, row + i, count)
      else if (rows == 3) tile3(panel, b, k, sums, first, stored, row + i, count)
      else if (rows == 2) tile2(panel, b, k, sums, first, stored, row + i, count)
      else tile1(panel, b, k, sums, first, stored, row + i, count)
      if (last && left == EVERYTHING) finish(output, sums, scratch, row + i, rows, j, columns, runs)
      if (!(first && last)) sums += <usize>(rows * count) << 5
      panel += (<usize>(rows * count) * <usize>k) << 2
      i += rows * count
    }
    if (left == ACTIVATION) activateStored(output, row, m, j)
  }
}

/**
 * A single row, over four panels at once: eight sums that do not wait for one another, where a tile of one row has two. Each sum is taken in the same
 * order as in a tile, so that it does not matter in what company a row is computed.
 */
export function row32(a: usize, b: usize, panelBytes: usize, sums: usize, k: i32, first: bool): void {
  const b1 = b + panelBytes, b2 = b1 + panelBytes, b3 = b2 + panelBytes
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0
  if (!first) {
    c0 = v128.load(sums); c1 = v128.load(sums, 16); c2 = v128.load(sums, 32); c3 = v128.load(sums, 48)
    c4 = v128.load(sums, 64); c5 = v128.load(sums, 80); c6 = v128.load(sums, 96); c7 = v128.load(sums, 112)
  }
  for (let p: usize = 0, end = <usize>k << 5; p < end; p += 32, a += 4) {
    const x = v128.load32_splat(a)
    c0 = madd(x, v128.load(b + p), c0); c1 = madd(x, v128.load(b + p, 16), c1)
    c2 = madd(x, v128.load(b1 + p), c2); c3 = madd(x, v128.load(b1 + p, 16), c3)
    c4 = madd(x, v128.load(b2 + p), c4); c5 = madd(x, v128.load(b2 + p, 16), c5)
    c6 = madd(x, v128.load(b3 + p), c6); c7 = madd(x, v128.load(b3 + p, 16), c7)
  }
  v128.store(sums, c0); v128.store(sums, c1, 16); v128.store(sums, c2, 32); v128.store(sums, c3, 48)
  v128.store(sums, c4, 64); v128.store(sums, c5, 80); v128.store(sums, c6, 96); v128.store(sums, c7, 112)
}
