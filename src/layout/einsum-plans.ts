/** Einsum's plans are made once: each pattern keeps the few that it was used with last, as plans.ts does for one tensor. */
import type { EinsumPattern } from '../../grammar/ast.ts'
import { bindEinsum } from './einsum.ts'
import type { EinsumPlan } from './einsum-plan.ts'
import { type Lengths, theSame } from './lengths.ts'
import { type Recent, recentOf } from './recent.ts'

interface Entry {
  readonly plan: EinsumPlan
  readonly hasLengths: (lengths: Lengths | undefined) => boolean
}

type Shapes = readonly { readonly shape: readonly number[] }[]

const plans = new WeakMap<EinsumPattern, Recent<Shapes, Lengths | undefined, Entry>>()

/**
 * The plan of a pattern for the shapes of its operands.
 *
 * @throws {EinopsError} when shapes or lengths do not fit the pattern
 */
export function einsumPlanOf(pattern: EinsumPattern, operands: Shapes, lengths?: Lengths): EinsumPlan {
  const recent = recentOf(plans, pattern, isFor)
  const known = recent.find(operands, lengths)
  if (known !== undefined) return known.plan
  const shapes = operands.map(({ shape }) => shape)
  const plan = bindEinsum(pattern, shapes, lengths)
  recent.add({ plan, hasLengths: theSame(lengths) })
  return plan
}

function isFor({ plan, hasLengths }: Entry, operands: Shapes, lengths: Lengths | undefined): boolean {
  if (plan.shapes.length !== operands.length) return false
  for (let i = 0; i < operands.length; i++) {
    const known = plan.shapes[i]!
    const { shape } = operands[i]!
    if (known.length !== shape.length) return false
    for (let axis = 0; axis < shape.length; axis++) if (known[axis] !== shape[axis]) return false
  }
  return hasLengths(lengths)
}
