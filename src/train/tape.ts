/**
 * The machine that remembers: it has every step performed as it would have been, and keeps what depends on the values that somebody wants to know the
 * influence of. Played back, each step's rule says how a change of its result was a change of its inputs.
 */
import type { Data, NdArray } from '../layout/tensor.ts'
import { currentCourse } from '../nn/random.ts'
import { present } from '../ops/array.ts'
import { contraction } from '../steps/contract.ts'
import { currentMachine, type Kernel, type Machine, using } from '../steps/machine.ts'
import { activate } from '../steps/map.ts'
import { isOnHost, region, scope } from '../steps/scope.ts'
import type { Contract, Step, StepKind } from '../steps/step.ts'
import type { HostValue, Value } from '../steps/value.ts'
import { arrayOf } from '../steps/value-array.ts'
import { add } from '../steps/zip.ts'
import { added, type Change } from './changes.ts'
import { noGradient } from './refuse.ts'
import { type Known, rules } from './rules.ts'

interface Entry {
  /** A step, or a part of a model that is computed again on the way back. */
  readonly step: Step | (() => Value)
  readonly inputs: readonly Value[]
  readonly result: Value
}

export interface TapeOptions {
  /** Of each part of a model only what comes in is kept. */
  readonly checkpoint?: boolean
}

export class Tape implements Machine {
  readonly name = 'a tape'
  /** Who performs the steps: the machine that was set when the tape began. */
  readonly #inner: Machine | null = currentMachine()
  readonly #entries: Entry[] = []
  /** What was made of the values that are watched, and these. */
  readonly #tracked: Set<Value>
  readonly #checkpoint: boolean
  #depth = 0
  /** While a part of a model is computed of which only what comes in is kept: what came in, and what was made of it. */
  #part: { readonly came: Set<Value>; readonly made: Set<Value> } | null = null

  /** @param watched - the values whose influence is asked for */
  constructor(watched: Iterable<Value>, { checkpoint = false }: TapeOptions = {}) {
    this.#tracked = new Set(watched)
    this.#checkpoint = checkpoint
  }

  perform(step: Step, inputs: readonly Value[], kernel: Kernel): Value {
    if (this.#part) return this.#pass(this.#part, step, inputs, kernel)
    const matters = inputs.some((input) => this.#tracked.has(input))
    if (matters && step.kind === 'contract' && step.activation !== null) return this.#apart(step, inputs)
    const result = this.#forward(step, inputs, kernel)
    if (!matters) return result
    this.#tracked.add(result)
    this.#entries.push({ step, inputs, result })
    return result
  }

  #forward(step: Step, inputs: readonly Value[], kernel: Kernel): Value {
    const inner = this.#inner
    return using(inner, () =>
      inner === null
        ? kernel.perform(step, inputs as readonly HostValue[])
        : inner.perform(step, inputs, kernel),
    )
  }

  /** Has a step performed that will be performed again, and notes what it is made of. */
  #pass(
    { came, made }: { readonly came: Set<Value>; readonly made: Set<Value> },
    step: Step,
    inputs: readonly Value[],
    kernel: Kernel,
  ): Value {
    const result = this.#forward(step, inputs, kernel)
    const outside = inputs.filter((input) => this.#tracked.has(input))
    for (const input of outside) came.add(input)
    if (outside.length > 0 || inputs.some((input) => made.has(input))) made.add(result)
    return result
  }

  /** What an activation is of has to be known, so it is not applied on the way to memory. */
  #apart({ plan, scale, activation, bias, residual }: Contract, inputs: readonly Value[]): Value {
    const count = plan.operands.length
    const product = contraction(plan, inputs.slice(0, count), { scale, bias: bias ? inputs[count] : null })
    const activated = activate(product, activation!)
    return residual ? add(activated, inputs.at(-1)!) : activated
  }

  /** What is computed on the way is needed on the way back: all of it, or, of the parts of a model, enough to compute it again. */
  scope(compute: () => Value, name: string): Value {
    if (this.#checkpoint && this.#depth === 1 && this.#part === null) return this.#checkpointed(compute, name)
    this.#depth++
    try {
      return compute()
    } finally {
      this.#depth--
    }
  }

  #checkpointed(compute: () => Value, name: string): Value {
    const part = { came: new Set<Value>(), made: new Set<Value>() }
    this.#part = part
    const again = currentCourse()?.again(compute) ?? compute
    try {
      // the memory of all but the result is given back
      const result = using(this.#inner, () => scope(name, () => using(this, compute)))
      if (part.came.size === 0) return result
      this.#tracked.add(result)
      this.#entries.push({ step: again, inputs: [...part.came], result })
      return result
    } finally {
      this.#part = null
    }
  }

  present(value: Value): NdArray<Data> {
    return arrayOf(this, value)
  }

  read(value: Value): NdArray<Data> {
    return using(this.#inner, () => present(value))
  }

  /** A layer that reads a parameter's values itself computes past the tape. */
  reads(parameter: Value): void {
    if (this.#tracked.has(parameter))
      throw noGradient('a layer that reads its parameter by itself, and not by steps')
  }

  /** Runs a function whose steps are remembered. */
  record<T>(compute: () => T): T {
    return using(this, compute)
  }

  /** What each of the watched values changes by where the result changes by `g`; those that it does not depend on are missing. */
  playBack(result: Value, g: Value): Map<Value, Value> {
    return using(this.#inner, () => {
      const changes = new Map<Value, Change[]>([[result, [g]]])
      for (const entry of this.#entries.toReversed()) {
        const found = changes.get(entry.result)
        if (found === undefined) continue
        changes.delete(entry.result)
        const thunks = thunksOf(entry, added(found, entry.result))
        for (const [i, input] of entry.inputs.entries()) {
          if (!this.#tracked.has(input)) continue
          const known = changes.get(input) ?? []
          known.push(thunks[i]!())
          changes.set(input, known)
        }
      }
      return new Map([...changes].map(([value, found]) => [value, added(found, value)]))
    })
  }
}

/** What each input changes by. */
function thunksOf({ step, inputs, result }: Entry, g: Value): readonly (() => Change)[] {
  if (typeof step !== 'function') return ruleOf(step)(step, { g, inputs, result })
  // computed again, this time remembered, and what that takes is given back before the next part
  const changes = region(() => {
    const tape = new Tape(inputs)
    const found = tape.playBack(tape.record(step), g)
    return new Map([...found].map(([input, change]) => [input, outside(change)]))
  })
  return inputs.map((input) => () => changes.get(input) ?? [])
}

/** A value in memory of its own, where the host has it. */
function outside(value: Value): Value {
  return isOnHost() ? present(value) : value
}

/** The rule of a step, whose type the table's key vouches for. */
function ruleOf(step: Step): (step: Step, known: Known) => readonly (() => Change)[] {
  return rules[step.kind as StepKind] as never
}
