/**
 * Many products of one size and one layout on linear memory: described once, and looped over by the kernel. The bits of each are those that it has alone
 * (src/wasm/product.ts).
 */
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets, type Walk } from './offsets.ts'
import { type ProductArguments, ProductEngine, type ResidentMatrix } from './product.ts'
import {
  blocks,
  COLUMNS,
  DESCRIBED_WORDS,
  type DescribedMatrix,
  jobKinds,
  SCRATCH_BYTES,
  writeOutput,
} from './product-workspace.ts'
import { currentRecording } from './recording.ts'

/** How the tensors of one product stand from those of another. */
export interface Batch {
  readonly a: Walk
  readonly b: Walk
  readonly target: Walk
  readonly bias: Walk | null
  readonly residual: Walk | null
}

export interface ManyArguments extends ProductArguments {
  readonly b: ResidentMatrix
}

const JOB_WORDS = 24
/** Products whose places stand in tables at a time, and parts for each thread. */
const mostAtOnce = 4096
const partsOfThread = 4
/** A right operand of more numbers, or more multiplications, are worth a description of their own. */
const mostPanels = 2 ** 17
const mostWork = 2 ** 21

/** Computes many products; keeps the workspace that it needs, and nothing else between calls. */
export class ManyEngine {
  readonly #memory: LinearMemory
  readonly #engine: ProductEngine
  #space: Pointer = 0
  #bytes = 0

  constructor(memory: LinearMemory, engine: ProductEngine) {
    this.#memory = memory
    this.#engine = engine
  }

  /** Whether products are small enough to be looped over by the kernel. */
  static suits({ m, n, k }: { readonly m: number; readonly n: number; readonly k: number }): boolean {
    return m <= blocks.tableRows && n <= blocks.columns && k * n <= mostPanels && m * n * k <= mostWork
  }

  /** Computes the product for every index of the batch. */
  multiply(product: ManyArguments, batch: Batch): void {
    currentRecording()?.fail()
    const { m, n, k, a, b, target, bias = null, residual = null } = product
    const count = batch.a.lengths.reduce((size, length) => size * length, 1)
    const { threads } = this.#engine
    const rows = Math.min(m, blocks.rows)
    const depth = Math.min(k, blocks.depth)
    const sums = rows * ((k > blocks.depth ? n : 0) + COLUMNS)
    // a single row takes four panels at once
    const outputAt = SCRATCH_BYTES + 4 * (rows * depth + Math.max(sums, 4 * COLUMNS))
    const panelsAt = aligned(outputAt + 4 * DESCRIBED_WORDS)
    const threadBytes = aligned(panelsAt + ProductEngine.packedBytes(k, n))

    const tables = new Tables(JOB_WORDS + DESCRIBED_WORDS)
    const [sourceRows, depths] = [tables.of(a.rows, m), tables.of(a.columns, k)]
    const [rightDepths, columns] = [tables.of(b.rows, k), tables.of(b.columns, n)]
    const matrices = [target, bias, residual].map(
      (matrix) =>
        matrix && ([matrix.origin, tables.of(matrix.rows, m), tables.of(matrix.columns, n)] as const),
    )
    const atOnce = Math.min(count, mostAtOnce)
    const walks = [batch.a, batch.b, batch.target, bias && batch.bias, residual && batch.residual]
    const places = walks.map((walk) => (walk ? tables.of(walk, atOnce) : 0))

    const tableBytes = aligned(4 * tables.words)
    const job = this.#reserve(tableBytes + threads * threadBytes)
    const words = this.#memory.integers(job, tables.words)
    const at = (word: number) => job + 4 * word
    tables.fill(words)
    writeOutput(this.#memory, at(JOB_WORDS), product, {
      target: described(matrices[0]!, at),
      bias: described(matrices[1]!, at),
      residual: described(matrices[2]!, at),
    })
    words.set([jobKinds.many, 0, 0, m, n, k, rows, depth])
    words.set(
      [a.origin, at(sourceRows), at(depths), b.origin, at(rightDepths), at(columns), at(JOB_WORDS)],
      8,
    )
    words.set(places.map(at), 15)
    words.set([job + tableBytes, threadBytes, outputAt, panelsAt], 20)
    const shared = threads > 1 && count * m * n * k >= blocks.worthSharing
    for (let first = 0; first < count; first += atOnce) {
      const some = Math.min(atOnce, count - first)
      const perPart = shared ? Math.ceil(some / (threads * partsOfThread)) : some
      walks.forEach((walk, i) => {
        if (walk && first > 0) fillOffsets(walk, first, words.subarray(places[i]!, places[i]! + some))
      })
      words[1] = some
      words[2] = perPart
      this.#engine.run(job, Math.ceil(some / perPart))
    }
  }

  #reserve(bytes: number): Pointer {
    if (bytes > this.#bytes) {
      const space = this.#memory.allocate(bytes)
      if (this.#bytes > 0) this.#memory.free(this.#space)
      this.#space = space
      this.#bytes = bytes
    }
    return this.#space
  }
}

/** Scatter vectors, one after the other. */
class Tables {
  words: number
  readonly #tables: { readonly walk: Walk; readonly length: number; readonly word: number }[] = []

  constructor(first: number) {
    this.words = first
  }

  /** Plans a table; gives its first word. */
  of(walk: Walk, length: number): number {
    const word = this.words
    this.#tables.push({ walk, length, word })
    this.words += length
    return word
  }

  fill(words: Int32Array): void {
    for (const { walk, length, word } of this.#tables)
      fillOffsets(walk, 0, words.subarray(word, word + length))
  }
}

/** The same with addresses for words. */
function described(
  matrix: readonly [origin: Pointer, rows: number, columns: number] | null,
  at: (word: number) => Pointer,
): DescribedMatrix | null {
  return matrix && [matrix[0], at(matrix[1]), at(matrix[2])]
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
