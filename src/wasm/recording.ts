/**
 * Writing down what kernels are called with, so that a computation whose tensors stand where they stood before is done again by the same calls, without anybody
 * deciding anything anew. Who calls kernels says so here; what a call needs beside its operands, tables and descriptions of jobs, is then its own.
 */
import type { LinearMemory, Pointer } from './memory.ts'

/** Blocks of recordings that were dropped without being disposed. */
const dropped = new FinalizationRegistry<{
  readonly memory: LinearMemory
  readonly blocks: readonly Pointer[]
}>(({ memory, blocks }) => {
  for (const block of blocks) memory.free(block)
})

export class Recording {
  readonly #memory: LinearMemory
  readonly #calls: (() => void)[] = []
  readonly #conditions: (() => boolean)[] = []
  readonly #blocks: Pointer[] = []
  #failed = false

  constructor(memory: LinearMemory) {
    this.#memory = memory
    dropped.register(this, { memory, blocks: this.#blocks }, this)
  }

  /** Adds a call that was made, or is to be made in every repetition. */
  add(call: () => void): void {
    this.#calls.push(call)
  }

  /** Adds what has to hold for a repetition to be right. */
  require(condition: () => boolean): void {
    this.#conditions.push(condition)
  }

  /** Says that something was done that calls cannot repeat. */
  fail(): void {
    this.#failed = true
  }

  /** Memory that stays as it is for as long as the recording. */
  allocate(bytes: number): Pointer {
    const block = this.#memory.allocate(bytes)
    this.#blocks.push(block)
    return block
  }

  /** Whether the calls may be repeated now. */
  get holds(): boolean {
    if (this.#failed) return false
    for (const condition of this.#conditions) if (!condition()) return false
    return true
  }

  /** Makes all calls again. */
  repeat(): void {
    for (const call of this.#calls) call()
  }

  dispose(): void {
    dropped.unregister(this)
    for (const block of this.#blocks.splice(0)) this.#memory.free(block)
    this.#failed = true
  }
}

let recording: Recording | null = null

/** What is being written down now. */
export function currentRecording(): Recording | null {
  return recording
}

/** Runs a computation and writes its calls down; null: what runs inside of another one is not written down. */
export function recordTo<T>(target: Recording | null, compute: () => T): T {
  const before = recording
  recording = target
  try {
    return compute()
  } finally {
    recording = before
  }
}

/** Said by loops that are no calls of kernels: what they do is not written down. */
export function computedPlainly(): void {
  recording?.fail()
}

/** Makes a call, and writes it down. */
export function called(call: () => void): void {
  call()
  recording?.add(call)
}
