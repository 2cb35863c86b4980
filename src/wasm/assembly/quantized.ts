/**
 * Products with weights of eight bits: the rows of A become integers as they are packed, are multiplied by the weights' codes in integers, exactly, and the sums
 * get their scales back on the way to memory. So the result depends neither on how the product is cut nor on which of the tiles computes. Jobs are cut and described
 * by src/wasm/quantized.ts.
 */
import * as tiles from './generated/integer-tiles'
import { ALL, columnAt, Output, runsOf } from './shared/epilogue'
import { IntegerPlace, scaled } from './shared/integer-place'
import { activateColumns, finishSums } from './shared/products'
import { isWholeLine, lineOf, packFine, packWide } from './shared/row-codes'

/** Which tiles compute; codes of rows have 7 bits from PAIRS on. */
const WIDE: i32 = 0, NARROW: i32 = 1, PAIRS: i32 = 2, FOURS: i32 = 3

/** The rows of the tallest tile. */
const TALLEST: i32 = 5

/** Begins as the job of a product does. Laid out as src/wasm/quantized.ts writes it. */
@unmanaged
class QuantizedJob {
  kind: i32
  m: i32
  n: i32
  k: i32
  blockRows: i32
  form: i32
  /** A: element (i, p) stands rows[i] + depths[p] floats after `source`. */
  source: usize
  rows: usize
  depths: usize
  /** B's codes, packed. */
  panels: usize
  output: Output
  /** The first thread's workspace, and how far the next one's is. */
  space: usize
  spaceBytes: usize
  /** Of the columns the scales, f32[], and the sums of codes, i32[], both up to a multiple of eight. */
  scales: usize
  columnSums: usize
  /** What every element is multiplied by. */
  scale: f32
  /** The largest code of a row. */
  limit: f32
}

/** Computes part `index` of a job. */
export function compute(description: usize, thread: i32, index: i32): void {
  const job = changetype<QuantizedJob>(description)
  const isFine = job.form >= PAIRS
  const grain = isFine ? 16 : 8
  const padded = (job.k + grain - 1) & -grain
  const groups = isFine ? padded >> 2 : padded >> 1
  const row = index * job.blockRows
  const m = min(job.blockRows, job.m - row)

  // [f32 × 8 for a row of the epilogue] [place] [factors] [zeros] [line] [sums] [codes]
  const scratch = job.space + <usize>thread * job.spaceBytes
  const place = changetype<IntegerPlace>(scratch + 32)
  const factors = scratch + 128
  const zeros = factors + ((<usize>job.blockRows) << 2)
  const line = zeros + ((<usize>job.blockRows) << 2)
  const sums = line + ((<usize>padded) << 2)
  const packed = sums + 192

  const isWhole = isWholeLine(job.depths, job.k, padded)
  let to = packed
  for (let i = 0; i < m; ) {
    const height = panelRows(m - i)
    const step = <usize>height << 2
    for (let r = 0; r < height; r++, i++) {
      const offset = load<i32>(job.rows + (<usize>(row + i) << 2))
      const from = lineOf(job.source + (<usize>offset << 2), job.depths, job.k, isWhole, padded, line)
      const own = to + (<usize>r << 2)
      const unit = isFine
        ? packFine(own, step, from, padded, zeros + (<usize>i << 2))
        : packWide(own, step, from, padded, job.limit)
      store<f32>(factors + (<usize>i << 2), unit * job.scale)
    }
    to += step * <usize>groups
  }
  place.factors = factors - (<usize>row << 2)
  place.zeros = zeros - (<usize>row << 2)
  multiply(job, place, packed, sums, scratch, row, m, groups, isFine)
}

