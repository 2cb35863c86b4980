/** Thin products on linear memory, described to the kernel that computes them without packing (src/wasm/assembly/shared/thin.ts). */
import type { LinearMemory, Pointer } from './memory.ts'
import { fillOffsets, type Walk } from './offsets.ts'
import type { ProductEngine } from './product.ts'
import { jobKinds } from './product-workspace.ts'
import { called, currentRecording } from './recording.ts'

/** How the elements of the last loop are summed. */
export type ThinForm = keyof typeof forms
const forms = { wide: 0, 'left repeats': 1, gathered: 2, dots: 3 }

/** Steps count elements. */
export interface ThinArguments {
  readonly form: ThinForm
  /** Loops over the target, at least one. */
  readonly loops: readonly {
    readonly length: number
    readonly a: number
    readonly b: number
    readonly output: number
    readonly bias: number
    readonly residual: number
  }[]
  readonly depth: { readonly length: number; readonly a: number; readonly b: number }
  readonly outerA: Walk
  readonly outerB: Walk
}

/** Where the tensors begin; 0 where there is no bias or residual. */
export interface ThinPlaces {
  readonly a: Pointer
  readonly b: Pointer
  readonly target: Pointer
  readonly bias: Pointer
  readonly residual: Pointer
}

const JOB_WORDS = 18
const LOOP_WORDS = 6
/** Doubles for sums that are taken together. */
const LONGEST = 1024

/** Computes thin products; keeps the table that it needs, and nothing else between calls. */
export class ThinEngine {
  readonly #memory: LinearMemory
  readonly #engine: ProductEngine
  #space: Pointer = 0
  #words = 0

  constructor(memory: LinearMemory, engine: ProductEngine) {
    this.#memory = memory
    this.#engine = engine
  }

  /** target = scale · Σ a·b + bias + residual */
  multiply({ form, loops, depth, outerA, outerB }: ThinArguments, places: ThinPlaces, scale: number): void {
    const outer = outerA.lengths.reduce((n, length) => n * length, 1)
    const table = JOB_WORDS + loops.length * LOOP_WORDS
    const need = 2 * LONGEST + table + 2 * outer
    const sums = currentRecording()?.allocate(4 * need) ?? this.#reserve(need)
    const job = sums + 8 * LONGEST
    const words = this.#memory.integers(job, table + 2 * outer)
    const at = job + 4 * table
    words[0] = jobKinds.thin
    words[1] = forms[form]
    words[2] = loops.length
    words[3] = job + 4 * JOB_WORDS
    words[4] = places.a
    words[5] = places.b
    words[6] = places.target
    words[7] = places.bias
    words[8] = places.residual
    words[9] = depth.length
    words[10] = 4 * depth.a
    words[11] = 4 * depth.b
    words[12] = outer
    words[13] = at
    words[14] = at + 4 * outer
    words[15] = sums
    this.#memory.doubles(job + 64, 1)[0] = scale
    let word = JOB_WORDS
    for (const { length, a, b, output, bias, residual } of loops) {
      words[word++] = length
      words[word++] = 4 * a
      words[word++] = 4 * b
      words[word++] = 4 * output
      words[word++] = 4 * bias
      words[word++] = 4 * residual
    }
    this.#fill(outerA, words.subarray(table, table + outer))
    this.#fill(outerB, words.subarray(table + outer, table + 2 * outer))
    called(() => this.#engine.run(job, 1))
  }

  #fill(walk: Walk, table: Int32Array): void {
    fillOffsets(walk, 0, table)
    for (let i = 0; i < table.length; i++) table[i]! *= 4
  }

  #reserve(words: number): Pointer {
    if (words > this.#words) {
      const space = this.#memory.allocate(4 * words)
      if (this.#words > 0) this.#memory.free(this.#space)
      this.#space = space
      this.#words = words
    }
    return this.#space
  }
}
