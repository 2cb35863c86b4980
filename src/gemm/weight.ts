/**
 * Numbers that many products take as their right operand: the weights of a layer. They are kept once: as they were given, until the kernel
 * first needs them, then in panels as the kernel reads them. Reading them brings them back; and once somebody outside holds the array, who
 * may write to it at any time, it stays the truth and is packed anew for each product. Small ones that are added instead, as biases are, have
 * a copy in linear memory beside.
 */
import { allocateFloats, getHeap, type Heap, residentFloats } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { fillOffsets, type Walk } from '../wasm/offsets.ts'
import { ProductEngine } from '../wasm/product.ts'
import { currentRecording } from '../wasm/recording.ts'
import { lengthOf } from './matrix.ts'
import { IsWeight } from './weighted.ts'

/** A block of linear memory. */
interface InHeap {
  readonly heap: Heap
  readonly block: Pointer
}

/** Panels in linear memory, and which element of the weight stands where in them. */
interface Packed extends InHeap {
  /** The summed axes. */
  readonly depth: Walk
  readonly columns: Walk
}

/** Blocks of linear memory whose weight was dropped without being disposed. */
const dropped = new FinalizationRegistry<InHeap>(({ heap, block }) => heap.memory.free(block))

/** A weight of more elements than this is not kept twice. */
const mostCopied = 2 ** 14

export class Weight extends IsWeight {
  readonly size: number
  #values: Float32Array | null
  #packed: Packed | null = null
  /** Of a small one, the elements as they are, for as long as they cannot change. */
  #copy: InHeap | null = null
  #shared = false
  /** Counts the changes of values, and of where linear memory has them. */
  #version = 0

  /** @param values - the weight's own from now on */
  constructor(values: Float32Array) {
    super()
    this.size = values.length
    this.#values = values
  }

  /**
   * A weight of elements that stay somebody else's: where `rows` says of how many rows it is a matrix, [n, k], it is packed at once, unless
   * linear memory has no room for it.
   */
  static copyOf(values: Float32Array, rows: number | null): Weight {
    const weight = new Weight(values)
    if (rows === null || !weight.#pack(rows)) weight.#values = values.slice()
    return weight
  }

  #pack(rows: number): boolean {
    const heap = rows > 0 && this.size > 0 ? getHeap() : null
    const k = this.size / rows
    try {
      return heap !== null && this.panels(heap, axis(k, 1), axis(rows, k)) !== null
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return false // the product that needs the panels says so
    }
  }

  /** The elements in row-major order, to read and to write at any time from now on. */
  share(): Float32Array {
    const values = this.read()
    this.#values = values
    this.#shared = true
    this.#forget()
    return values
  }

  /** The elements in row-major order, only to be read and not to be kept. */
  read(): Float32Array {
    this.#note()
    if (this.#values !== null) return this.#values
    if (this.#packed === null) throw new Error('internal: a weight was read after it was disposed')
    return this.#fromPanels(this.#packed)
  }

  /** Lets the elements be changed in row-major order, by somebody who does not keep the array. */
  update(change: (values: Float32Array) => void): void {
    // a change that fails half-way shows in values that stand as they are, and not in panels
    if (this.#values !== null) this.#forget()
    const values = this.read()
    change(values)
    this.#values = values
    this.#forget()
  }

  /** Whether somebody outside holds the array. */
  get isShared(): boolean {
    return this.#shared
  }

  /**
   * The panels of the weight as a matrix, [depth, columns], or null where they cannot be kept. From then on the weight has no other copy.
   *
   * @throws RangeError where linear memory has no room for them; the weight is as it was then
   */
  panels(heap: Heap, summed: Walk, across: Walk): Pointer | null {
    this.#note()
    if (this.#shared) return null
    const packed = this.#packed
    const depth = merged(summed)
    const columns = merged(across)
    if (
      packed &&
      packed.heap === heap &&
      sameWalk(packed.depth, depth) &&
      sameWalk(packed.columns, columns)
    ) {
      return packed.block
    }
    const [k, n] = [lengthOf(depth), lengthOf(columns)]
    if (k * n !== this.size) return null
    const values = this.read()
    const source = allocateFloats(heap, this.size)
    let block: Pointer
    try {
      block = heap.memory.allocate(ProductEngine.packedBytes(k, n))
      residentFloats().set(values, source / 4)
      heap.engine.packColumns({ origin: source, rows: depth, columns }, k, n, block)
    } finally {
      heap.memory.free(source)
    }
    this.#forget()
    this.#packed = keep(this, { heap, block, depth, columns })
    this.#values = null
    return block
  }

  /**
   * The elements in row-major order in linear memory, or null where they are many or may change at any time. A bias is then where the
   * kernels see it, for every product.
   */
  inHeap(heap: Heap): Pointer | null {
    this.#note()
    if (this.#copy?.heap === heap) return this.#copy.block
    if (this.#shared || this.#packed !== null || this.size > mostCopied) return null
    const values = this.read()
    this.#forget()
    const block = allocateFloats(heap, this.size)
    residentFloats().set(values, block / 4)
    this.#copy = keep(this, { heap, block })
    return block
  }

  /** Gives the memory back; the weight is gone, and whoever reads it all the same gets an error. */
  dispose(): void {
    this.#forget()
    this.#values = null
  }

  /** Drops what linear memory has of the weight. */
  #forget(): void {
    this.#version++
    if (this.#packed === null && this.#copy === null) return
    dropped.unregister(this)
    for (const own of [this.#packed, this.#copy]) own?.heap.memory.free(own.block)
    this.#packed = null
    this.#copy = null
  }

  /** Says to who writes calls down that they are right for as long as nothing changes. */
  #note(): void {
    const version = this.#version
    currentRecording()?.require(() => this.#version === version)
  }

  #fromPanels({ block, depth, columns }: Packed): Float32Array {
    const values = new Float32Array(this.size)
    const packed = residentFloats()
    const [k, n] = [lengthOf(depth), lengthOf(columns)]
    const depths = new Int32Array(k)
    const across = new Int32Array(n)
    fillOffsets(depth, 0, depths)
    fillOffsets(columns, 0, across)
    for (let column = 0; column < n; column++) {
      // panels of 8 columns: [panel, k, 8]
      let from = block / 4 + (column >> 3) * 8 * k + (column & 7)
      for (let p = 0; p < k; p++, from += 8) values[depths[p]! + across[column]!] = packed[from]!
    }
    return values
  }
}

/** Gives the block back when the weight is dropped. */
function keep<M extends InHeap>(weight: Weight, memory: M): M {
  dropped.register(weight, memory, weight)
  return memory
}

function axis(length: number, stride: number): Walk {
  return { lengths: [length], strides: [stride] }
}

/** The same walk with as few axes as possible, so that equal walks look the same. */
function merged({ lengths, strides }: Walk): Walk {
  const merged: { lengths: number[]; strides: number[] } = { lengths: [], strides: [] }
  for (let i = lengths.length - 1; i >= 0; i--) {
    const [length, stride] = [merged.lengths[0], merged.strides[0]]
    if (length !== undefined && strides[i] === stride! * length) {
      merged.lengths[0] = length * lengths[i]!
    } else {
      merged.lengths.unshift(lengths[i]!)
      merged.strides.unshift(strides[i]!)
    }
  }
  return merged
}

function sameWalk(a: Walk, b: Walk): boolean {
  const equal = (x: readonly number[], y: readonly number[]) =>
    x.length === y.length && x.every((n, i) => n === y[i])
  return equal(a.lengths, b.lengths) && equal(a.strides, b.strides)
}
