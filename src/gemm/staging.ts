/**
 * A product in linear memory, wherever its tensors are. What is too large to be brought there at once is divided: a product is two products
 * of halves along any of its axes, so that one of any size takes no more than a few windows of linear memory.
 */
import { type Heap, isResident } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { multiplyBatch } from './batch.ts'
import { walkOf } from './matrix.ts'
import type { Operand } from './operand.ts'
import type { Product } from './pair.ts'
import { placeOf, Stage, windowFloats } from './stage.ts'
import { wasmKernel } from './wasm-kernel.ts'

/** Computes a product of float32 tensors in the heap, wherever they are. */
export function multiplyInHeap(heap: Heap, product: Product): void {
  const { lengths, a, b, output, epilogue } = product
  const { bias, residual } = epilogue
  const panels = panelsOf(heap, product)
  const inputs = [a, ...(panels === null ? [b] : []), bias, residual].filter((tensor) => tensor !== null)
  const large = [...inputs, output].find(
    (tensor) =>
      !isResident(tensor.data) &&
      placeOf(lengths, tensor, { isOutput: tensor === output }).size > windowFloats,
  )
  if (large !== undefined) {
    multiplyHalves(heap, product, slowestLabel(lengths, large))
    return
  }
  const stage = new Stage(heap, lengths)
  try {
    stage.bring(inputs, output)
    multiplyBatch(wasmKernel(heap, panels), {
      ...product,
      a: stage.at(a),
      b: panels === null ? stage.at(b) : { ...b, weight: undefined },
      output: stage.at(output),
      epilogue: { ...epilogue, bias: bias && stage.at(bias), residual: residual && stage.at(residual) },
    })
    stage.takeBack(output)
  } finally {
    stage.release()
  }
}

/** The panels of a right operand that is a weight, where they serve this product. */
function panelsOf(heap: Heap, { lengths, b, groups }: Product): Pointer | null {
  if (b.weight === undefined || groups.batch.length > 0) return null
  const { depth, columns } = groups
  return b.weight.panels(heap, walkOf(lengths, depth, b.stride), walkOf(lengths, columns, b.stride))
}

/** The product as two of half the length along a label; halves of a sum add up in the output, by way of the bias. */
function multiplyHalves(heap: Heap, product: Product, label: number): void {
  const { lengths, output, epilogue } = product
  const length = lengths[label]!
  const half = Math.ceil(length / 2)
  const part = (start: number, count: number, over: Partial<Product> = {}): Product => {
    const moved = <T extends Operand | null>(tensor: T): T =>
      tensor && { ...tensor, offset: tensor.offset + start * tensor.stride[label]! }
    const whole = { ...product, ...over }
    return {
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
  }
  const summed = output.stride[label] === 0
  multiplyInHeap(
    heap,
    part(0, half, summed ? { epilogue: { ...epilogue, activation: null, residual: null } } : {}),
  )
  multiplyInHeap(heap, part(half, length - half, summed ? { epilogue: { ...epilogue, bias: output } } : {}))
}

/** The label whose halves stand farthest apart. */
function slowestLabel(lengths: readonly number[], { stride }: Operand): number {
  const reach = lengths.map((length, label) => Math.abs(stride[label]!) * (length - 1))
  return reach.indexOf(Math.max(...reach))
}
