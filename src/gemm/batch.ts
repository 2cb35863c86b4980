/** A product of tensors as one product of matrices for each batch index. */

import type { Elements, Kernel, MatrixProduct } from './kernel.ts'
import { forEachOffset, type Matrix, walkOf } from './matrix.ts'
import { dataOf, type Operand } from './operand.ts'
import type { Product } from './pair.ts'
import type { MatrixWalks } from './walks.ts'

/** Multiplies by a kernel, one batch index after the other. */
export function multiplyBatch(kernel: Kernel, product: Product): void {
  const { lengths, a, b, output, groups, walks } = product
  const { scale, bias, activation, residual } = product.epilogue
  const { batch } = groups
  const whole: MatrixProduct = {
    a: matrix(a, walks.a),
    b: matrix(b, walks.b),
    output: matrix(output, walks.output),
    scale,
    bias: bias && matrix(bias, walks.bias!),
    activation,
    residual: residual && matrix(residual, walks.residual!),
  }
  if (batch.length === 0) {
    kernel.multiply(whole)
    return
  }
  const across = ({ stride }: Operand) => walkOf(lengths, batch, stride)
  const places = { a: across(a), b: across(b), target: across(output) }
  const added = { bias: bias && across(bias), residual: residual && across(residual) }
  if (kernel.multiplyMany?.(whole, { ...places, ...added })) return
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

function matrix(operand: Operand, { rows, columns }: MatrixWalks): Matrix<Elements> {
  return { data: dataOf(operand) as Elements, offset: operand.offset, rows, columns }
}
