/**
 * A weight that is kept as integers of eight bits, with a scale for each output channel: codes[i] · scale is the value. A product over all the other axes is computed in
 * integers (src/wasm/quantized.ts); for anything else it is float32 numbers, made anew each time. It is kept once, as codes or in panels as the kernel reads them.
 */
import { getHeap, type Heap } from '../wasm/heap.ts'
import type { Walk } from '../wasm/offsets.ts'
import { precisionHere } from '../wasm/precision.ts'
import { bringKernels, type Form, paddedDepth, panelBytes } from '../wasm/quantized.ts'
import { currentRecording } from '../wasm/recording.ts'
import { type InHeap, keep, release } from './held.ts'
import { lengthOf, merged, sameWalk } from './matrix.ts'
import type { Product } from './pair.ts'
import { multiplyCodesPlainly, tableOf } from './quantized-plain.ts'
import { multiplyCodesInHeap } from './quantized-staging.ts'
import { mostCode, mostFine, nearest, tiny } from './row-codes.ts'
import { IsWeight, type Precision } from './weighted.ts'

/** Codes of eight bits, [n, k] in row-major order, and a scale for each row. */
export interface Codes {
  readonly codes: Int8Array
  readonly scales: Float32Array
}

export interface Keeping {
  readonly precision: Exclude<Precision, 'float32'>
  /** Bits of a code in panels: 16 are faster, 8 take half the memory. */
  readonly panels: 8 | 16
}

/** Panels in linear memory, scales and sums of codes behind them, and which code stands where in them. */
interface Packed extends InHeap {
  readonly form: Form
  readonly depth: Walk
}

export class QuantizedWeight extends IsWeight {
  readonly size: number
  readonly scales: Float32Array
  readonly #keeping: Keeping
  #codes: Int8Array | null
  #packed: Packed | null = null
  #version = 0
  edits = 0

  /** @param given - the weight's own from now on */
  constructor({ codes, scales }: Codes, keeping: Keeping) {
    super()
    this.size = codes.length
    this.scales = scales
    this.#codes = codes
    this.#keeping = keeping
  }

  /** Brings the codes to where the kernel reads them, where there is room for that: nothing else then holds them. */
  settled(): this {
    const heap = this.size > 0 ? getHeap('quantized') : null
    try {
      if (heap !== null) this.#pack(heap, axis(this.#k, 1))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error // the product that needs the panels says so
    }
    return this
  }

  /** What `int8-fast` comes to where the kernels for it are missing, or sums are too long for it, is `int8`. */
  get precision(): Exclude<Precision, 'float32'> {
    return precisionHere(this.#k > mostFine ? 'int8' : this.#keeping.precision)
  }

  /** What it was asked for, which may be more than the platform can. */
  get intended(): Keeping['precision'] {
    return this.#keeping.precision
  }

  get #isFine(): boolean {
    return this.precision === 'int8-fast'
  }

  get isShared(): boolean {
    return false
  }

