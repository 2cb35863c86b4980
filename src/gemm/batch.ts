/** A product of tensors as one product of matrices for each batch index. */

import type { Kernel, MatrixProduct, Numbers } from './kernel.ts'
import { forEachOffset, type Matrix, walkOf } from './matrix.ts'
import { dataOf, type Operand } from './operand.ts'
import type { Product } from './pair.ts'

/** Multiplies by a kernel, one batch index after the other. */
export function multiplyBatch(kernel: Kernel, product: Product): void {
  const { lengths, a, b, output, groups } = product
  const { scale, bias, activation, residual } = product.epilogue
  const { batch, rows, columns, depth } = groups
  const whole: MatrixProduct = {
    a: matrix(lengths, a, rows, depth),
    b: matrix(lengths, b, depth, columns),
    output: matrix(lengths, output, rows, columns),
    scale,
    bias: bias && matrix(lengths, bias, rows, columns),
    activation,
    residual: residual && matrix(lengths, residual, rows, columns),
  }
  if (batch.length === 0) {
    kernel.multiply(whole)
    return
  }
  const tensors = [a, b, output, bias ?? output, residual ?? output]
  forEachOffset(
    batch.map((label) => lengths[label]!),
    tensors.map(({ stride }) => batch.map((label) => stride[label]!)),
    tensors.map(({ offset }) => offset),
    (offsets) => {
      kernel.multiply({
        ...whole,
        a: { ...whole.a, offset: offsets[0]! },
        b: { ...whole.b, offset: offsets[1]! },
        output: { ...whole.output, offset: offsets[2]! },
        bias: whole.bias && { ...whole.bias, offset: offsets[3]! },
        residual: whole.residual && { ...whole.residual, offset: offsets[4]! },
      })
    },
  )
}

function matrix(
  lengths: readonly number[],
  operand: Operand,
  rows: readonly number[],
  columns: readonly number[],
): Matrix<Numbers> {
  const { offset, stride } = operand
  return {
    data: dataOf(operand) as Numbers,
    offset,
    rows: walkOf(lengths, rows, stride),
    columns: walkOf(lengths, columns, stride),
  }
}