function multiply(
  job: QuantizedJob, place: IntegerPlace, a: usize, sums: usize, scratch: usize, row: i32, m: i32, groups: i32, isFine: bool,
): void {
  const output = job.output
  const panelBytes = <usize>groups << (job.form == NARROW ? 4 : 5)
  let b = job.panels
  for (let j = 0; j < job.n; j += 8, b += panelBytes) {
    const columns = min(job.n - j, 8)
    const runs = runsOf(output, j, columns)
    const isActivated = output.activation != 0
    const isPlaced = runs == ALL && !(isActivated && output.residual != null)
    place.scales = job.scales + (<usize>j << 2)
    place.columnSums = isFine ? job.columnSums + (<usize>j << 2) : 0
    if (isPlaced) describe(place, output, j)
    const stored = isPlaced ? changetype<usize>(place) : 0
    let panel = a
    for (let i = 0; i < m; ) {
      const rows = panelRows(m - i)
      // the tallest come first, and one call computes them, unless each is finished here
      const own = rows == TALLEST && isPlaced ? (m - i - fours(m - i)) / TALLEST : 1
      tile(job.form, rows, panel, b, groups, sums, stored, row + i, own)
      if (!isPlaced) {
        for (let r = 0; r < rows; r++) {
          const at = sums + (<usize>r << 5)
          v128.store(at, scaled(place, row + i + r, v128.load(at), 0))
          v128.store(at, scaled(place, row + i + r, v128.load(at, 16), 16), 16)
        }
        finishSums(changetype<usize>(output), sums, scratch, row + i, rows, j, columns, runs)
      }
      panel += (<usize>(rows * own) * <usize>groups) << 2
      i += rows * own
    }
    if (isPlaced && isActivated) activateColumns(changetype<usize>(output), row, m, j)
  }
}

/** How many rows the next panel has when `left` remain: fives, and behind them the fours, or fewer, that are left over. */
@inline
function panelRows(left: i32): i32 {
  return left > fours(left) ? TALLEST : min(left, 4)
}

/** How many of `left` rows are left for fours: as many as leave a multiple of five. */
@inline
function fours(left: i32): i32 {
  const rest = left % TALLEST
  return rest == 0 ? 0 : min(4 * (TALLEST - rest), left)
}

function describe(place: IntegerPlace, output: Output, column: i32): void {
  const bias = output.bias, residual = output.residual
  place.target = columnAt(output.target, column)
  place.targetRows = output.target.rows
  place.bias = bias != null ? columnAt(bias, column) : 0
  place.biasRows = bias != null ? bias.rows : 0
  place.residual = residual != null ? columnAt(residual, column) : 0
  place.residualRows = residual != null ? residual.rows : 0
}

function tile(
  form: i32, rows: i32, a: usize, b: usize, groups: i32, sums: usize, stored: usize, row: i32, count: i32,
): void {
  if (form == WIDE) {
    if (rows == 5) tiles.wide5(a, b, groups, sums, stored, row, count)
    else if (rows == 4) tiles.wide4(a, b, groups, sums, stored, row, count)
    else if (rows == 3) tiles.wide3(a, b, groups, sums, stored, row, count)
    else if (rows == 2) tiles.wide2(a, b, groups, sums, stored, row, count)
    else tiles.wide1(a, b, groups, sums, stored, row, count)
  } else if (form == NARROW) {
    if (rows == 5) tiles.narrow5(a, b, groups, sums, stored, row, count)
    else if (rows == 4) tiles.narrow4(a, b, groups, sums, stored, row, count)
    else if (rows == 3) tiles.narrow3(a, b, groups, sums, stored, row, count)
    else if (rows == 2) tiles.narrow2(a, b, groups, sums, stored, row, count)
    else tiles.narrow1(a, b, groups, sums, stored, row, count)
  } else if (ASC_FEATURE_RELAXED_SIMD) {
    if (form == PAIRS) {
      if (rows == 5) tiles.pairs5(a, b, groups, sums, stored, row, count)
      else if (rows == 4) tiles.pairs4(a, b, groups, sums, stored, row, count)
      else if (rows == 3) tiles.pairs3(a, b, groups, sums, stored, row, count)
      else if (rows == 2) tiles.pairs2(a, b, groups, sums, stored, row, count)
      else tiles.pairs1(a, b, groups, sums, stored, row, count)
    } else {
      if (rows == 5) tiles.fours5(a, b, groups, sums, stored, row, count)
      else if (rows == 4) tiles.fours4(a, b, groups, sums, stored, row, count)
      else if (rows == 3) tiles.fours3(a, b, groups, sums, stored, row, count)
      else if (rows == 2) tiles.fours2(a, b, groups, sums, stored, row, count)
      else tiles.fours1(a, b, groups, sums, stored, row, count)
    }
  }
}