  /** Elements of a row. */
  get #k(): number {
    return this.size / Math.max(1, this.scales.length)
  }

  /** The codes in row-major order, only to be read and not to be kept. */
  readCodes(): Int8Array {
    this.#note()
    if (this.#codes !== null) return this.#codes
    if (this.#packed === null) throw new Error('internal: a weight was read after it was disposed')
    return unpacked(this.#packed, this.scales.length, this.size)
  }

  read(): Float32Array {
    const codes = this.readCodes()
    const values = new Float32Array(this.size)
    const k = this.#k
    this.scales.forEach((scale, row) => {
      for (let i = row * k; i < (row + 1) * k; i++) values[i] = codes[i]! * scale
    })
    return values
  }

  /** A copy, since codes do not follow what is written to it. */
  share(): Float32Array {
    return this.read()
  }

  update(change: (values: Float32Array) => void): void {
    const values = this.read()
    change(values)
    const { codes, scales } = quantizeRows(values, this.scales.length)
    this.#forget()
    this.#codes = codes
    this.scales.set(scales)
    this.edits++
  }

  panels(): null {
    return null
  }

  inHeap(): null {
    return null
  }

  multiply(product: Product): boolean {
    if (!this.#suits(product)) return false
    const heap = getHeap('quantized')
    if (heap !== null) multiplyCodesInHeap(heap, product, () => this.#columns(heap, product.walks.b.rows))
    else multiplyCodesPlainly(product, { codes: this.readCodes(), scales: this.scales, isFine: false })
    return true
  }

  /** The same product in plain TypeScript. */
  multiplyPlainly(product: Product): boolean {
    if (!this.#suits(product)) return false
    multiplyCodesPlainly(product, { codes: this.readCodes(), scales: this.scales, isFine: this.#isFine })
    return true
  }

  dispose(): void {
    this.#forget()
    this.#codes = null
  }

  /** Whether a product's columns are the output channels, and all else is summed. */
  #suits({ b, groups, walks }: Product): boolean {
    const n = this.scales.length
    const columns = merged(walks.b.columns)
    const isColumns = lengthOf(columns) === n && (n === 1 || sameWalk(columns, axis(n, this.#k)))
    return groups.batch.length === 0 && b.offset === 0 && isColumns && lengthOf(walks.b.rows) === this.#k
  }

  /** The panels as the kernel takes them. */
  #columns(heap: Heap, summed: Walk) {
    this.#note()
    const depth = merged(summed)
    const known = this.#packed
    const isKnown = known !== null && known.heap === heap && sameWalk(known.depth, depth)
    const { form, block } = isKnown ? known : this.#pack(heap, depth)
    const scales = block + panelsBytes(form, this.scales.length, this.#k)
    return {
      form,
      panels: block,
      scales,
      columnSums: form === 'fine' ? scales + 4 * padded8(this.scales.length) : 0,
    }
  }

  #pack(heap: Heap, depth: Walk): Packed {
    const form = this.#isFine ? 'fine' : this.#keeping.panels === 16 ? 'wide' : 'narrow'
    const [n, k] = [this.scales.length, this.#k]
    const codes = this.readCodes()
    const bytes = panelsBytes(form, n, k)
    const block = heap.memory.allocate(bytes + 8 * padded8(n))
    const packed = { heap, block, form, depth } as const
    const panels = panelsOf(packed, n, k).fill(0)
    const columnSums = heap.memory
      .integers(block + bytes, 2 * padded8(n))
      .fill(0)
      .subarray(padded8(n))
    forEachPlace(packed, n, k, (row, at, from) => {
      const code = codes[from]!
      panels[at] = code
      columnSums[row]! += code
    })
    heap.memory.floats(block + bytes, n).set(this.scales)
    this.#forget()
    this.#codes = null
    this.#packed = keep(this, packed)
    return packed
  }

  #forget(): void {
    this.#version++
    if (this.#packed !== null) release(this.#packed)
    this.#packed = null
  }

  /** Says to who writes calls down that they are right for as long as nothing changes. */
  #note(): void {
    const version = this.#version
    currentRecording()?.require(() => this.#version === version)
  }
}

/** Rows as codes from −127 to 127, each by the scale that makes its largest value the largest code. */
export function quantizeRows(values: Float32Array, rows: number): Codes {
  const k = values.length / Math.max(1, rows)
  const codes = new Int8Array(values.length)
  const scales = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * k
    let most = 0
    for (let i = row * k; i < end; i++) most = Math.max(most, Math.abs(values[i]!))
    if (most <= tiny) continue // less than a scale can tell
    scales[row] = most / mostCode
    const scale = scales[row]!
    for (let i = row * k; i < end; i++) codes[i] = nearest(Math.fround(values[i]! / scale))
  }
  return { codes, scales }
}

function axis(length: number, stride: number): Walk {
  return { lengths: [length], strides: [stride] }
}

const padded8 = (n: number) => 8 * Math.ceil(n / 8)

function panelsBytes(form: Form, n: number, k: number): number {
  return Math.ceil(n / 8) * panelBytes(form, k)
}

/** The elements of the panels. */
function panelsOf({ heap, block, form }: Packed, n: number, k: number): Int16Array | Int8Array {
  const { buffer } = heap.memory.memory
  const count = padded8(n) * paddedDepth(form, k)
  return form === 'wide' ? new Int16Array(buffer, block, count) : new Int8Array(buffer, block, count)
}

/** Calls `visit` for every code with its row, where it stands in the panels, and where in row-major order. */
function forEachPlace(
  { form, depth }: Pick<Packed, 'form' | 'depth'>,
  n: number,
  k: number,
  visit: (row: number, at: number, from: number) => void,
): void {
  // panels of eight columns: [panel, group, column, code of the group]
  const group = form === 'fine' ? 4 : 2
  const depths = tableOf(depth)
  const panel = 8 * paddedDepth(form, k)
  for (let row = 0; row < n; row++) {
    const start = (row >> 3) * panel + (row & 7) * group
    for (let p = 0; p < k; p++) {
      visit(row, start + Math.floor(p / group) * 8 * group + (p % group), row * k + depths[p]!)
    }
  }
}

function unpacked(packed: Packed, n: number, size: number): Int8Array {
  const codes = new Int8Array(size)
  const panels = panelsOf(packed, n, size / Math.max(1, n))
  forEachPlace(packed, n, size / Math.max(1, n), (_, at, from) => {
    codes[from] = panels[at]!
  })
  return codes
}

/** Has the kernels there before the first weight of eight bits is made of a file. */
export async function loadKernels(): Promise<void> {
  const { quantized } = await import('../wasm/generated/quantized.ts')
  bringKernels(quantized)
}
