/** A thin product of tensors in linear memory. */
import type { Heap } from '../wasm/heap.ts'
import type { Operand } from './operand.ts'
import type { Product } from './pair.ts'
import { planThin } from './thin-plan.ts'

/** Computes it without packing. */
export function multiplyThin(heap: Heap, product: Omit<Product, 'walks'>): void {
  const { output, epilogue } = product
  const address = (tensor: Operand | null) => (tensor ? 4 * tensor.offset : 0)
  const plan = planThin(product)
  heap.thin.multiply(
    plan,
    {
      ...{ a: address(plan.a), b: address(plan.b), target: address(output) },
      ...{ bias: address(epilogue.bias), residual: address(epilogue.residual) },
    },
    epilogue.scale,
  )
}
