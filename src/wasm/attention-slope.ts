/** How a change of attention's result becomes one of queries, keys and values, on linear memory: described to the kernel, which computes head by head. */
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets, type Walk } from './offsets.ts'
import { ProductEngine, type Team } from './product.ts'
import { blocks, COLUMNS, DESCRIBED_WORDS, SCRATCH_BYTES } from './product-workspace.ts'

/** [heads, n, d] in linear memory; strides count elements. */
export interface WalkedHeads {
  readonly origin: Pointer
  readonly heads: Walk
  readonly rowStep: number
  readonly columnStep: number
}

export interface AttentionSlopeArguments {
  /** Queries, which are as many as keys, and the length of both and of values. */
  readonly n: number
  readonly d: number
  readonly scale: number
  /** q, k, v, and the change g of the result. */
  readonly inputs: readonly WalkedHeads[]
  /** dq, dk, dv. */
  readonly results: readonly WalkedHeads[]
}

/** What the kernel of training does: AttentionSlopeJob in src/wasm/assembly/shared. */
const KIND = 3
const JOB_WORDS = 21
const TENSOR_WORDS = 4

/** Keeps the workspace that it needs, and nothing else between calls. */
export class AttentionSlopeEngine {
  readonly #memory: LinearMemory
  readonly #engine: ProductEngine
  #space: Pointer = 0
  #bytes = 0

  constructor(memory: LinearMemory, engine: ProductEngine) {
    this.#memory = memory
    this.#engine = engine
  }

  compute(team: Team, { n, d, scale, inputs, results }: AttentionSlopeArguments): void {
    const tensors = [...inputs, ...results]
    const count = inputs[0]!.heads.lengths.reduce((size, length) => size * length, 1)
    if (count * n === 0) return
    const { threads } = this.#engine
    const rows = Math.min(n, blocks.rows)
    const depth = Math.min(blocks.depth, Math.max(n, d))
    const padded = Math.ceil(n / COLUMNS) * COLUMNS

    const waiting = Math.max(d > blocks.depth ? padded : 0, n > blocks.depth ? d : 0)
    // a single row takes four panels at once
    const outputAt = SCRATCH_BYTES + 4 * (rows * depth + Math.max(rows * (waiting + COLUMNS), 4 * COLUMNS))
    const panelsAt = aligned(outputAt + 4 * DESCRIBED_WORDS)
    const panelBytes = Math.max(ProductEngine.packedBytes(d, n), ProductEngine.packedBytes(n, d))
    const weightsAt = aligned(panelsAt + panelBytes)
    const changesAt = aligned(weightsAt + 4 * n * padded)
    const threadBytes = aligned(changesAt + 4 * n * padded)

    const tensorWords = TENSOR_WORDS + count + n + d
    const tableWords = JOB_WORDS + tensors.length * tensorWords + padded + n
    const job = this.#reserve(aligned(4 * tableWords) + threads * threadBytes)
    const words = this.#memory.integers(job, tableWords)
    const at = (word: number) => job + 4 * word
    const counting = JOB_WORDS + tensors.length * tensorWords
    const fill = (word: number, length: number, walk: Walk) =>
      fillOffsets(walk, 0, words.subarray(word, word + length))
    fill(counting, padded, axis(padded, 1))
    fill(counting + padded, n, axis(n, padded))
    const described = tensors.map(({ origin, heads, rowStep, columnStep }, i) => {
      const word = JOB_WORDS + i * tensorWords
      const first = word + TENSOR_WORDS
      words.set([origin, at(first), at(first + count), at(first + count + n)], word)
      fill(first, count, heads)
      fill(first + count, n, axis(n, rowStep))
      fill(first + count + n, d, axis(d, columnStep))
      return at(word)
    })
    const space = job + aligned(4 * tableWords)
    words.set([KIND, n, d, 0, rows, depth, at(counting), at(counting + padded)])
    words.set([space, threadBytes, panelsAt, outputAt, weightsAt, changesAt, ...described], 8)
    this.#memory.floats(job, 4)[3] = scale
    this.#engine.run(job, count, team)
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

function axis(length: number, stride: number): Walk {
  return { lengths: [length], strides: [stride] }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
