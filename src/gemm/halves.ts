/** A product is two products of halves along any of its labels; halves of a sum add up in the output, by way of the bias. */
import type { Operand } from './operand.ts'
import type { Product } from './pair.ts'
import { walksOf } from './walks.ts'

/** The product as two of half the length along a label, to be computed one after the other. */
export function halvesOf(product: Product, label: number): readonly [Product, Product] {
  const { lengths, output, epilogue } = product
  const length = lengths[label]!
  const half = Math.ceil(length / 2)
  const part = (start: number, count: number, over: Partial<Product> = {}): Product => {
    const moved = <T extends Operand | null>(tensor: T): T =>
      tensor && { ...tensor, offset: tensor.offset + start * tensor.stride[label]! }
    const whole = { ...product, ...over }
    const moving = {
      ...whole,
      lengths: lengths.with(label, count),
      a: moved(whole.a),
      b: moved(whole.b),
      output: moved(whole.output),
      epilogue: {
        ...whole.epilogue,
        bias: moved(whole.epilogue.bias),
        residual: moved(whole.epilogue.residual),
      },
    }
    return { ...moving, walks: walksOf(moving) }
  }
  const summed = output.stride[label] === 0
  return [
    part(0, half, summed ? { epilogue: { ...epilogue, activation: null, residual: null } } : {}),
    part(half, length - half, summed ? { epilogue: { ...epilogue, bias: output } } : {}),
  ]
}

/** The label whose halves stand farthest apart. */
export function slowestLabel(lengths: readonly number[], { stride }: Operand): number {
  const reach = lengths.map((length, label) => Math.abs(stride[label]!) * (length - 1))
  return reach.indexOf(Math.max(...reach))
}
