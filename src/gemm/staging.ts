/**
 * A product in linear memory, wherever its tensors are. What is too large to be brought there at once is divided: a product is two products
 * of halves along any of its axes, so that one of any size takes no more than a few windows of linear memory.
 */
import type { Heap } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { currentRecording } from '../wasm/recording.ts'
import { multiplyBatch } from './batch.ts'
import type { KernelKind } from './choose.ts'
import { multiplyDirectly } from './direct.ts'
import { halvesOf, slowestLabel } from './halves.ts'
import type { Operand } from './operand.ts'
import type { Product } from './pair.ts'
import { batchWindowFloats, type Places, placesOf, Stage, thinWindowFloats, windowFloats } from './stage.ts'
import { multiplyThin } from './thin.ts'
import { walksOf } from './walks.ts'
import { wasmKernel } from './wasm-kernel.ts'
import { inPlace } from './weighted.ts'

/** Computes a product of float32 tensors in the heap, wherever they are. */
export function multiplyInHeap(heap: Heap, product: Product, kernel: KernelKind = 'tiles'): void {
  const { lengths, a, output } = product
  const panels = kernel === 'tiles' ? panelsOf(heap, product) : null
  const read = (operand: Operand) => inHeap(heap, operand)
  const ofTiles = { ...product.b, weight: panels === null ? product.b.weight : undefined }
  const b = kernel === 'thin' ? read(product.b) : ofTiles
  const bias = product.epilogue.bias && read(product.epilogue.bias)
  const residual = product.epilogue.residual && read(product.epilogue.residual)
  const epilogue = { ...product.epilogue, bias, residual }
  const inputs = [a, panels === null ? b : null, bias, residual].filter((tensor) => tensor !== null)
  const places = placesOf(lengths, inputs, output)
  const compute = (resident: Product) =>
    kernel === 'thin' ? multiplyThin(heap, resident) : multiplyBatch(wasmKernel(heap, panels), resident)
  if (places.size === 0) {
    compute({ ...product, b, epilogue })
    return
  }
  // what is brought to linear memory for one product stands elsewhere for the next
  currentRecording()?.fail()
  const label = kernel === 'thin' ? tooLongForThin(product, places) : tooLong(product, places)
  if (label !== null) {
    if (label === 'outside') multiplyDirectly(product)
    else for (const half of halvesOf(product, label)) multiplyInHeap(heap, half, kernel)
    return
  }
  const stage = new Stage(heap, lengths)
  try {
    stage.bring(places, output)
    const staged = {
      ...product,
      a: stage.at(a),
      b: panels === null ? stage.at(b) : b,
      output: stage.at(output),
      epilogue: { ...epilogue, bias: bias && stage.at(bias), residual: residual && stage.at(residual) },
    }
    compute(kernel === 'tiles' ? { ...staged, walks: walksOf(staged) } : staged)
    stage.takeBack(output)
  } finally {
    stage.release()
  }
}

/** A small weight where linear memory has it; any other tensor as it is. */
export function inHeap(heap: Heap, operand: Operand): Operand {
  const place = inPlace(heap, operand)
  return place ? { ...place, stride: operand.stride } : operand
}

/** The panels of a right operand that is a weight, where they serve this product. */
function panelsOf(heap: Heap, { b, groups, walks }: Product): Pointer | null {
  if (b.weight === undefined || groups.batch.length > 0) return null
  return b.weight.panels(heap, walks.b.rows, walks.b.columns)
}

/** The label to halve a product along when something that it brings is larger than a window; null where nothing is. */
function tooLong({ lengths, groups }: Product, places: Places): number | null {
  for (const [tensor, { size }] of places) {
    const label = slowestLabel(lengths, tensor)
    if (size > (groups.batch.includes(label) ? batchWindowFloats : windowFloats)) return label
  }
  return null
}

/**
 * The label to halve a thin product along; `outside` where a sum would have to be halved, which would change its bits with what comes with it: then it is
 * computed where its tensors are.
 */
function tooLongForThin({ lengths, output }: Product, places: Places): number | 'outside' | null {
  for (const [tensor, { size }] of places) {
    if (size <= thinWindowFloats) continue
    const label = slowestLabel(lengths, tensor)
    if (output.stride[label] !== 0) return label
    if (size > windowFloats) return 'outside'
  }
  return null
}
