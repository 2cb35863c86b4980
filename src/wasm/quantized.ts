/**
 * Products with weights of eight bits on linear memory: C = activation(scale · A·B + bias) + residual, where the kernel makes integers of A's rows while it packs them, and
 * B is codes, packed before, of which each column has a scale. Described to src/wasm/assembly/quantized.ts.
 */
import type { QuantizedKernels } from './generated/quantized.ts'
import type { Heap } from './heap.ts'
import type { EmbeddedModule } from './instantiate.ts'
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets } from './offsets.ts'
import type { ProductArguments } from './product.ts'
import { blocks, JOB_WORDS, ProductTables, ProductWorkspace, rowsOfBlock } from './product-workspace.ts'
import { called, currentRecording } from './recording.ts'
import { type Tile, TileChoice, tileNumbers } from './tile-choice.ts'

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

/** Words of the description of a job beyond a product's. */
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

export class QuantizedEngine {
  readonly #memory: LinearMemory
  readonly #heap: Heap
  readonly #space: ProductWorkspace
  readonly #choice = new TileChoice()

  constructor(heap: Heap) {
    this.#heap = heap
    this.#memory = heap.memory
    this.#space = new ProductWorkspace(heap.memory, MORE_WORDS)
  }

  multiply(product: QuantizedArguments): void {
    const { m, n, k, a } = product
    const space = this.#space
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
        this.#describe(tables, product, { row: 0, rows: m, column: 0, columns: n })
        recording.require(
          () => this.#heap.engine.threads === threads && space.scratch.pointer === scratch.pointer,
        )
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
        this.#describe(space, product, { row, rows, column, columns })
        this.#run(space, product, rows)
      }
    }
  }

  #run({ job }: ProductTables, product: QuantizedArguments, rows: number): void {
    const { engine } = this.#heap
    const { form } = product.b
    const team = engine.team(kernels!)!
    const parts = Math.ceil(rows / blockRows(product, engine.threads))
    const compute = (tile: Tile) => {
      this.#memory.integers(job, JOB_WORDS)[5] = tileNumbers[tile]
      engine.run(job, parts, team)
    }
    if (form === 'fine') this.#choice.run(compute, [rows, product.n, product.k])
    else compute(form)
  }

  #describe(
    tables: ProductTables,
    product: QuantizedArguments,
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
    words[JOB_WORDS] = b.scales + 4 * column
    words[JOB_WORDS + 1] = b.columnSums + 4 * column
    this.#memory.floats(tables.job, JOB_WORDS + MORE_WORDS).set([scale, limit], JOB_WORDS + 2)
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

const engines = new WeakMap<Heap, QuantizedEngine>()

/** The engine of a heap. */
export function quantizedEngine(heap: Heap): QuantizedEngine {
  if (kernels === null) throw new Error('internal: the kernels of integers are not there')
  const engine = engines.get(heap) ?? new QuantizedEngine(heap)
  engines.set(heap, engine)
  return engine
}

let kernels: EmbeddedModule<QuantizedKernels> | null = null

/** Brings the kernels, of which only those who have weights of eight bits carry the text: before the first of them is made. */
export function bringKernels(module: EmbeddedModule<QuantizedKernels>): void {
  kernels = module
}
