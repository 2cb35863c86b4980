/**
 * Products with weights of eight bits on linear memory: C = activation(scale · A·B + bias) + residual, where the kernel makes integers of A's rows while it packs them, and
 * B is codes, packed before, of which each column has a scale. Described to src/wasm/assembly/quantized.ts.
 */
import { relaxedSimd } from './capabilities.ts'
import { quantized as embedded, type QuantizedKernels } from './generated/quantized.ts'
import type { Heap } from './heap.ts'
import { instantiate } from './instantiate.ts'
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets } from './offsets.ts'
import type { ProductArguments } from './product.ts'
import { blocks, JOB_WORDS, ProductTables, ProductWorkspace, rowsOfBlock } from './product-workspace.ts'
import { called, currentRecording } from './recording.ts'

/**
 * How codes are multiplied: rows of up to 16 bits by weights that are kept in 16 (`wide`) or in 8 bits (`narrow`), or rows of 7 bits (`fine`).
 * The first two give the same bits.
 */
export type Form = 'wide' | 'narrow' | 'fine'

/** B in panels of eight columns, and what belongs to each column. */
export interface QuantizedColumns {
  readonly form: Form
  readonly panels: Pointer
  /** f32[n], up to a multiple of eight. */
  readonly scales: Pointer
  /** The sums of the columns' codes, i32[n], likewise; 0 where the form needs none. */
  readonly columnSums: Pointer
}

export interface QuantizedArguments extends Omit<ProductArguments, 'b'> {
  readonly b: QuantizedColumns
  /** The largest code of a row. */
  readonly limit: number
}

/** The numbers of the tiles in src/wasm/assembly/quantized.ts. */
const tileNumbers = { wide: 0, narrow: 1, pairs: 2, fours: 3 } as const

/** What a tile is made of, for those who ask. */
const instructions = {
  wide: 'i32x4.dot_i16x8_s',
  narrow: 'i32x4.dot_i16x8_s, weights widened',
  pairs: 'i16x8.relaxed_dot_i8x16_i7x16_s',
  fours: 'i32x4.relaxed_dot_i8x16_i7x16_add_s',
} as const

/** The kind of these jobs; those from 16 on are of other modules than the product's. */
const KIND = 16
const MORE_WORDS = 4
/** Before the packed rows: place, scales, zeros, a line, and the sums of a tile. */
const FIXED_BYTES = 128 + 192

/** Packed rows of a block: half of what the second-level cache holds as a rule. */
const BLOCK_BYTES = 640_000

/** How many of the numbers that are summed a panel is made for: whole vectors. */
export function paddedDepth(form: Form, k: number): number {
  const grain = form === 'fine' ? 16 : 8
  return Math.ceil(k / grain) * grain
}

/** The bytes that a panel of eight columns takes. */
export function panelBytes(form: Form, k: number): number {
  return paddedDepth(form, k) * (form === 'wide' ? 16 : 8)
}

/** Whether rows of 7 bits can be multiplied here. */
export function hasFine(): boolean {
  return relaxedSimd()
}

export class QuantizedEngine {
  readonly #memory: LinearMemory
  readonly #heap: Heap
  readonly #kernels: QuantizedKernels
  readonly #space: ProductWorkspace
  #fineTile: 'pairs' | 'fours' | null = null

  constructor(heap: Heap, kernels: QuantizedKernels) {
    this.#heap = heap
    this.#memory = heap.memory
    this.#kernels = kernels
    this.#space = new ProductWorkspace(heap.memory, MORE_WORDS)
  }

