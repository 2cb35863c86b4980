/** The matrices of a product as walks: what is left of its labels once the groups are walked as single axes. */

import type { Walk } from '../wasm/offsets.ts'
import { walkOf } from './matrix.ts'
import type { Operand } from './operand.ts'
import type { Product } from './pair.ts'

/** How the rows and the columns of a matrix are walked. */
export interface MatrixWalks {
  readonly rows: Walk
  readonly columns: Walk
}

export interface Walks {
  readonly a: MatrixWalks
  readonly b: MatrixWalks
  readonly output: MatrixWalks
  readonly bias: MatrixWalks | null
  readonly residual: MatrixWalks | null
}

/** The walks of a product's matrices by the strides of its tensors. */
export function walksOf({
  lengths,
  groups,
  a,
  b,
  output,
  epilogue,
}: Omit<Product, 'operands' | 'walks' | 'isDots'>): Walks {
  const { rows, columns, depth } = groups
  const matrix = ({ stride }: Operand, down: readonly number[], across: readonly number[]): MatrixWalks => ({
    rows: walkOf(lengths, down, stride),
    columns: walkOf(lengths, across, stride),
  })
  const { bias, residual } = epilogue
  return {
    a: matrix(a, rows, depth),
    b: matrix(b, depth, columns),
    output: matrix(output, rows, columns),
    bias: bias && matrix(bias, rows, columns),
    residual: residual && matrix(residual, rows, columns),
  }
}
