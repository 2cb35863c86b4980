/**
 * Plans are made once: each pattern keeps the few plans it was used with last, found again by comparing numbers, so
 * that a call with a known pattern and shape builds no key. The plans go when the pattern goes, and patterns are in a
 * bounded cache themselves.
 */
import type { TransformPattern } from '../../grammar/ast.ts'
import { bindTransform } from './bind.ts'
import type { Lengths } from './lengths.ts'
import type { Plan } from './plan.ts'

interface Entry {
  readonly plan: Plan
  readonly names: readonly string[]
  readonly values: readonly (number | undefined)[]
}

const maxPlans = 8

/** The entries of each pattern, the one used last at the end. */
const entries = new WeakMap<TransformPattern, Entry[]>()

/**
 * The plan of a pattern for a shape and lengths.
 *
 * @throws {EinopsError} when shape or lengths do not fit the pattern
 */
export function planOf(pattern: TransformPattern, shape: readonly number[], lengths?: Lengths): Plan {
  let known = entries.get(pattern)
  if (known === undefined) {
    known = []
    entries.set(pattern, known)
  }
  for (let i = known.length - 1; i >= 0; i--) {
    const entry = known[i]!
    if (!isFor(entry, shape, lengths)) continue
    if (i !== known.length - 1) {
      known.splice(i, 1)
      known.push(entry)
    }
    return entry.plan
  }
  const plan = bindTransform(pattern, shape, lengths)
  const names = Object.keys(lengths ?? {})
  if (known.length === maxPlans) known.shift()
  known.push({ plan, names, values: names.map((name) => lengths![name]) })
  return plan
}

function isFor(
  { plan, names, values }: Entry,
  shape: readonly number[],
  lengths: Lengths | undefined,
): boolean {
  if (plan.shape.length !== shape.length) return false
  for (let axis = 0; axis < shape.length; axis++) if (plan.shape[axis] !== shape[axis]) return false
  if (lengths === undefined) return names.length === 0
  if (typeof lengths !== 'object' || lengths === null || Array.isArray(lengths)) return false
  let count = 0
  for (const name in lengths) {
    // members may come in another order, so each is looked up where it stands first
    const i = names[count] === name ? count : names.indexOf(name)
    if (i < 0 || lengths[name] !== values[i] || !Object.hasOwn(lengths, name)) return false
    count++
  }
  return count === names.length
}
