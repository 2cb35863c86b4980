/**
 * Tensors of JavaScript's memory, brought to where the kernels can see them and back. They are copied as they stand, in one piece where
 * they are dense; the kernel packs from there. What is too large for that is divided: a product is two products of halves along any of
 * its axes, so that a product of any size takes no more than a few windows of linear memory.
 */
import { copyApart } from '../copy/copy.ts'
import type { Tensor } from '../layout/tensor.ts'
import { allocateFloats, type Heap, heapView, isResident } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { multiplyBatch } from './batch.ts'
import { dataOf, type Operand } from './contraction.ts'
import { walkOf } from './matrix.ts'
import type { Product } from './pair.ts'
import { wasmKernel } from './wasm-kernel.ts'

/** The most floats of one tensor that are brought at once: 8 MB. */
export const windowFloats = 2 ** 21

/** Computes a product of float32 tensors in the heap, wherever they are. */
export function multiplyInHeap(heap: Heap, product: Product): void {
  const { lengths, a, b, output, epilogue } = product
  const { bias, residual } = epilogue
  const panels = panelsOf(heap, product)
  const inputs = [a, ...(panels === null ? [b] : []), bias, residual].filter((tensor) => tensor !== null)
  const large = [...inputs, output].find(
    (tensor) => !isResident(tensor.data) && placeOf(lengths, tensor, tensor === output).size > windowFloats,
  )
  if (large !== undefined) {
    multiplyHalves(heap, product, slowestLabel(lengths, large))
    return
  }
  const stage = new Stage(heap, lengths)
  try {
    const result = stage.reserve(output, true)
    const staged = new Map(inputs.map((tensor) => [tensor, stage.reserve(tensor, false)]))
    for (const tensor of inputs) stage.bring(tensor)
    const at = <T extends Operand | null>(tensor: T): T => tensor && (staged.get(tensor) as T)
    multiplyBatch(wasmKernel(heap, panels), {
      ...product,
      a: at(a),
      b: panels === null ? at(b) : { ...b, weight: undefined },
      output: result,
      epilogue: { ...epilogue, bias: at(bias), residual: at(residual) },
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

/** Where a tensor stands among the staged: as it stands in its own memory, or closed up where that has gaps. */
interface Place {
  readonly size: number
  /** The first element in the tensor's own memory, where that is copied as it is; null where it is closed up. */
  readonly first: number | null
  readonly stride: readonly number[]
}

/** Inputs may take some gaps along; an output may not, since they are not its own. */
function placeOf(lengths: readonly number[], { offset, stride }: Operand, isOutput: boolean): Place {
  let first = offset
  let range = 1
  let count = 1
  const closed = stride.map(() => 0)
  const labels = lengths.map((_, label) => label).filter((label) => stride[label] !== 0)
  labels.sort((x, y) => Math.abs(stride[x]!) - Math.abs(stride[y]!))
  for (const label of labels) {
    const length = lengths[label]!
    closed[label] = count
    count *= length
    range += Math.abs(stride[label]!) * (length - 1)
    if (stride[label]! < 0) first += stride[label]! * (length - 1)
  }
  return range <= (isOutput ? count : 1.25 * count)
    ? { size: range, first, stride }
    : { size: count, first: null, stride: closed }
}

/** The blocks of linear memory that one product needs. */
class Stage {
  readonly #heap: Heap
  readonly #lengths: readonly number[]
  readonly #staged = new Map<
    Operand,
    { readonly place: Place; readonly pointer: Pointer; readonly operand: Operand }
  >()

  constructor(heap: Heap, lengths: readonly number[]) {
    this.#heap = heap
    this.#lengths = lengths
  }

  /** Makes room; a tensor that is in linear memory already stays where it is. */
  reserve(tensor: Operand, isOutput: boolean): Operand {
    if (isResident(tensor.data)) return tensor
    const known = this.#staged.get(tensor)
    if (known !== undefined) return known.operand
    const place = placeOf(this.#lengths, tensor, isOutput)
    const pointer = allocateFloats(this.#heap, place.size)
    const inside = place.first === null ? 0 : tensor.offset - place.first
    const operand = { data: heapView(this.#heap), offset: pointer / 4 + inside, stride: place.stride }
    this.#staged.set(tensor, { place, pointer, operand })
    return operand
  }

  /** Copies a tensor in. */
  bring(tensor: Operand): void {
    const staged = this.#staged.get(tensor)
    if (staged === undefined) return
    const { place, pointer, operand } = staged
    const heap = heapView(this.#heap)
    const data = dataOf(tensor) as Float32Array
    if (place.first === null)
      copyApart(this.#tensor({ ...tensor, data }), this.#tensor({ ...operand, data: heap }))
    else heap.set(data.subarray(place.first, place.first + place.size), pointer / 4)
  }

  /** Copies the output back. */
  takeBack(tensor: Operand): void {
    const staged = this.#staged.get(tensor)
    if (staged === undefined) return
    const { place, pointer, operand } = staged
    const heap = heapView(this.#heap)
    const data = tensor.data as Float32Array
    if (place.first === null) copyApart(this.#tensor({ ...operand, data: heap }), this.#tensor(tensor))
    else data.set(heap.subarray(pointer / 4, pointer / 4 + place.size), place.first)
  }

  release(): void {
    for (const { pointer } of this.#staged.values()) this.#heap.memory.free(pointer)
  }

  /** The tensor without the labels along which it repeats. */
  #tensor({ data, offset, stride }: Operand): Tensor {
    const labels = stride.map((_, label) => label).filter((label) => stride[label] !== 0)
    return {
      data,
      offset,
      shape: labels.map((label) => this.#lengths[label]!),
      stride: labels.map((label) => stride[label]!),
    }
  }
}
