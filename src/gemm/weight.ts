/**
 * Elements that many products take as their right operand: the weights of a layer. They are kept once: as they were given, until the kernel
 * first needs them, then in panels as the kernel reads them. Reading them brings them back; and once somebody outside holds the array, who
 * may write to it at any time, it stays the truth and is packed anew for each product. Of those that learn the elements are kept as they are
 * too, since each step changes them, and up to two forms of panels, for the product forth and the one back, which are renewed where they
 * stand. Small ones that are added instead, as biases are, have a copy in linear memory beside.
 */
import { allocateFloats, getHeap, type Heap, residentFloats } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { fillOffsets, type Walk } from '../wasm/offsets.ts'
import { ProductEngine } from '../wasm/product.ts'
import { currentRecording } from '../wasm/recording.ts'
import { type InHeap as Held, keep, release } from './held.ts'
import { lengthOf, merged, sameWalk } from './matrix.ts'
import { IsWeight } from './weighted.ts'

/** A block of linear memory. */
interface InHeap extends Held {
  /** Whether the elements have changed since. */
  isStale: boolean
}

/** Panels in linear memory, and which element of the weight stands where in them. */
interface Packed extends InHeap {
  /** The summed axes. */
  readonly depth: Walk
  readonly columns: Walk
}

/** In how many forms a weight that learns is kept: for the product forth, and for the one back. */
const mostForms = 2

/** A weight of more elements than this is not kept twice. */
const mostCopied = 2 ** 14

export class Weight extends IsWeight {
  readonly size: number
  readonly precision = 'float32'
  #values: Float32Array | null
  /** As the kernels read them; the one made last at the end. */
  #forms: Packed[] = []
  /** Of a small one, the elements as they are, for as long as they cannot change. */
  #copy: InHeap | null = null
  #shared = false
  /** Whether the elements change again and again. */
  #learns = false
  /** Counts the changes of values, and of where linear memory has them. */
  #version = 0
  #edits = 0

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

  /** Products of floats are found for their strides (src/gemm/bound-pair.ts). */
  multiply(): boolean {
    return false
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
    const packed = this.#forms.find(({ isStale }) => !isStale)
    if (packed === undefined) throw new Error('internal: a weight was read after it was disposed')
    return this.#fromPanels(packed)
  }

  /** Lets the elements be changed in row-major order, by somebody who does not keep the array. */
  update(change: (values: Float32Array) => void): void {
    // a change that fails half-way shows in values that stand as they are, and not in panels
    if (this.#values !== null) this.#renew()
    const values = this.read()
    change(values)
    this.#values = values
    this.#learns = true
    this.#renew()
  }

  /** Counts the changes of values by `update`: who has made something of them can tell whether it still holds. */
  get edits(): number {
    return this.#edits
  }

  /** What linear memory has of the elements is to be made anew, where it stands. */
  #renew(): void {
    this.#version++
    this.#edits++
    for (const own of this.#forms) own.isStale = true
    if (this.#copy !== null) this.#copy.isStale = true
  }

  /** Whether somebody outside holds the array. */
  get isShared(): boolean {
    return this.#shared
  }

  /**
   * The panels of the weight as a matrix, [depth, columns], or null where they cannot be kept. From then on a weight that does not learn has no
   * other copy.
   *
   * @throws RangeError where linear memory has no room for them; the weight is as it was then
   */
  panels(heap: Heap, summed: Walk, across: Walk): Pointer | null {
    this.#note()
    if (this.#shared) return null
    const depth = merged(summed)
    const columns = merged(across)
    const known = this.#forms.find(
      (form) => form.heap === heap && sameWalk(form.depth, depth) && sameWalk(form.columns, columns),
    )
    if (known !== undefined && !known.isStale) return known.block
    const [k, n] = [lengthOf(depth), lengthOf(columns)]
    if (k * n !== this.size) return null
    const values = this.read()
    const source = allocateFloats(heap, this.size)
    let block: Pointer
    try {
      block = known?.block ?? heap.memory.allocate(ProductEngine.packedBytes(k, n))
      residentFloats().set(values, source / 4)
      heap.engine.packColumns({ origin: source, rows: depth, columns }, k, n, block)
    } finally {
      heap.memory.free(source)
    }
    this.#version++
    if (known !== undefined) {
      known.isStale = false
      return block
    }
    if (!this.#learns) {
      this.#forget()
      this.#values = null
    } else if (this.#forms.length === mostForms) {
      release(this.#forms.shift()!)
    }
    this.#forms.push(keep(this, { heap, block, depth, columns, isStale: false }))
    return block
  }

  /**
   * The elements in row-major order in linear memory, or null where they are many or may change at any time. A bias is then where the
   * kernels see it, for every product.
   */
  inHeap(heap: Heap): Pointer | null {
    this.#note()
    const known = this.#copy?.heap === heap ? this.#copy : null
    if (known && !known.isStale) return known.block
    if (this.#shared || this.#forms.length > 0 || this.size > mostCopied) return null
    const values = this.read()
    if (known === null) this.#forget()
    const block = known?.block ?? allocateFloats(heap, this.size)
    residentFloats().set(values, block / 4)
    this.#version++
    if (known === null) this.#copy = keep(this, { heap, block, isStale: false })
    else known.isStale = false
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
    for (const own of this.#forms) release(own)
    if (this.#copy !== null) release(this.#copy)
    this.#forms = []
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

function axis(length: number, stride: number): Walk {
  return { lengths: [length], strides: [stride] }
}
