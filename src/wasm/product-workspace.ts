/**
 * What a product needs beside its operands: panels for an operand that is not packed, scatter vectors, the description of the job that the kernel reads
 * (Job and Output in src/wasm/assembly), and for each thread a place for its packed rows and unfinished sums. Kept from product to product; one product runs at a time.
 */
import { activationCodes } from './activation-codes.ts'
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets, type Walk } from './offsets.ts'
import type { ProductArguments } from './product.ts'

/** How a product is cut. */
export const blocks = {
  /** Rows of A, and summed indices, that are packed at a time: 600 kB, which the second-level cache holds. */
  rows: 200,
  depth: 768,
  /** Fewer rows are not worth packing for: each block reads all of B. From 12 on, any number of rows is made of tiles of 4, 5 and 6. */
  leastRows: 20,
  /** Rows and columns whose offsets stand in tables at a time. */
  tableRows: 4096,
  columns: 4096,
  /** Numbers of B that are packed at a time, where that was not done before. */
  panels: 2 ** 20,
  /** Multiplications below which waking others takes longer than doing it alone. */
  worthSharing: 2 ** 19,
}

/** Columns of a register tile. */
export const COLUMNS = 8

/** Of the description of a product, before its output. */
export const JOB_WORDS = 13
/** The first word of a job: what is to be done. */
export const jobKinds = { product: 0, many: 1, thin: 2 } as const
const OUTPUT_WORDS = 5
const MATRIX_WORDS = 3
/** Of an output and its three matrices. */
export const DESCRIBED_WORDS = OUTPUT_WORDS + 3 * MATRIX_WORDS
/** Of a thread, before its packed rows. */
export const SCRATCH_BYTES = 64

interface Block {
  readonly pointer: Pointer
  readonly bytes: number
}

/** How many offsets the tables of a product hold. */
export interface TableSizes {
  readonly rows: number
  readonly columns: number
  readonly depth: number
}

/** Of a product where its matrices are, but for the right operand. */
type Placed = Pick<ProductArguments, 'a' | 'target' | 'bias' | 'residual'>

/** The description of a job and its scatter vectors. */
export class ProductTables {
  readonly job: Pointer
  readonly sourceRows: Pointer
  readonly targetRows: Pointer
  readonly biasRows: Pointer
  readonly residualRows: Pointer
  readonly sourceColumns: Pointer
  readonly targetColumns: Pointer
  readonly biasColumns: Pointer
  readonly residualColumns: Pointer
  readonly #output: Pointer
  #depths: Pointer
  readonly #memory: LinearMemory

  /**
   * @param allocate - where they are from
   * @param more - words that the description has beyond a product's
   */
  constructor(
    memory: LinearMemory,
    { rows, columns, depth }: TableSizes,
    allocate: (bytes: number) => Pointer,
    more = 0,
  ) {
    this.#memory = memory
    const words = [
      JOB_WORDS + more + DESCRIBED_WORDS,
      rows,
      rows,
      rows,
      rows,
      columns,
      columns,
      columns,
      columns,
      depth,
    ]
    let next = allocate(words.reduce((sum, count) => sum + bytesOf(count), 0))
    const places = words.map((count) => {
      const place = next
      next += bytesOf(count)
      return place
    })
    this.job = places[0]!
    this.#output = this.job + 4 * (JOB_WORDS + more)
    this.sourceRows = places[1]!
    this.targetRows = places[2]!
    this.biasRows = places[3]!
    this.residualRows = places[4]!
    this.sourceColumns = places[5]!
    this.targetColumns = places[6]!
    this.biasColumns = places[7]!
    this.residualColumns = places[8]!
    this.#depths = places[9]!
  }

  /** Offsets of the summed indices. */
  get depths(): Pointer {
    return this.#depths
  }

  /** Uses another table for the summed indices from now on. */
  protected moveDepths(table: Pointer): void {
    this.#depths = table
  }

  /** Writes what is the same for all parts of a product. */
  describe(product: Placed & Pick<ProductArguments, 'scale' | 'activation'>): void {
    const { target, bias = null, residual = null } = product
    writeOutput(this.#memory, this.#output, product, {
      target: [target.origin, this.targetRows, this.targetColumns],
      bias: bias && [bias.origin, this.biasRows, this.biasColumns],
      residual: residual && [residual.origin, this.residualRows, this.residualColumns],
    })
  }

  /** Fills the tables of columns with those from `column` on. */
  fillColumns(product: Placed, column: number, columns: number): void {
    const { target, bias = null, residual = null } = product
    this.#fill(target.columns, column, columns, this.targetColumns)
    if (bias) this.#fill(bias.columns, column, columns, this.biasColumns)
    if (residual) this.#fill(residual.columns, column, columns, this.residualColumns)
  }

  /** Fills the tables of rows with those from `row` on. */
  fillRows(product: Placed, row: number, rows: number): void {
    const { a, target, bias = null, residual = null } = product
    this.#fill(a.rows, row, rows, this.sourceRows)
    this.#fill(target.rows, row, rows, this.targetRows)
    if (bias) this.#fill(bias.rows, row, rows, this.biasRows)
    if (residual) this.#fill(residual.rows, row, rows, this.residualRows)
  }

  #fill(walk: Walk, start: number, count: number, table: Pointer): void {
    fillOffsets(walk, start, this.#memory.integers(table, count))
  }

  /** Writes one part: as many rows and columns as the tables hold. */
  describeJob(part: {
    readonly m: number
    readonly n: number
    readonly k: number
    readonly blockRows: number
    readonly panels: Pointer
    readonly source: Pointer
    readonly scratch: Scratch
  }): void {
    const { m, n, k, blockRows, panels, source, scratch } = part
    const words = this.#memory.integers(this.job, JOB_WORDS)
    words[0] = jobKinds.product
    words[1] = m
    words[2] = n
    words[3] = k
    words[4] = blockRows
    words[5] = blocks.depth
    words[6] = source
    words[7] = this.sourceRows
    words[8] = this.depths
    words[9] = panels
    words[10] = this.#output
    words[11] = scratch.pointer
    words[12] = scratch.threadBytes
  }
}

