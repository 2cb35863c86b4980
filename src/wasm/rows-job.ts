/** What is done to rows of numbers, or to numbers, cut into parts that threads share. What a row becomes does not depend on who computes it. */
import type { LinearMemory, Pointer } from './memory.ts'
import type { ProductEngine, Team } from './product.ts'

/** What a job is told (RowsJob in src/wasm/assembly/shared). */
export interface RowsArguments {
  /** How many rows or numbers there are. */
  readonly count: number
  /** The length of a row; 1 where there are only numbers. */
  readonly n?: number
  readonly step?: number
  readonly choice?: number
  readonly eps?: number
  readonly scale?: number
  /** Where the tensors begin, the result first. */
  readonly tensors: readonly Pointer[]
}

/** Numbers below which waking others takes longer than doing it alone. */
const worthSharing = 2 ** 15
/** Parts for each thread, so that none waits long for another. */
const partsOfThread = 4
/** Parts begin at the beginning of a vector, and of a cache line where rows are single numbers. */
const together = 16

const WORDS = 13

export class RowsJobs {
  readonly #memory: LinearMemory
  readonly #engine: ProductEngine
  #job: Pointer = 0

  constructor(memory: LinearMemory, engine: ProductEngine) {
    this.#memory = memory
    this.#engine = engine
  }

  /** Whether so many numbers are worth sharing. */
  shares(numbers: number): boolean {
    return this.#engine.threads > 1 && numbers >= worthSharing
  }

  run(team: Team, kind: number, job: RowsArguments): void {
    const { count, n = 1, step = 0, choice = 0, eps = 0, scale = 1, tensors } = job
    if (this.#job === 0) this.#job = this.#memory.allocate(4 * WORDS)
    const least = n === 1 ? together : 1
    const perPart = Math.ceil(count / (this.#engine.threads * partsOfThread * least)) * least
    const words = this.#memory.integers(this.#job, WORDS)
    words.set([kind, count, perPart, n, step, choice])
    this.#memory.doubles(this.#job + 24, 1)[0] = eps
    this.#memory.floats(this.#job + 32, 1)[0] = scale
    words.set(tensors, 9)
    this.#engine.run(this.#job, Math.ceil(count / perPart), team)
  }
}
