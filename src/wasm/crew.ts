/**
 * The threads that share a product's blocks. Whoever is free takes the next block by counting a shared word down, so nobody waits for a slow one, and no
 * block depends on who computes it. The calling thread works like the others, and waits only for blocks that others have begun.
 *
 * One crew follows another on the same words, and a worker that was let go may go on for a while. So the counting words carry the crew's generation in their
 * upper half: comparing it and taking a block are one exchange, and a worker of an earlier generation can neither take nor count a block of this one.
 */
import { CONTROL, type Pointer } from './memory.ts'
import type { Computing, Crew, Team } from './product.ts'

/** Words of the control area, a cache line apart. */
export const LEFT = 0 // generation, and blocks that nobody has taken
export const DONE = 16 // generation, and blocks that are finished
export const JOB = 32 // where the job is described
export const MODULE = 33 // and where the module stands whose job it is

/** How long nothing may come from a worker before it counts as lost, in milliseconds: over a block, and before its first answer. */
export const patience = { working: 10_000, starting: 10_000 }

// about 200 µs: products follow one another more closely than a sleeping thread wakes up
const SPINS = 100_000

export function controlOf(memory: WebAssembly.Memory): Int32Array {
  return new Int32Array(memory.buffer, CONTROL, 48)
}

/** A crew, as a counting word without a block: a multiple of 2¹⁶, other than those of the crews before it. */
export type Generation = number

/** The half of a counting word that counts; one job has far fewer blocks. */
const COUNT = 0xffff

/** What `take` gives instead of a block: none is left, or they are those of another generation. */
export const NONE = -1
export const DISMISSED = -2

/** Begins the next generation: workers of all earlier ones take nothing from now on, and those that sleep wake up and leave. */
export function beginGeneration(memory: WebAssembly.Memory): Generation {
  const control = controlOf(memory)
  const generation = ((Atomics.load(control, LEFT) | COUNT) + 1) | 0
  Atomics.store(control, LEFT, generation)
  Atomics.notify(control, LEFT)
  return generation
}

/** Takes the next block, or gives NONE or DISMISSED. */
export function take(control: Int32Array, generation: Generation): number {
  for (;;) {
    const word = Atomics.load(control, LEFT)
    if (word === generation) return NONE
    if ((word & ~COUNT) !== generation) return DISMISSED
    if (Atomics.compareExchange(control, LEFT, word, word - 1) === word) return (word & COUNT) - 1
  }
}

/** Counts a block as finished, where its generation still computes. */
export function finish(control: Int32Array, generation: Generation): void {
  for (;;) {
    const word = Atomics.load(control, DONE)
    if ((word & ~COUNT) !== generation) return
    if (Atomics.compareExchange(control, DONE, word, word + 1) === word) return
  }
}

/** A worker's place in a crew. */
export interface Post {
  readonly generation: Generation
  /** Its number; the calling thread is 0. */
  readonly thread: number
}

/** What a worker does until its generation ends: take blocks, and sleep while there are none. */
export function serve(
  memory: WebAssembly.Memory,
  kernelsOf: (module: Pointer) => Computing,
  { generation, thread }: Post,
): void {
  const control = controlOf(memory)
  for (let idle = 0; ; ) {
    const index = take(control, generation)
    if (index === DISMISSED) return
    if (index !== NONE) {
      kernelsOf(Atomics.load(control, MODULE)).compute(Atomics.load(control, JOB), thread, index)
      finish(control, generation)
      Atomics.notify(control, DONE)
      idle = 0
    } else if (++idle > SPINS) {
      Atomics.wait(control, LEFT, generation)
      idle = 0
    }
  }
}

/** A crew of the calling thread and workers that `serve` the same memory. */
export class SharedCrew implements Crew {
  readonly size: number
  readonly #control: Int32Array
  readonly #generation: Generation
  readonly #lost: () => void

  /** @param options - `lost`: called before the error, when a worker does not finish what it has begun */
  constructor(options: {
    readonly memory: WebAssembly.Memory
    readonly generation: Generation
    readonly size: number
    readonly lost: () => void
  }) {
    this.size = options.size
    this.#control = controlOf(options.memory)
    this.#generation = options.generation
    this.#lost = options.lost
  }

  run({ kernels, module }: Team, job: Pointer, blocks: number): void {
    const control = this.#control
    const generation = this.#generation
    if (blocks === 1) {
      kernels.compute(job, 0, 0)
      return
    }
    Atomics.store(control, JOB, job)
    Atomics.store(control, MODULE, module)
    Atomics.store(control, DONE, generation)
    Atomics.store(control, LEFT, generation + blocks)
    Atomics.notify(control, LEFT)
    for (let index = take(control, generation); index >= 0; index = take(control, generation)) {
      kernels.compute(job, 0, index)
      finish(control, generation)
    }
    this.#awaitOthers(generation + blocks)
  }

  /** Returns when the word of finished blocks is what it should be. */
  #awaitOthers(all: number): void {
    const control = this.#control
    let seen = -1
    let since = 0
    for (let spins = 0; ; spins++) {
      const done = Atomics.load(control, DONE)
      if (done === all) return
      if (done !== seen) {
        seen = done
        spins = 0
        since = performance.now()
      }
      if (spins <= SPINS) continue
      if (mayWait) Atomics.wait(control, DONE, done, patience.working)
      if (Atomics.load(control, DONE) === done && performance.now() - since >= patience.working) {
        this.#lost()
        throw new Error(
          `threads: a worker has stopped — nothing came from it for ${patience.working / 1000} s; from now on one thread computes`,
        )
      }
    }
  }
}

/** Whether this thread may sleep: a page's main thread may not. */
const mayWait = /* @__PURE__ */ (() => typeof window === 'undefined')()
