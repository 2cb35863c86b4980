/**
 * Attention on linear memory: cut into the parts that the kernel computes, and described to it. The keys and values of some heads are packed, then blocks of
 * their queries are attended, by as many threads as there are; no thread has more than one block of scores.
 */
import { attention as embedded } from './generated/attention.ts'
import type { Heap } from './heap.ts'
import type { LinearMemory, Pointer } from './memory.ts'
import { ProductEngine } from './product.ts'
import { blocks, COLUMNS, SCRATCH_BYTES } from './product-workspace.ts'
import { called, currentRecording } from './recording.ts'

/** [heads, rows, columns] in linear memory: element (h, i, j) stands heads[h] + i·rowStep + j·columnStep floats after `origin`. */
export interface ResidentHeads {
  readonly origin: Pointer
  readonly heads: Int32Array
  readonly rowStep: number
  readonly columnStep: number
}

export interface AttentionArguments {
  /** Queries, keys, the length of both, and the length of values. */
  readonly n: number
  readonly m: number
  readonly d: number
  readonly e: number
  readonly scale: number
  /** [heads, n, d] */
  readonly q: ResidentHeads
  /** [heads, m, d] */
  readonly k: ResidentHeads
  /** [heads, m, e] */
  readonly v: ResidentHeads
  /** [heads, n, e] */
  readonly output: ResidentHeads
  /** [heads, n, m], its rows contiguous */
  readonly weights: ResidentHeads | null
  /** [heads, n, m] */
  readonly bias: ResidentHeads | null
}

/** Heads whose packed keys and values exist at a time: 2 MB of them, or one for each thread. */
const panelBytesAtOnce = 2 ** 21
/** Scores of a block, unless its rows are longer: 192 kB. */
const scoresAtOnce = 48 * 1024
/** Parts of a job: a crew counts them in 16 bits. */
const MOST_PARTS = 2 ** 15

const JOB_WORDS = 24
const TENSOR_WORDS = 4
const TENSORS = 6
/** What the kernel keeps in front of its scatter vectors (Tables, Output and Matrix in src/wasm/assembly). */
const TABLE_WORDS = 4 + 5 + 3

/** What kinds of jobs there are (src/wasm/assembly/attention.ts). */
const kinds = { pack: 0, attend: 1 } as const

/** Attention by kernels on a heap, which are compiled when something first attends; keeps the workspace that it needs, and nothing else between calls. */
class AttentionEngine {
  readonly #memory: LinearMemory
  readonly #engine: ProductEngine
  #space: Pointer = 0
  #bytes = 0
  #job: Pointer = 0
  #jobBytes = 0

  constructor({ memory, engine }: Heap) {
    this.#memory = memory
    this.#engine = engine
  }

  /** Computes the output of every head, and its weights where they are wanted. */
  attend(problem: AttentionArguments): void {
    const { n, m, d, e, scale, q, k, v, output, weights, bias } = problem
    const count = q.heads.length
    if (count === 0 || n === 0) return
    const { threads } = this.#engine
    const keyBytes = ProductEngine.packedBytes(d, m)
    const headBytes = keyBytes + ProductEngine.packedBytes(m, e)
    const fitting = Math.max(threads, Math.floor(panelBytesAtOnce / Math.max(1, headBytes)))
    const rows = blockRows(n, m, Math.min(count, fitting), threads)
    const parts = Math.ceil(n / rows)
    const atOnce = Math.min(count, fitting, Math.max(1, Math.floor(MOST_PARTS / parts)))
    const padded = Math.ceil(m / COLUMNS) * COLUMNS

    const sums = Math.max(d > blocks.depth ? padded : 0, m > blocks.depth ? e : 0) + 2 * COLUMNS
    // a single row takes four panels at once
    const scoresAt = SCRATCH_BYTES + 4 * (rows * blocks.depth + Math.max(rows * sums, 4 * COLUMNS))
    const tablesAt = scoresAt + 4 * rows * padded
    const threadBytes = aligned(tablesAt + 4 * (TABLE_WORDS + Math.max(m, rows) + Math.max(d, e) + rows))
    const jobWords = JOB_WORDS + TENSORS * (TENSOR_WORDS + count) + padded
    const panels = this.#reserve(atOnce * headBytes + threads * threadBytes)
    const job = currentRecording()?.allocate(4 * jobWords) ?? this.#describe(4 * jobWords)

    const words = this.#memory.integers(job, jobWords)
    const counting = JOB_WORDS + TENSORS * (TENSOR_WORDS + count)
    for (let i = 0; i < padded; i++) words[counting + i] = i
    const tensors = [q, k, v, output, weights, bias].map((tensor, index) => {
      const at = JOB_WORDS + index * (TENSOR_WORDS + count)
      if (tensor === null) words.fill(0, at, at + TENSOR_WORDS)
      else {
        words.set([tensor.origin, job + 4 * (at + TENSOR_WORDS), tensor.rowStep, tensor.columnStep], at)
        words.set(tensor.heads, at + TENSOR_WORDS)
      }
      return job + 4 * at
    })
    words.set([kinds.pack, 0, n, m, d, e, 0, rows, blocks.depth, parts])
    words.set([panels, headBytes, keyBytes, job + 4 * counting, panels + atOnce * headBytes, threadBytes], 10)
    words.set([scoresAt, tablesAt, ...tensors], 16)
    this.#memory.floats(job, 7)[6] = scale
    currentRecording()?.require(() => this.#space === panels && this.#engine.threads === threads)
    called(() => this.#run(job, count, atOnce, parts))
  }

  /** Some heads after the others: their keys and values are packed, then they are attended. */
  #run(job: Pointer, count: number, atOnce: number, parts: number): void {
    const team = this.#engine.team(embedded)!
    for (let first = 0; first < count; first += atOnce) {
      const heads = Math.min(atOnce, count - first)
      const words = this.#memory.integers(job, 2)
      words[1] = first
      words[0] = kinds.pack
      this.#engine.run(job, heads, team)
      words[0] = kinds.attend
      this.#engine.run(job, heads * parts, team)
    }
  }

  #describe(bytes: number): Pointer {
    if (bytes > this.#jobBytes) {
      const job = this.#memory.allocate(bytes)
      if (this.#jobBytes > 0) this.#memory.free(this.#job)
      this.#job = job
      this.#jobBytes = bytes
    }
    return this.#job
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

const engines = new WeakMap<Heap, AttentionEngine>()

/** The engine of a heap. */
export function attentionOn(heap: Heap): AttentionEngine {
  const engine = engines.get(heap) ?? new AttentionEngine(heap)
  engines.set(heap, engine)
  return engine
}

/** Rows of a block: about as many in each, and so that every thread has as many blocks. */
function blockRows(n: number, m: number, heads: number, threads: number): number {
  const most = Math.min(blocks.rows, Math.max(blocks.leastRows, Math.floor(scoresAtOnce / Math.max(1, m))))
  let parts = Math.ceil(n / most)
  while ((heads * parts) % threads !== 0 && n >= blocks.leastRows * (parts + 1)) parts++
  return Math.ceil(n / Math.min(parts, MOST_PARTS))
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