/**
 * Large blocks for one thread; for several, as many for each, so that all finish at about the same time. The result does not depend on it.
 *
 * @param most - the rows of a large block
 */
export function rowsOfBlock(
  { m, n, k }: Pick<ProductArguments, 'm' | 'n' | 'k'>,
  threads: number,
  most = blocks.rows,
): number {
  if (threads === 1 || m * n * k < blocks.worthSharing) return most
  const parts = threads * Math.ceil((2 * m) / (threads * most))
  return Math.min(most, Math.max(blocks.leastRows, Math.ceil(m / parts)))
}

/** For each thread a place for its packed rows and unfinished sums. */
export interface Scratch {
  readonly pointer: Pointer
  readonly threadBytes: number
}

/** The tables that products share, and what else they need; kept from product to product, of which one runs at a time. */
export class ProductWorkspace extends ProductTables {
  readonly #memory: LinearMemory
  #depth: Block = { pointer: 0, bytes: 0 }
  #panels: Block = { pointer: 0, bytes: 0 }
  #threads: Block = { pointer: 0, bytes: 0 }
  #threadBytes = 0

  constructor(memory: LinearMemory, more = 0) {
    const sizes = { rows: blocks.tableRows, columns: blocks.columns, depth: 0 }
    super(memory, sizes, (bytes) => memory.allocate(bytes), more)
    this.#memory = memory
  }

  /** Makes room for the offsets of k summed indices. */
  reserveDepth(k: number): void {
    this.#depth = this.#grown(this.#depth, Math.max(blocks.depth, k) * 4)
    this.moveDepths(this.#depth.pointer)
  }

  /** Makes room for the panels of an operand that is packed for one product. */
  panelsOf(bytes: number): Pointer {
    this.#panels = this.#grown(this.#panels, bytes)
    return this.#panels.pointer
  }

  /** Makes room for the packed rows of each thread, and for the sums of `waiting` columns that wait for the next part of the depth. */
  reserveThreads(threads: number, waiting: number): void {
    const sums = blocks.rows * (waiting + COLUMNS)
    this.reserveScratch(threads, SCRATCH_BYTES + (blocks.rows * blocks.depth + sums) * 4)
  }

  /** Makes room for so many bytes of each thread. */
  reserveScratch(threads: number, bytes: number): void {
    this.#threadBytes = Math.max(this.#threadBytes, Math.ceil(bytes / 64) * 64)
    this.#threads = this.#grown(this.#threads, threads * this.#threadBytes)
  }

  /** Where threads keep their packed rows; it moves when more is needed. */
  get scratch(): Scratch {
    return { pointer: this.#threads.pointer, threadBytes: this.#threadBytes }
  }

  #grown(block: Block, bytes: number): Block {
    if (block.bytes >= bytes) return block
    const pointer = this.#memory.allocate(bytes)
    if (block.bytes > 0) this.#memory.free(block.pointer)
    return { pointer, bytes }
  }
}

function bytesOf(words: number): number {
  return Math.ceil((4 * words) / 64) * 64
}

/** A matrix as the kernel reads it: its first element, and the tables of its rows and of its columns. */
export type DescribedMatrix = readonly [origin: Pointer, rows: Pointer, columns: Pointer]

/** Writes an output (Output in src/wasm/assembly), its matrices behind it. */
export function writeOutput(
  memory: LinearMemory,
  at: Pointer,
  { scale = 1, activation = null }: Pick<ProductArguments, 'scale' | 'activation'>,
  matrices: Record<'target' | 'bias' | 'residual', DescribedMatrix | null>,
): void {
  const words = memory.integers(at, DESCRIBED_WORDS)
  const described = [matrices.target, matrices.bias, matrices.residual]
  described.forEach((matrix, i) => {
    const word = OUTPUT_WORDS + i * MATRIX_WORDS
    words[i] = matrix ? at + 4 * word : 0
    if (matrix) words.set(matrix, word)
  })
  memory.floats(at, 4)[3] = scale
  words[4] = activation ? activationCodes[activation] : 0
}