  multiply(product: QuantizedArguments): void {
    const { m, n, k, a } = product
    const space = this.#space
    const tile = this.#tileOf(product.b.form)
    space.reserveDepth(k)
    space.reserveScratch(this.#heap.engine.threads, scratchBytes(product, mostRows(product)))
    const recording = currentRecording()
    if (recording !== null) {
      if (m <= blocks.tableRows && n <= blocks.columns) {
        const { threads } = this.#heap.engine
        const { scratch } = space
        const tables = new ProductTables(
          this.#memory,
          { rows: m, columns: n, depth: k },
          (bytes) => recording.allocate(bytes),
          MORE_WORDS,
        )
        fillOffsets(a.columns, 0, this.#memory.integers(tables.depths, k))
        this.#describe(tables, product, tile, { row: 0, rows: m, column: 0, columns: n })
        recording.require(() => this.#heap.engine.threads === threads && space.scratch.pointer === scratch.pointer)
        called(() => this.#run(tables, product, m))
        return
      }
      recording.fail()
    }
    fillOffsets(a.columns, 0, this.#memory.integers(space.depths, k))
    for (let column = 0; column < n; column += blocks.columns) {
      const columns = Math.min(blocks.columns, n - column)
      for (let row = 0; row < m; row += blocks.tableRows) {
        const rows = Math.min(blocks.tableRows, m - row)
        this.#describe(space, product, tile, { row, rows, column, columns })
        this.#run(space, product, rows)
      }
    }
  }

  #run({ job }: ProductTables, product: QuantizedArguments, rows: number): void {
    const { engine } = this.#heap
    engine.run(job, Math.ceil(rows / blockRows(product, engine.threads)), this.#kernels)
  }

  #describe(
    tables: ProductTables,
    product: QuantizedArguments,
    tile: keyof typeof tileNumbers,
    { row, rows, column, columns }: Record<'row' | 'rows' | 'column' | 'columns', number>,
  ): void {
    const { k, a, b, limit, scale = 1 } = product
    tables.describe({ ...product, scale: 1 })
    tables.fillColumns(product, column, columns)
    tables.fillRows(product, row, rows)
    tables.describeJob({
      ...{ m: rows, n: columns, k, blockRows: blockRows(product, this.#heap.engine.threads) },
      panels: b.panels + (column / 8) * panelBytes(b.form, k),
      ...{ source: a.origin, scratch: this.#space.scratch },
    })
    const words = this.#memory.integers(tables.job, JOB_WORDS + MORE_WORDS)
    words[0] = KIND
    words[5] = tileNumbers[tile]
    words[JOB_WORDS] = b.scales + 4 * column
    words[JOB_WORDS + 1] = b.columnSums + 4 * column
    this.#memory.floats(tables.job, JOB_WORDS + MORE_WORDS).set([scale, limit], JOB_WORDS + 2)
  }

  #tileOf(form: Form): keyof typeof tileNumbers {
    if (form !== 'fine') return form
    return 'fours'
  }
}

/** The rows of a block: as many as stay in the cache. */
function blockRows(product: QuantizedArguments, threads: number): number {
  return rowsOfBlock(product, threads, mostRows(product))
}

function mostRows({ b, k }: QuantizedArguments): number {
  const rows = Math.floor(BLOCK_BYTES / rowBytes(b.form, k) / 5) * 5
  return Math.min(blocks.rows, Math.max(blocks.leastRows, rows))
}

function rowBytes(form: Form, k: number): number {
  return Math.max(1, paddedDepth(form, k)) * (form === 'fine' ? 1 : 2)
}

function scratchBytes({ b: { form }, k }: QuantizedArguments, rows: number): number {
  return FIXED_BYTES + 4 * paddedDepth(form, k) + rows * (8 + rowBytes(form, k))
}

let engine: QuantizedEngine | null = null
let memory: WebAssembly.Memory | null = null

/** The engine of a heap; it follows the heap when that moves to memory that threads share. */
export function quantizedEngine(heap: Heap): QuantizedEngine {
  if (engine === null || memory !== heap.memory.memory) {
    memory = heap.memory.memory
    engine = new QuantizedEngine(heap, instantiate(embedded, memory)!)
  }
  return engine
}
