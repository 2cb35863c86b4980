/**
 * The door between what is computed and who computes it. Whoever computes says a step, the values it is of, and the kernel that performs it on
 * the host; the machine that is set performs it. Without one it is the host: WebAssembly where it serves, plain loops elsewhere. Other machines
 * write down what happens (`trace`, `tape`), or check it.
 * One list of primitives that every interpretation reads is jax's idea (`core.Primitive`); jax-js `src/frontend/core.ts` shows how small it can be.
 */
import { EinopsError } from '../../grammar/error.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import type { Step } from './step.ts'
import type { HostValue, Value } from './value.ts'

/** How the host performs a step. */
export interface Kernel<S extends Step = Step> {
  perform(step: S, inputs: readonly HostValue[]): HostValue
  /** The plain way, which every other is compared with. */
  reference(step: S, inputs: readonly HostValue[]): HostValue
}

export interface Machine {
  /** What it is called in errors: `a trace`. */
  readonly name: string
  perform(step: Step, inputs: readonly Value[], kernel: Kernel): Value
  /** Runs a part of a model, of whose values only the result is wanted; `name` is the class of the layer. */
  scope(compute: () => Value, name: string): Value
  /** The array that a user's own layer or function gets for a value. */
  present(value: Value): NdArray<Data>
  /** Is told of a layer that reads a parameter's values itself, and not by steps: what follows is right for these values only. */
  readonly reads?: (parameter: Value, values: Float32Array) => void
  /** The elements of a value, of a machine that has them. */
  readonly read?: (value: Value) => NdArray<Data>
}

/** An array that stands for a value of a machine (value-array.ts): what operations have to know of it. */
export abstract class MachineArray {
  /** The value, for an operation on the machine that performs steps now. */
  abstract valueFor(operation: string): Value
  /** The error of whoever wants more than steps. */
  abstract refused(what: string, operation?: string): EinopsError
}

let machine: Machine | null = null

/** The machine that performs steps now; null for the host. */
export function currentMachine(): Machine | null {
  return machine
}

/** Has a step performed. */
export function perform<S extends Step>(kernel: Kernel<S>, step: S, inputs: readonly Value[]): Value {
  if (machine === null) return kernel.perform(step, inputs as readonly HostValue[])
  return machine.perform(step, inputs, kernel as unknown as Kernel)
}

/** Runs a function whose steps another machine performs (null: the host). */
export function using<T>(other: Machine | null, compute: () => T): T {
  const before = machine
  machine = other
  try {
    return compute()
  } finally {
    machine = before
  }
}

/** Refuses, by name, what only the host can do. */
export function expectHost(operation: string, what: string): void {
  if (machine === null) return
  throw new EinopsError({
    code: 'machine/host-only',
    operation,
    what: `${what} is not possible under ${machine.name}, which sees which steps are taken, and not what is done besides`,
  })
}
