/**
 * The matrix product on linear memory: C = activation(scale·A·B + bias) + residual, every matrix given by where its rows and columns stand.
 * The blocks are those of Goto & van de Geijn (2008): a block of A's rows is packed and stays in the second-level cache while all of B's panels pass by,
 * each of which stays in the first-level cache while A's panels pass by. B may have been packed before, as weights are.
 */
import type { FusedActivation } from './activation-codes.ts'
import { product as embedded, type ProductKernels } from './generated/product.ts'
import { bytesOf, type EmbeddedModule, instantiate } from './instantiate.ts'
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets, type Walk } from './offsets.ts'
import { blocks, COLUMNS, ProductTables, ProductWorkspace, rowsOfBlock } from './product-workspace.ts'
import { called, currentRecording, type Recording } from './recording.ts'

export { blocks } from './product-workspace.ts'

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

/** Kernels of which each call computes one part of a job. */
export interface Computing {
  compute(job: Pointer, thread: number, index: number): void
}

/** Kernels that threads share. */
export interface Team<Kernels extends Computing = Computing> {
  readonly kernels: Kernels
  /** Where the bytes of their module stand, behind their number, for threads that do not have it yet; 0 for that of products, which all have. */
  readonly module: Pointer
}

/** Who computes the parts of a job. */
export interface Crew {
  /** How many work, the calling thread included. */
  readonly size: number
  /** Computes all parts of a job and returns when they are done. */
  run(team: Team, job: Pointer, parts: number): void
}

/** The calling thread alone. */
export const alone: Crew = {
  size: 1,
  run({ kernels }, job, count) {
    for (let index = 0; index < count; index++) kernels.compute(job, 0, index)
  },
}

/** Products on one linear memory; holds the panels and tables that they need, and nothing else between calls. */
export class ProductEngine {
  readonly #memory: LinearMemory
  readonly #space: ProductWorkspace
  #kernels: ProductKernels
  #crew: Crew = alone
  /** What other modules there are on the memory, by name, and where their bytes stand. */
  readonly #teams = new Map<string, Team>()
  readonly #modules = new Map<string, Pointer>()

  private constructor(memory: LinearMemory, kernels: ProductKernels) {
    this.#memory = memory
    this.#kernels = kernels
    this.#space = new ProductWorkspace(memory)
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

  /** Lets others work, from now on, on the memory as it is now. */
  hire(crew: Crew): void {
    this.#kernels = instantiate(embedded, this.#memory.memory)!
    this.#crew = crew
    this.#teams.clear()
  }

  /** The kernels of another module, whose jobs the same threads share; null where this platform does not have them. */
  team<Kernels extends Computing>(other: EmbeddedModule<Kernels>): Team<Kernels> | null {
    const known = this.#teams.get(other.name)
    if (known !== undefined) return known as Team<Kernels>
    const kernels = instantiate(other, this.#memory.memory, this.#kernels)
    if (kernels === null) return null
    const team = { kernels, module: this.#crew.size > 1 ? this.#written(other) : 0 }
    this.#teams.set(other.name, team)
    return team
  }

  /** Writes a module where all threads find it. */
  #written(other: EmbeddedModule<object>): Pointer {
    const known = this.#modules.get(other.name)
    if (known !== undefined) return known
    const bytes = bytesOf(other, true)
    const at = this.#memory.allocate(4 + bytes.length)
    this.#memory.integers(at, 1)[0] = bytes.length
    new Uint8Array(this.#memory.memory.buffer, at + 4, bytes.length).set(bytes)
    this.#modules.set(other.name, at)
    return at
  }

  /** How many threads share a job. */
  get threads(): number {
    return this.#crew.size
  }

  /** Has all parts of a job computed, by the kernels of products or by others. */
  run(job: Pointer, parts: number, team: Team = { kernels: this.#kernels, module: 0 }): void {
    this.#crew.run(team, job, parts)
  }

  /** Packs b: [k, n] to `panels`, which has `packedBytes(k, n)` bytes. */
  packColumns(b: ResidentMatrix, k: number, n: number, panels: Pointer): void {
    this.#space.reserveDepth(k)
    for (let column = 0; column < n; column += blocks.columns) {
      const columns = Math.min(blocks.columns, n - column)
      this.#packStrip(b, k, column, columns, panels + column * k * 4)
    }
  }

  /** Computes a product. */
  multiply(product: ProductArguments): void {
    const { m, n, k, a, b } = product
    const space = this.#space
    const packed = 'panels' in b
    const strip = Math.min(n, packed ? blocks.columns : stripColumns(k))
    space.reserveDepth(k)
    space.reserveThreads(this.#crew.size, k > blocks.depth ? strip : 0)
    const recording = currentRecording()
    if (recording !== null) {
      if (packed && n <= strip && m <= blocks.tableRows) {
        this.#record(recording, product, b.panels)
        return
      }
      recording.fail()
    }
    const ownPanels = packed ? 0 : space.panelsOf(ProductEngine.packedBytes(k, strip))
    space.describe(product)
    for (let column = 0; column < n; column += strip) {
      const columns = Math.min(strip, n - column)
      const panels = packed ? b.panels + column * k * 4 : ownPanels
      if (!packed) this.#packStrip(b, k, column, columns, panels)
      this.#fill(a.columns, 0, k, space.depths)
      space.fillColumns(product, column, columns)
      for (let row = 0; row < m; row += blocks.tableRows) {
        const rows = Math.min(blocks.tableRows, m - row)
        space.fillRows(product, row, rows)
        const blockRows = rowsOfBlock(product, this.#crew.size)
        space.describeJob({
          m: rows,
          n: columns,
          k,
          blockRows,
          panels,
          source: a.origin,
          scratch: space.scratch,
        })
        this.run(space.job, Math.ceil(rows / blockRows))
      }
    }
  }

  /** Computes a product whose description and tables stay, so that it is computed again by one call. */
  #record(recording: Recording, product: ProductArguments, panels: Pointer): void {
    const { m, n, k, a } = product
    const { scratch } = this.#space
    const { size } = this.#crew
    const tables = new ProductTables(this.#memory, { rows: m, columns: n, depth: k }, (bytes) =>
      recording.allocate(bytes),
    )
    const blockRows = rowsOfBlock(product, this.#crew.size)
    tables.describe(product)
    this.#fill(a.columns, 0, k, tables.depths)
    tables.fillColumns(product, 0, n)
    tables.fillRows(product, 0, m)
    tables.describeJob({ m, n, k, blockRows, panels, source: a.origin, scratch })
    recording.require(() => this.#crew.size === size && this.#space.scratch.pointer === scratch.pointer)
    called(() => this.run(tables.job, Math.ceil(m / blockRows)))
  }

  /** Packs columns `column … column + columns` of b. */
  #packStrip(b: ResidentMatrix, k: number, column: number, columns: number, panels: Pointer): void {
    const { sourceColumns, depths } = this.#space
    this.#fill(b.columns, column, columns, sourceColumns)
    this.#fill(b.rows, 0, k, depths)
    this.#kernels.packColumns(panels, k * COLUMNS * 4, b.origin, depths, k, sourceColumns, columns)
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
