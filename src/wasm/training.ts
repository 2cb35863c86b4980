/** What only training needs, on the heap's memory: its kernels are compiled when a gradient is first computed. Rows and heads are shared by all threads, with the same bits. */
import { type AttentionSlopeArguments, AttentionSlopeEngine } from './attention-slope.ts'
import { training as embedded } from './generated/training.ts'
import type { Heap } from './heap.ts'
import type { Pointer } from './memory.ts'
import { currentRecording } from './recording.ts'
import { RowsJobs } from './rows-job.ts'

/** What kinds of jobs there are (src/wasm/assembly/training.ts). */
const kinds = { activation: 0, softmax: 1, norm: 2 } as const

/** What one step of AdamW does to each number. */
export interface AdamWFactors {
  /** How fast the means of the gradients follow, and those of their squares. */
  readonly mean: number
  readonly square: number
  /** The size of a step; what a root of a mean square is multiplied by, and what is added to it. */
  readonly size: number
  readonly root: number
  readonly eps: number
  /** What share of itself each value loses. */
  readonly decay: number
}

class TrainingEngine {
  readonly #heap: Heap
  readonly #jobs: RowsJobs
  readonly #attention: AttentionSlopeEngine

  constructor(heap: Heap) {
    this.#heap = heap
    this.#jobs = new RowsJobs(heap.memory, heap.engine)
    this.#attention = new AttentionSlopeEngine(heap.memory, heap.engine)
  }

  get #team() {
    return this.#heap.engine.team(embedded)!
  }

  /** h[i] = g[i] · activation′(x[i]), i < n. */
  activationSlope([h, g, x]: readonly Pointer[], n: number, activation: number): void {
    if (this.#jobs.shares(n))
      this.#jobs.run(this.#team, kinds.activation, { count: n, choice: activation, tensors: [h!, g!, x!] })
    else this.#team.kernels.activationSlope(h!, g!, x!, n, activation)
  }

  /** h = y ∘ (g − Σ g y) for each row: [rows, n]. */
  softmaxSlope([h, g, y]: readonly Pointer[], rows: number, n: number): void {
    if (this.#jobs.shares(rows * n))
      this.#jobs.run(this.#team, kinds.softmax, { count: rows, n, tensors: [h!, g!, y!] })
    else this.#team.kernels.softmaxSlope(h!, g!, y!, rows, n, 1)
  }

  /** Of a norm, with respect to what is normalised, for each row: [rows, n]; weight: [n], or 0. */
  normSlope(
    [h, g, x, weight]: readonly Pointer[],
    form: { readonly rows: number; readonly n: number; readonly eps: number; readonly centred: boolean },
  ): void {
    const { rows, n, eps, centred } = form
    if (this.#jobs.shares(rows * n)) {
      const tensors = [h!, g!, x!, weight!]
      this.#jobs.run(this.#team, kinds.norm, { count: rows, n, choice: Number(centred), eps, tensors })
    } else this.#team.kernels.normSlope(h!, g!, x!, rows, n, weight!, eps, centred)
  }

  /** Of attention, with respect to queries, keys and values. */
  attentionSlope(problem: AttentionSlopeArguments): void {
    this.#attention.compute(this.#team, problem)
  }

  /** One step of AdamW: values, gradient, and the means of it and of its squares, n each; a multiple of four numbers is read and written. */
  adamw([w, g, m, v]: readonly Pointer[], n: number, factors: AdamWFactors): void {
    const { mean, square, size, root, eps, decay } = factors
    this.#team.kernels.adamw(w!, g!, m!, v!, n, mean, square, size, root, eps, decay)
  }
}

let engine: TrainingEngine | null = null
let owner: Heap | null = null

/** The kernels of training on a heap. */
export function trainingOn(heap: Heap): TrainingEngine {
  // nothing writes these calls down
  currentRecording()?.fail()
  if (engine === null || owner !== heap) {
    engine = new TrainingEngine(heap)
    owner = heap
  }
  return engine
}
