/** Einsum's plans are made once: each pattern keeps the few that it was used with last, as plans.ts does for one tensor. */
import type { EinsumPattern } from '../../grammar/ast.ts'
import { bindEinsum } from './einsum.ts'
import type { EinsumPlan } from './einsum-plan.ts'
import type { Lengths } from './lengths.ts'

interface Entry {
  readonly plan: EinsumPlan
  readonly names: readonly string[]
  readonly values: readonly (number | undefined)[]
}

const maxPlans = 8

/** The entries of each pattern, the one used last at the end. */
const entries = new WeakMap<EinsumPattern, Entry[]>()

/**
 * The plan of a pattern for the shapes of its operands.
 *
 * @throws {EinopsError} when shapes or lengths do not fit the pattern
 */
export function einsumPlanOf(
  pattern: EinsumPattern,
  operands: readonly { readonly shape: readonly number[] }[],
  lengths?: Lengths,
): EinsumPlan {
  let known = entries.get(pattern)
  if (known === undefined) {
    known = []
    entries.set(pattern, known)
  }
  const at = known.findLastIndex((entry) => isFor(entry, operands, lengths))
  if (at >= 0) {
    const entry = known[at]!
    if (at !== known.length - 1) known.push(...known.splice(at, 1))
    return entry.plan
  }
  const shapes = operands.map(({ shape }) => shape)
  const plan = bindEinsum(pattern, shapes, lengths)
  const names = Object.keys(lengths ?? {})
  if (known.length === maxPlans) known.shift()
  known.push({ plan, names, values: names.map((name) => lengths![name]) })
  return plan
}

function isFor(
  { plan, names, values }: Entry,
  operands: readonly { readonly shape: readonly number[] }[],
  lengths: Lengths | undefined,
): boolean {
  if (plan.shapes.length !== operands.length) return false
  for (let i = 0; i < operands.length; i++) {
    const known = plan.shapes[i]!
    const { shape } = operands[i]!
    if (known.length !== shape.length) return false
    for (let axis = 0; axis < shape.length; axis++) if (known[axis] !== shape[axis]) return false
  }
  if (lengths === undefined) return names.length === 0
  if (typeof lengths !== 'object' || lengths === null) return false
  const given = Object.keys(lengths)
  return (
    given.length === names.length &&
    names.every((name, i) => Object.hasOwn(lengths, name) && lengths[name] === values[i])
  )
}
