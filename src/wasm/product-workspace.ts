/**
 * What a product needs beside its operands: panels for an operand that is not packed, scatter vectors, the description of the job that the kernel reads
 * (Job and Output in src/wasm/assembly), and for each thread a place for its packed rows and unfinished sums. Kept from product to product; one product runs at a time.
 */
import { activationCodes } from './activation-codes.ts'
import type { LinearMemory, Pointer } from './memory.ts'
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

const JOB_WORDS = 13
/** The first word of a job: what is to be done. */
export const jobKinds = { product: 0, heads: 1, attention: 2, many: 3, thin: 4 } as const
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

export class ProductWorkspace {
  readonly job: Pointer
  readonly sourceRows: Pointer
  readonly targetRows: Pointer
  readonly biasRows: Pointer
  readonly residualRows: Pointer
  readonly sourceColumns: Pointer
  readonly targetColumns: Pointer
  readonly biasColumns: Pointer
  readonly residualColumns: Pointer
  readonly #memory: LinearMemory
  #depths: Block = { pointer: 0, bytes: 0 }
  #panels: Block = { pointer: 0, bytes: 0 }
  #threads: Block = { pointer: 0, bytes: 0 }
  #threadBytes = 0

  constructor(memory: LinearMemory) {
    this.#memory = memory
    const words = (count: number) => memory.allocate(count * 4)
    this.job = words(JOB_WORDS + DESCRIBED_WORDS)
    this.sourceRows = words(blocks.tableRows)
    this.targetRows = words(blocks.tableRows)
    this.biasRows = words(blocks.tableRows)
    this.residualRows = words(blocks.tableRows)
    this.sourceColumns = words(blocks.columns)
    this.targetColumns = words(blocks.columns)
    this.biasColumns = words(blocks.columns)
    this.residualColumns = words(blocks.columns)
  }

  /** Offsets of the summed indices. */
  get depths(): Pointer {
    return this.#depths.pointer
  }

  /** Makes room for the offsets of k summed indices. */
  reserveDepth(k: number): void {
    this.#depths = this.#grown(this.#depths, Math.max(blocks.depth, k) * 4)
  }

  /** Makes room for the panels of an operand that is packed for one product. */
  panelsOf(bytes: number): Pointer {
    this.#panels = this.#grown(this.#panels, bytes)
    return this.#panels.pointer
  }

  /** Makes room for the packed rows of each thread, and for the sums of `waiting` columns that wait for the next part of the depth. */
  reserveThreads(threads: number, waiting: number): void {
    const sums = blocks.rows * (waiting + COLUMNS)
    const bytes = SCRATCH_BYTES + (blocks.rows * blocks.depth + sums) * 4
    this.#threadBytes = Math.max(this.#threadBytes, Math.ceil(bytes / 64) * 64)
    this.#threads = this.#grown(this.#threads, threads * this.#threadBytes)
  }

  /** Writes what is the same for all parts of a product. */
  describe(product: ProductArguments): void {
    const { target, bias = null, residual = null } = product
    writeOutput(this.#memory, this.job + JOB_WORDS * 4, product, {
      target: [target.origin, this.targetRows, this.targetColumns],
      bias: bias && [bias.origin, this.biasRows, this.biasColumns],
      residual: residual && [residual.origin, this.residualRows, this.residualColumns],
    })
  }

  /** Writes one part: as many rows and columns as the tables hold. */
  describeJob(part: {
    readonly m: number
    readonly n: number
    readonly k: number
    readonly blockRows: number
    readonly panels: Pointer
    readonly source: Pointer
  }): void {
    const { m, n, k, blockRows, panels, source } = part
    const output = this.job + JOB_WORDS * 4
    const space = this.#threads.pointer
    this.#memory
      .integers(this.job, JOB_WORDS)
      .set([
        ...[jobKinds.product, m, n, k, blockRows, blocks.depth],
        ...[source, this.sourceRows, this.depths, panels, output, space, this.#threadBytes],
      ])
  }

  #grown(block: Block, bytes: number): Block {
    if (block.bytes >= bytes) return block
    const pointer = this.#memory.allocate(bytes)
    if (block.bytes > 0) this.#memory.free(block.pointer)
    return { pointer, bytes }
  }
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
