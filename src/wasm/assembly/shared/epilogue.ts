/**
 * What happens to a tile of sums on its way to memory: activation(scale·sum + bias) + residual, stored through scatter vectors.
 * Doing it here saves a pass over the result for each.
 */
import { gelu, geluTanh, relu, silu } from './exponential'
import { isRun8 } from './runs'

/** A matrix somewhere in memory: element (i, j) stands rows[i] + columns[j] floats after `origin`. */
@unmanaged
export class Matrix {
  origin: usize
  rows: usize // i32[]
  columns: usize // i32[]
}

/** Laid out as src/wasm/product.ts writes it. */
@unmanaged
export class Output {
  target: Matrix
  bias: Matrix | null
  residual: Matrix | null
  scale: f32
  activation: i32 // 0 none, 1 GELU, 2 its tanh form, 3 ReLU, 4 SiLU
  scratch: usize // f32[8]
}

const TARGET: i32 = 1, BIAS: i32 = 2, RESIDUAL: i32 = 4

/** In which of the output's matrices the eight columns from `column` on stand side by side. */
export function runsOf(output: Output, column: i32, count: i32): i32 {
  if (count < 8) return 0
  const bias = output.bias, residual = output.residual
  let runs = isRun(output.target, column) ? TARGET : 0
  if (bias != null && isRun(bias, column)) runs |= BIAS
  if (residual != null && isRun(residual, column)) runs |= RESIDUAL
  return runs
}

/** Stores `count` ≤ 8 columns of a tile, sums: [rows, 8], at (row, column) of the output. */
export function finish(output: Output, sums: usize, row: i32, rows: i32, column: i32, count: i32, runs: i32): void {
  const target = output.target, bias = output.bias, residual = output.residual
  const activation = output.activation, scratch = output.scratch
  const scale = f32x4.splat(output.scale)
  for (const end = row + rows; row < end; row++, sums += 32) {
    let left = f32x4.mul(v128.load(sums), scale)
    let right = f32x4.mul(v128.load(sums, 16), scale)
    if (bias != null) {
      const from = runs & BIAS ? address(bias, row, column) : gather(bias, row, column, count, scratch)
      left = f32x4.add(left, v128.load(from))
      right = f32x4.add(right, v128.load(from, 16))
    }
    if (activation != 0) {
      left = activate(left, activation)
      right = activate(right, activation)
    }
    if (residual != null) {
      const from = runs & RESIDUAL ? address(residual, row, column) : gather(residual, row, column, count, scratch)
      left = f32x4.add(left, v128.load(from))
      right = f32x4.add(right, v128.load(from, 16))
    }
    if (runs & TARGET) {
      const to = address(target, row, column)
      v128.store(to, left)
      v128.store(to, right, 16)
    } else {
      v128.store(scratch, left)
      v128.store(scratch, right, 16)
      scatter(target, row, column, count, scratch)
    }
  }
}

function activate(x: v128, activation: i32): v128 {
  if (activation == 1) return gelu(x)
  if (activation == 2) return geluTanh(x)
  if (activation == 3) return relu(x)
  return silu(x)
}

@inline
function isRun(matrix: Matrix, column: i32): bool {
  return isRun8(matrix.columns + (<usize>column << 2))
}

@inline
function address(matrix: Matrix, row: i32, column: i32): usize {
  const offset = load<i32>(matrix.rows + (<usize>row << 2)) + load<i32>(matrix.columns + (<usize>column << 2))
  return matrix.origin + (<usize>offset << 2)
}

function gather(matrix: Matrix, row: i32, column: i32, count: i32, to: usize): usize {
  for (let j = 0; j < count; j++) store<f32>(to + (<usize>j << 2), load<f32>(address(matrix, row, column + j)))
  return to
}

function scatter(matrix: Matrix, row: i32, column: i32, count: i32, from: usize): void {
  for (let j = 0; j < count; j++) store<f32>(address(matrix, row, column + j), load<f32>(from + (<usize>j << 2)))
}
