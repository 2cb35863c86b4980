/**
 * The loops around a kernel, in the order of BLIS (Van Zee & van de Geijn 2015): columns, depth, rows. Panels are packed straight
 * from the strided tensors, so that no operand is ever rearranged in memory.
 */
import type { Operand } from './contraction.ts'
import type { Block, Kernel, Numbers, Target } from './kernel.ts'
import { forEachOffset, type Matrix } from './offsets.ts'
import { type Product, walk } from './pair.ts'

/** Computes a product block by block, one batch index after the other. */
export function multiplyBlocked(kernel: Kernel, product: Product): void {
  const { lengths, a, b, output, epilogue, groups } = product
  const { rows, columns, depth, batch } = groups
  const matrix = (tensor: Operand, down: readonly number[], across: readonly number[]): Matrix<Numbers> => ({
    data: tensor.data as Numbers,
    offset: tensor.offset,
    rows: walk(lengths, down, tensor),
    columns: walk(lengths, across, tensor),
  })
  const left = matrix(a, rows, depth)
  const right = matrix(b, depth, columns)
  const target: Target = {
    ...epilogue,
    output: matrix(output, rows, columns),
    bias: epilogue.bias && matrix(epilogue.bias, rows, columns),
    residual: epilogue.residual && matrix(epilogue.residual, rows, columns),
  }
  const at = <M extends Matrix<Numbers> | null>(matrix: M, offset: number): M =>
    matrix && { ...matrix, offset }
  const absent: Operand = { data: [], offset: 0, stride: lengths.map(() => 0) }
  const tensors = [a, b, output, epilogue.bias ?? absent, epilogue.residual ?? absent]
  forEachOffset(
    batch.map((label) => lengths[label]!),
    tensors.map(({ stride }) => batch.map((label) => stride[label]!)),
    tensors.map(({ offset }) => offset),
    (offsets) => {
      multiplyMatrices(kernel, at(left, offsets[0]!), at(right, offsets[1]!), {
        ...target,
        output: at(target.output, offsets[2]!),
        bias: at(target.bias, offsets[3]!),
        residual: at(target.residual, offsets[4]!),
      })
    },
  )
}

function multiplyMatrices(kernel: Kernel, a: Matrix<Numbers>, b: Matrix<Numbers>, target: Target): void {
  const { largest } = kernel
  const end = { rows: a.rows.length, columns: b.columns.length, depth: a.columns.length }
  const block: Block = { row: 0, rows: 0, column: 0, columns: 0, k: 0, depth: 0 }
  for (block.column = 0; block.column < end.columns; block.column += largest.columns) {
    block.columns = Math.min(largest.columns, end.columns - block.column)
    for (block.k = 0; block.k < end.depth; block.k += largest.depth) {
      block.depth = Math.min(largest.depth, end.depth - block.k)
      kernel.packB(b, block)
      const part = { first: block.k === 0, last: block.k + block.depth === end.depth }
      for (block.row = 0; block.row < end.rows; block.row += largest.rows) {
        block.rows = Math.min(largest.rows, end.rows - block.row)
        kernel.packA(a, block)
        kernel.multiply(target, block, part)
      }
    }
  }
}
