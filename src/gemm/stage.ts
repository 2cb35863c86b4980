/**
 * Tensors of JavaScript's memory, brought to where the kernels can see them, and the result back. They are copied as they stand, gaps and
 * all, in one piece, which is the fastest way to move memory; the kernel packs from there. Views of one buffer are brought together.
 */
import { copyApart } from '../copy/copy.ts'
import type { Tensor } from '../layout/tensor.ts'
import { allocateFloats, type Heap, isResident, residentFloats } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { dataOf, type Operand } from './operand.ts'

/** The most floats of one buffer that are brought at once: 8 MB. */
export const windowFloats = 2 ** 21

/** The same of products that are many, where bringing fewer of them at a time costs nothing twice: 4 MB, which caches hold. */
export const batchWindowFloats = 2 ** 20

/** The same of thin products, which read each float few times: 512 kB, which the second-level cache holds. */
export const thinWindowFloats = 2 ** 17

/**
 * How many floats are copied for each that is wanted, before closing up the gaps costs less: long runs move fast by themselves. What is a gap of one
 * tensor is often wanted of another, as in queries and keys that stand side by side: so this counts for each of them.
 */
const gapsWorthCopying = { longRuns: 1.5, shortRuns: 4 }
const longRun = 256

/** What is brought of a tensor: a range of its buffer, or, where that has too many gaps, a copy without them. */
export interface Brought {
  readonly size: number
  /** Where the range begins; null for a copy. */
  readonly first: number | null
  readonly stride: readonly number[]
}

export type Places = ReadonlyMap<Operand, Brought>

/** How the tensors of a product that are not in linear memory are brought there. The gaps of an output are not its own: they are never copied back. */
export function placesOf(lengths: readonly number[], inputs: readonly Operand[], output: Operand): Places {
  const outside = inputs.filter(isOutside)
  const places = new Map(
    outside.map((tensor) => [tensor, placeOf(lengths, tensor, fillers(tensor, outside))]),
  )
  return isOutside(output) ? places.set(output, placeOf(lengths, output, 0)) : places
}

function isOutside({ data, weight }: Operand): boolean {
  return weight !== undefined || !isResident(data)
}

/** How many views of a buffer a tensor is one of that stand about where it does, and so are likely what fills its gaps. */
function fillers({ data, offset, stride, weight }: Operand, inputs: readonly Operand[]): number {
  if (weight !== undefined) return 1
  const row = Math.max(...stride.map(Math.abs))
  const near = inputs.filter(
    (other) => other.data === data && other.weight === undefined && Math.abs(other.offset - offset) < row,
  )
  return new Set(near.map((other) => other.offset)).size
}

function placeOf(lengths: readonly number[], { offset, stride }: Operand, fillers: number): Brought {
  let first = offset
  let range = 1
  let count = 1
  let run = 1 // elements that stand side by side
  const closed = stride.map(() => 0)
  const labels = lengths.map((_, label) => label).filter((label) => stride[label] !== 0)
  labels.sort((x, y) => Math.abs(stride[x]!) - Math.abs(stride[y]!))
  for (const label of labels) {
    const length = lengths[label]!
    closed[label] = count
    if (stride[label] === run && run === count) run *= length
    count *= length
    range += Math.abs(stride[label]!) * (length - 1)
    if (stride[label]! < 0) first += stride[label]! * (length - 1)
  }
  const gaps = run >= longRun ? gapsWorthCopying.longRuns : gapsWorthCopying.shortRuns
  return range <= Math.max(1, fillers * gaps) * count
    ? { size: range, first, stride }
    : { size: count, first: null, stride: closed }
}

/** A block of linear memory, and what it holds a copy of. */
interface Piece {
  readonly data: Float32Array | null
  first: number
  size: number
  pointer: Pointer
}

/** The blocks of linear memory that one product needs. */
export class Stage {
  readonly #heap: Heap
  readonly #lengths: readonly number[]
  readonly #pieces: Piece[] = []
  readonly #staged = new Map<Operand, { readonly place: Brought; readonly piece: Piece }>()

  constructor(heap: Heap, lengths: readonly number[]) {
    this.#heap = heap
    this.#lengths = lengths
  }

  /** Makes room for the tensors, and copies all but the output. */
  bring(places: Places, output: Operand): void {
    for (const [tensor, place] of places) this.#plan(tensor, place, { isOutput: tensor === output })
    for (const piece of this.#pieces) piece.pointer = allocateFloats(this.#heap, piece.size)
    const heap = residentFloats()
    for (const { data, first, size, pointer } of this.#pieces) {
      if (data !== null) heap.set(data.subarray(first, first + size), pointer / 4)
    }
    for (const [tensor, { place }] of this.#staged) {
      if (place.first !== null || tensor === output) continue
      copyApart(this.#tensor({ ...tensor, data: dataOf(tensor) }), this.#tensor(this.at(tensor)))
    }
  }

  #plan(tensor: Operand, place: Brought, { isOutput }: { readonly isOutput: boolean }): void {
    const { first, size } = place
    const data = first === null || isOutput ? null : (dataOf(tensor) as Float32Array)
    const near = data && this.#pieces.find((piece) => piece.data === data && isNear(piece, first!, size))
    const piece = near ?? { data, first: first ?? 0, size, pointer: 0 }
    if (near) extend(near, first!, size)
    else this.#pieces.push(piece)
    this.#staged.set(tensor, { place, piece })
  }

  /** The tensor in linear memory. */
  at(tensor: Operand): Operand {
    const staged = this.#staged.get(tensor)
    if (staged === undefined) return tensor
    const { place, piece } = staged
    const inside = place.first === null ? 0 : tensor.offset - piece.first
    return { data: residentFloats(), offset: piece.pointer / 4 + inside, stride: place.stride }
  }

  /** Copies the output back. */
  takeBack(output: Operand): void {
    const staged = this.#staged.get(output)
    if (staged === undefined) return
    const { place, piece } = staged
    const data = output.data as Float32Array
    const start = piece.pointer / 4
    if (place.first === null) copyApart(this.#tensor(this.at(output)), this.#tensor(output))
    else data.set(residentFloats().subarray(start, start + place.size), place.first)
  }

  release(): void {
    for (const { pointer } of this.#pieces) if (pointer !== 0) this.#heap.memory.free(pointer)
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

/** Whether a piece and a range are cheaper to bring together. */
function isNear(piece: Piece, first: number, size: number): boolean {
  const end = Math.max(piece.first + piece.size, first + size)
  const joint = end - Math.min(piece.first, first)
  return joint <= Math.min(piece.size + size, windowFloats)
}

function extend(piece: Piece, first: number, size: number): void {
  const end = Math.max(piece.first + piece.size, first + size)
  piece.first = Math.min(piece.first, first)
  piece.size = end - piece.first
}
