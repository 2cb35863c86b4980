/**
 * Plans are made once: each pattern keeps the few plans it was used with last, found again by comparing numbers, so
 * that a call with a known pattern and shape builds no key. The plans go when the pattern goes, and patterns are in a
 * bounded cache themselves.
 */
import type { TransformPattern } from '../../grammar/ast.ts'
import { bindTransform } from './bind.ts'
import { type Lengths, theSame } from './lengths.ts'
import type { Plan } from './plan.ts'
import { type Recent, recentOf } from './recent.ts'

interface Entry {
  readonly plan: Plan
  readonly hasLengths: (lengths: Lengths | undefined) => boolean
}

const plans = new WeakMap<TransformPattern, Recent<readonly number[], Lengths | undefined, Entry>>()

/**
 * The plan of a pattern for a shape and lengths.
 *
 * @throws {EinopsError} when shape or lengths do not fit the pattern
 */
export function planOf(pattern: TransformPattern, shape: readonly number[], lengths?: Lengths): Plan {
  const recent = recentOf(plans, pattern, isFor)
  const known = recent.find(shape, lengths)
  if (known !== undefined) return known.plan
  const plan = bindTransform(pattern, shape, lengths)
  recent.add({ plan, hasLengths: theSame(lengths) })
  return plan
}

function isFor({ plan, hasLengths }: Entry, shape: readonly number[], lengths: Lengths | undefined): boolean {
  if (plan.shape.length !== shape.length) return false
  for (let axis = 0; axis < shape.length; axis++) if (plan.shape[axis] !== shape[axis]) return false
  return hasLengths(lengths)
}
