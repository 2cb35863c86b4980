/** Parts of a computation of whose values only the result is wanted: on the host all others give their memory back. */

import type { FloatTensor } from '../layout/tensor.ts'
import { scope as arenaScope } from '../wasm/arena.ts'
import { currentMachine, using } from './machine.ts'
import type { Value } from './value.ts'

/** Runs a part of a model; `name` says which to whoever writes it down. */
export function scope(name: string, compute: () => Value): Value {
  const machine = currentMachine()
  return machine === null ? arenaScope(compute as () => FloatTensor) : machine.scope(compute, name)
}

/** Runs a computation whose tensors all give their memory back when it ends; what it returns stands in memory of its own. */
export function region<T>(compute: () => T): T {
  if (currentMachine() !== null) return compute()
  let result: { readonly value: T } | undefined
  arenaScope(() => {
    result = { value: compute() }
    return nothing
  })
  return result!.value
}

const nothing: FloatTensor = { data: new Float32Array(0), shape: [0], stride: [1], offset: 0 }

/** Computes on the host, whoever performs steps now: tables that are the same for every input, and may be kept. */
export function apart<T>(compute: () => T): T {
  return using(null, compute)
}

/** Whether steps are performed on the host, whose values can be looked at. */
export function isOnHost(): boolean {
  return currentMachine() === null
}

/** Says that a layer reads a parameter's values itself, and not by steps. */
export function readsValues(parameter: Value, values: Float32Array): void {
  currentMachine()?.reads?.(parameter, values)
}
