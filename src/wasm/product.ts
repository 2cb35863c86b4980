/**
 * The matrix product on linear memory: C = activation(scale·A·B + bias) + residual, every matrix given by where its rows and columns stand.
 * The blocks are those of Goto & van de Geijn (2008): a block of A's rows is packed and stays in the second-level cache while all of B's panels pass by,
 * each of which stays in the first-level cache while A's panels pass by. B may have been packed before, as weights are.
 */
import { product as embedded, type ProductKernels } from './generated/product.ts'
import { instantiate } from './instantiate.ts'
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets, type Walk } from './offsets.ts'

/** A float32 matrix in linear memory: element (i, j) stands at `origin` + 4·(offset of row i + offset of column j). */
export interface ResidentMatrix {
  readonly origin: Pointer
  readonly rows: Walk
  readonly columns: Walk
}

/** The right operand in panels of 8 columns, the last one filled up with zeros: [⌈n / 8⌉, k, 8]. */
export interface PackedColumns {
  readonly panels: Pointer
}

export type FusedActivation = 'gelu' | 'gelu-tanh' | 'relu' | 'silu'

export interface ProductArguments {
  readonly m: number
  readonly n: number
  readonly k: number
  /** a: [m, k] */
  readonly a: ResidentMatrix
  /** b: [k, n] */
  readonly b: ResidentMatrix | PackedColumns
  /** c: [m, n]; may share memory with neither operand */
  readonly target: ResidentMatrix
  readonly scale?: number
  /** bias, residual: [m, n], strides of 0 where they are broadcast; residual may be the target itself */
  readonly bias?: ResidentMatrix | null
  readonly residual?: ResidentMatrix | null
  readonly activation?: FusedActivation | null
}

/** Rows of A, summed indices, and numbers of B that are packed at a time. */
export const blocks = { rows: 48, depth: 384, columns: 4096, panels: 2 ** 20 }

const COLUMNS = 8
const activationCodes = { gelu: 1, 'gelu-tanh': 2, relu: 3, silu: 4 } as const

/** Products on one linear memory; holds the panels and tables that they need, and nothing else between calls. */
export class ProductEngine {
  readonly #memory: LinearMemory
  readonly #kernels: ProductKernels
  readonly #space: Workspace

  private constructor(memory: LinearMemory, kernels: ProductKernels) {
    this.#memory = memory
    this.#kernels = kernels
    this.#space = new Workspace(memory)
  }

  /** The engine for a memory, or null where this platform has no WebAssembly SIMD. */
  static on(memory: LinearMemory): ProductEngine | null {
    const kernels = instantiate(embedded, memory.memory)
    return kernels && new ProductEngine(memory, kernels)
  }

  /** The bytes that a packed right operand takes. */
  static packedBytes(k: number, n: number): number {
    return Math.ceil(n / COLUMNS) * COLUMNS * k * 4
  }

  /** Packs b: [k, n] to `panels`, which has `packedBytes(k, n)` bytes. */
  packColumns(b: ResidentMatrix, k: number, n: number, panels: Pointer): void {
    for (let column = 0; column < n; column += blocks.columns) {
      const columns = Math.min(blocks.columns, n - column)
      this.#packStrip(b, k, column, columns, panels + column * k * 4)
    }
  }

  /** Computes a product. */
  multiply(product: ProductArguments): void {
    const { m, n, k, a, b, target, bias = null, residual = null } = product
    const kernels = this.#kernels
    const space = this.#space
    const packed = 'panels' in b
    const strip = packed ? blocks.columns : stripColumns(k)
    const ownPanels = packed ? 0 : space.panelsOf(ProductEngine.packedBytes(k, Math.min(n, strip)))
    const sums = space.sumsOf(k <= blocks.depth ? 0 : blocks.rows * Math.min(n + COLUMNS, strip))
    space.describe(product)
    for (let column = 0; column < n; column += strip) {
      const columns = Math.min(strip, n - column)
      const panels = packed ? b.panels + column * k * 4 : ownPanels
      if (!packed) this.#packStrip(b, k, column, columns, panels)
      this.#fill(target.columns, column, columns, space.targetColumns)
      if (bias) this.#fill(bias.columns, column, columns, space.biasColumns)
      if (residual) this.#fill(residual.columns, column, columns, space.residualColumns)
      for (let row = 0; row < m; row += blocks.rows) {
        const rows = Math.min(blocks.rows, m - row)
        this.#fill(a.rows, row, rows, space.sourceRows)
        this.#fill(target.rows, row, rows, space.targetRows)
        if (bias) this.#fill(bias.rows, row, rows, space.biasRows)
        if (residual) this.#fill(residual.rows, row, rows, space.residualRows)
        let from = 0
        do {
          const depth = Math.min(blocks.depth, k - from)
          const to = from + depth
          this.#fill(a.columns, from, depth, space.depths)
          kernels.packRows(space.rows, a.origin, space.sourceRows, rows, space.depths, depth)
          kernels.multiply(
            space.rows,
            panels + from * COLUMNS * 4,
            k * COLUMNS * 4,
            sums,
            space.output,
            rows,
            columns,
            depth,
            from === 0,
            to === k,
          )
          from = to
        } while (from < k) // an empty sum has to be stored, too
      }
    }
  }

