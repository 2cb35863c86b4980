/**
 * What happens to a tile of sums on its way to memory: activation(scale·sum + bias) + residual, stored through scatter vectors.
 * Doing it here saves a pass over the result for each.
 */
import { activate, activateRows } from './activate'
import { Place } from './place'
import { isRun8 } from './runs'

/** A matrix somewhere in memory: element (i, j) stands rows[i] + columns[j] floats after `origin`. */
@unmanaged
export class Matrix {
  origin: usize
  rows: usize // i32[]
  columns: usize // i32[]
}

/** Laid out as src/wasm/product-workspace.ts writes it. */
@unmanaged
export class Output {
  target: Matrix
  bias: Matrix | null
  residual: Matrix | null
  scale: f32
  activation: i32 // 0 none, 1 GELU, 2 its tanh form, 3 ReLU, 4 SiLU, 5 quick GELU
}

const TARGET: i32 = 1, BIAS: i32 = 2, RESIDUAL: i32 = 4
export const ALL: i32 = 7

/** In which of the output's matrices the eight columns from `column` on stand side by side; also in those that there are none of. */
export function runsOf(output: Output, column: i32, count: i32): i32 {
  if (count < 8) return 0
  const bias = output.bias, residual = output.residual
  let runs = isRun(output.target, column) ? TARGET : 0
  if (bias == null || isRun(bias, column)) runs |= BIAS
  if (residual == null || isRun(residual, column)) runs |= RESIDUAL
  return runs
}

/** What tiles leave to do of eight columns: nothing, the activation of what they stored, or everything, as sums. */
export const NOTHING: i32 = 0, ACTIVATION: i32 = 1, EVERYTHING: i32 = 2

/** Describes the place of eight columns to the tiles, where runs allow; says what is left to do. */
export function describePlace(place: Place, output: Output, column: i32, runs: i32): i32 {
  const bias = output.bias, residual = output.residual
  const activated = output.activation != 0
  if (runs != ALL || (activated && residual != null)) return EVERYTHING
  place.scale = output.scale
  place.target = columnAt(output.target, column)
  place.targetRows = output.target.rows
  place.bias = bias != null ? columnAt(bias, column) : 0
  place.biasRows = bias != null ? bias.rows : 0
  place.residual = residual != null ? columnAt(residual, column) : 0
  place.residualRows = residual != null ? residual.rows : 0
  return activated ? ACTIVATION : NOTHING
}

/** Activates eight columns of all of a block's rows, where the tiles stored them. */
export function activateStored(output: Output, row: i32, rows: i32, column: i32): void {
  activateRows(columnAt(output.target, column), output.target.rows + (<usize>row << 2), rows, output.activation)
}

/** Stores `count` ≤ 8 columns of a tile, sums: [rows, 8], at (row, column) of the output; scratch: f32[8]. */
export function finish(
  output: Output, sums: usize, scratch: usize, row: i32, rows: i32, column: i32, count: i32, runs: i32,
): void {
  const residual = output.residual
  if (output.activation == 0) {
    transfer(sums, scratch, row, rows, column, count, runs, output.scale, output.bias, residual, output.target)
    return
  }
  if (output.scale != 1 || output.bias != null) {
    transfer(sums, scratch, row, rows, column, count, runs, output.scale, output.bias, null, null)
  }
  activate(sums, sums, sums + (<usize>rows << 5), output.activation)
  transfer(sums, scratch, row, rows, column, count, runs, 1, null, residual, output.target)
}

/** scale·sums + bias + residual → target, or back to the sums where there is none. */
function transfer(
  sums: usize, scratch: usize, row: i32, rows: i32, column: i32, count: i32, runs: i32,
  scale: f32, bias: Matrix | null, residual: Matrix | null, target: Matrix | null,
): void {
  const factor = f32x4.splat(scale)
  const biasColumn = bias != null ? columnAt(bias, column) : 0
  const residualColumn = residual != null ? columnAt(residual, column) : 0
  const targetColumn = target != null ? columnAt(target, column) : 0
  for (const end = row + rows; row < end; row++, sums += 32) {
    let left = f32x4.mul(v128.load(sums), factor)
    let right = f32x4.mul(v128.load(sums, 16), factor)
    if (bias != null) {
      const from = runs & BIAS ? biasColumn + rowAt(bias, row) : gather(bias, row, column, count, scratch)
      left = f32x4.add(left, v128.load(from))
      right = f32x4.add(right, v128.load(from, 16))
    }
    if (residual != null) {
      const from = runs & RESIDUAL ? residualColumn + rowAt(residual, row) : gather(residual, row, column, count, scratch)
      left = f32x4.add(left, v128.load(from))
      right = f32x4.add(right, v128.load(from, 16))
    }
    const to = target != null && runs & TARGET ? targetColumn + rowAt(target, row) : sums
    v128.store(to, left)
    v128.store(to, right, 16)
    if (target != null && !(runs & TARGET)) scatter(target, row, column, count, sums)
  }
}

/** The address of a column in the row of offset 0. */
@inline
export function columnAt(matrix: Matrix, column: i32): usize {
  return matrix.origin + (<usize>load<i32>(matrix.columns + (<usize>column << 2)) << 2)
}

/** How many bytes a row is from the row of offset 0. */
@inline
function rowAt(matrix: Matrix, row: i32): usize {
  return <usize>load<i32>(matrix.rows + (<usize>row << 2)) << 2
}

@inline
function isRun(matrix: Matrix, column: i32): bool {
  return isRun8(matrix.columns + (<usize>column << 2))
}

function gather(matrix: Matrix, row: i32, column: i32, count: i32, to: usize): usize {
  for (let j = 0; j < count; j++) store<f32>(to + (<usize>j << 2), load<f32>(columnAt(matrix, column + j) + rowAt(matrix, row)))
  return to
}

function scatter(matrix: Matrix, row: i32, column: i32, count: i32, from: usize): void {
  for (let j = 0; j < count; j++) store<f32>(columnAt(matrix, column + j) + rowAt(matrix, row), load<f32>(from + (<usize>j << 2)))
}
