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

/** Computes on the host, whoever performs steps now: tables that are the same for every input, and may be kept. */
export function apart<T>(compute: () => T): T {
  return using(null, compute)
}