  /** Packs columns `column … column + columns` of b, in parts of the depth that the table holds. */
  #packStrip(b: ResidentMatrix, k: number, column: number, columns: number, panels: Pointer): void {
    const { sourceColumns, depths } = this.#space
    this.#fill(b.columns, column, columns, sourceColumns)
    for (let from = 0; from < k; from += blocks.depth) {
      const depth = Math.min(blocks.depth, k - from)
      this.#fill(b.rows, from, depth, depths)
      const to = panels + from * COLUMNS * 4
      this.#kernels.packColumns(to, k * COLUMNS * 4, b.origin, depths, depth, sourceColumns, columns)
    }
  }

  #fill(walk: Walk, start: number, count: number, table: Pointer): void {
    fillOffsets(walk, start, this.#memory.integers(table, count))
  }
}

/** As many columns of a right operand of depth k as fill the panels, at least one panel's. */
function stripColumns(k: number): number {
  const columns = Math.floor(blocks.panels / Math.max(1, k) / COLUMNS) * COLUMNS
  return Math.min(blocks.columns, Math.max(COLUMNS, columns))
}

/** The panels and scatter vectors of one product at a time, and the description of its output that the kernel reads. */
class Workspace {
  readonly rows: Pointer
  readonly depths: Pointer
  readonly sourceRows: Pointer
  readonly targetRows: Pointer
  readonly biasRows: Pointer
  readonly residualRows: Pointer
  readonly sourceColumns: Pointer
  readonly targetColumns: Pointer
  readonly biasColumns: Pointer
  readonly residualColumns: Pointer
  /** Output, and its three matrices behind it: see src/wasm/assembly/shared/epilogue.ts. */
  readonly output: Pointer
  readonly #memory: LinearMemory
  #panels = { pointer: 0, bytes: 0 }
  #sums = { pointer: 0, bytes: 0 }

  constructor(memory: LinearMemory) {
    this.#memory = memory
    const entries = (count: number) => memory.allocate(count * 4)
    this.rows = entries(blocks.rows * blocks.depth)
    this.depths = entries(blocks.depth)
    this.sourceRows = entries(blocks.rows)
    this.targetRows = entries(blocks.rows)
    this.biasRows = entries(blocks.rows)
    this.residualRows = entries(blocks.rows)
    this.sourceColumns = entries(blocks.columns)
    this.targetColumns = entries(blocks.columns)
    this.biasColumns = entries(blocks.columns)
    this.residualColumns = entries(blocks.columns)
    this.output = entries(6 + 3 * 3 + 8)
  }

  panelsOf(bytes: number): Pointer {
    this.#panels = this.#grown(this.#panels, bytes)
    return this.#panels.pointer
  }

  sumsOf(count: number): Pointer {
    this.#sums = this.#grown(this.#sums, Math.max(count, 5 * COLUMNS) * 4)
    return this.#sums.pointer
  }

  #grown(block: { pointer: Pointer; bytes: number }, bytes: number): { pointer: Pointer; bytes: number } {
    if (block.bytes >= bytes) return block
    const pointer = this.#memory.allocate(bytes)
    if (block.bytes > 0) this.#memory.free(block.pointer)
    return { pointer, bytes }
  }

  /** Writes what does not change from block to block. */
  describe({ target, bias = null, residual = null, scale = 1, activation = null }: ProductArguments): void {
    const matrices = this.output + 6 * 4
    const words = this.#memory.integers(this.output, 6 + 3 * 3)
    words[0] = matrices
    words[1] = bias ? matrices + 12 : 0
    words[2] = residual ? matrices + 24 : 0
    this.#memory.floats(this.output, 4)[3] = scale
    words[4] = activation ? activationCodes[activation] : 0
    words[5] = matrices + 36
    words.set([target.origin, this.targetRows, this.targetColumns], 6)
    if (bias) words.set([bias.origin, this.biasRows, this.biasColumns], 9)
    if (residual) words.set([residual.origin, this.residualRows, this.residualColumns], 12)
  }
}
