/**
 * The threads that share a product's blocks. Whoever is free takes the next block by counting a shared word down, so nobody waits for a slow one, and no
 * block depends on who computes it. The calling thread works like the others, and waits only for blocks that others have begun.
 */
import type { ProductKernels } from './generated/product.ts'
import { CONTROL, type Pointer } from './memory.ts'
import type { Crew } from './product.ts'

/** Words of the control area, a cache line apart. */
export const LEFT = 0 // blocks that nobody has taken
export const DONE = 16 // blocks that are finished
export const JOB = 32 // where the job is described

/** How long nothing may happen before a thread counts as lost, in milliseconds. */
export const patience = { milliseconds: 10_000 }

// about 50 µs: products follow one another more closely than a sleeping thread wakes up
const SPINS = 5000

export function controlOf(memory: WebAssembly.Memory): Int32Array {
  return new Int32Array(memory.buffer, CONTROL, 48)
}

/** Takes the next block, or −1 where none is left. */
export function take(control: Int32Array): number {
  for (;;) {
    const left = Atomics.load(control, LEFT)
    if (left === 0) return -1
    if (Atomics.compareExchange(control, LEFT, left, left - 1) === left) return left - 1
  }
}

/** What a worker does for ever: take blocks, and sleep while there are none. */
export function serve(memory: WebAssembly.Memory, kernels: ProductKernels, thread: number): never {
  const control = controlOf(memory)
  for (let idle = 0; ; ) {
    const index = take(control)
    if (index >= 0) {
      kernels.computeBlock(Atomics.load(control, JOB), thread, index)
      Atomics.add(control, DONE, 1)
      Atomics.notify(control, DONE)
      idle = 0
    } else if (++idle > SPINS) {
      Atomics.wait(control, LEFT, 0)
      idle = 0
    }
  }
}

/** A crew of the calling thread and workers that `serve` the same memory. */
export class SharedCrew implements Crew {
  readonly size: number
  readonly #control: Int32Array
  readonly #lost: () => void

  /** @param lost - called before the error, when a worker does not finish what it has begun */
  constructor(memory: WebAssembly.Memory, size: number, lost: () => void) {
    this.size = size
    this.#control = controlOf(memory)
    this.#lost = lost
  }

  run(kernels: ProductKernels, job: Pointer, blocks: number): void {
    const control = this.#control
    if (blocks === 1) {
      kernels.computeBlock(job, 0, 0)
      return
    }
    Atomics.store(control, JOB, job)
    Atomics.store(control, DONE, 0)
    Atomics.store(control, LEFT, blocks)
    Atomics.notify(control, LEFT)
    for (let index = take(control); index >= 0; index = take(control)) {
      kernels.computeBlock(job, 0, index)
      Atomics.add(control, DONE, 1)
    }
    this.#awaitOthers(blocks)
  }

  #awaitOthers(blocks: number): void {
    const control = this.#control
    let seen = -1
    let since = 0
    for (let spins = 0; ; spins++) {
      const done = Atomics.load(control, DONE)
      if (done === blocks) return
      if (done !== seen) {
        seen = done
        spins = 0
        since = performance.now()
      }
      if (spins <= SPINS) continue
      if (mayWait) Atomics.wait(control, DONE, done, patience.milliseconds)
      if (Atomics.load(control, DONE) === done && performance.now() - since >= patience.milliseconds) {
        this.#lost()
        throw new Error(
          `threads: a worker has stopped — nothing came from it for ${patience.milliseconds / 1000} s; from now on one thread computes`,
        )
      }
    }
  }
}

/** Whether this thread may sleep: a page's main thread may not. */
const mayWait = /* @__PURE__ */ (() => typeof window === 'undefined')()
