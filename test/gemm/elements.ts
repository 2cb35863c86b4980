/** All elements of a tensor in row-major order, as numbers. */
import { forEachOffset } from '../../src/gemm/matrix.ts'
import type { Tensor } from '../../src/layout/tensor.ts'

export function elements({ data, shape, stride, offset }: Tensor): number[] {
  const values: number[] = []
  forEachOffset(shape, [stride], [offset], ([at]) => {
    values.push(Number((data as Record<number, number>)[at!]))
  })
  return values
}
