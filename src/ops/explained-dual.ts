/**
 * The dual of an operation in words: for each input `x`, the call that makes of a change `g` of the result the change of that input, or why no pattern
 * says it. A call that is written here is one that works: it is parsed and bound before it is shown.
 */
import { parseEinsum, parseTransform } from '../../grammar/index.ts'
import type { ReductionName } from '../copy/reduction.ts'
import { dualOf, einsumDualOf } from '../layout/dual.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Plan } from '../layout/plan.ts'
import { planOf } from '../layout/plans.ts'

/** Lengths by name. */
type Known = Record<string, number>

const notes: Partial<Record<ReductionName, string>> = {
  max: 'no pattern: g goes to the greatest, evenly where several are',
  min: 'no pattern: g goes to the least, evenly where several are',
  prod: 'no pattern: g times the product of the others',
  any: 'none: any has no gradient',
  all: 'none: all has no gradient',
}
const unwritten = 'no pattern says it'

/** The change of the input of `rearrange`, `repeat` or `reduce`. */
export function explainedDual(plan: Plan, reduction: ReductionName): string {
  const note = plan.reduced.length > 0 ? notes[reduction] : undefined
  if (note !== undefined) return note
  const { pattern, axes, outputShape } = dualOf(plan)
  const lengths = undetermined(plan.dimensions.map((dimension) => dimension.map(({ label }) => label)))
  const made = axes.filter(({ dimension }) => dimension < 0).map(({ label }) => label)
  const given = named([...lengths, ...made], (label) =>
    [...plan.axes, ...plan.reduced].find((axis) => axis.label === label),
  )
  const { operation, text } = pattern
  const isWritten = holds(
    () =>
      `${planOf(parseTransform(text, operation), plan.outputShape, given).outputShape}` === `${outputShape}`,
  )
  if (!isWritten) return unwritten
  const words = ['g', `'${text}'`, ...(operation === 'reduce' ? ["'sum'"] : []), ...shown(given)]
  const count = reduction === 'mean' ? sizeOf(plan.reduced.map(({ length }) => length)) : 1
  return `${operation}(${words.join(', ')})${count === 1 ? '' : ` / ${count}`}`
}

/** The changes of the operands of `einsum`. */
export function explainedEinsumDuals(plan: EinsumPlan): readonly string[] {
  return plan.operands.map((_, operand) => {
    const { plan: dual, units } = einsumDualOf(plan, operand)
    if (units.length > 0) return 'no pattern: a diagonal takes g, zeros stand elsewhere'
    const label = (axis: number) => dual.axes[axis]!
    const lengths = undetermined(
      dual.operands.flatMap((dimensions) => dimensions.map((axes) => axes.map(label))),
    )
    const given = named(lengths, (name) => ({ length: dual.lengths[dual.axes.indexOf(name)]! }))
    const { text } = dual.pattern
    const tensors = dual.shapes.map(contiguous)
    const isWritten = holds(
      () => `${einsumPlanOf(parseEinsum(text), tensors, given).outputShape}` === `${dual.outputShape}`,
    )
    if (!isWritten) return unwritten
    const others = plan.operands
      .map((_, i) => inputName(i, plan.operands.length))
      .filter((_, i) => i !== operand)
    const from = others.length === 0 ? 'g' : `[${['g', ...others].join(', ')}]`
    return `einsum(${[from, `'${text}'`, ...shown(given)].join(', ')})`
  })
}

/** What an input is called: x, or, where there are several, x0, x1, … */
export function inputName(input: number, count: number): string {
  return count === 1 ? 'x' : `x${input}`
}

/** Of the names in groups those whose lengths have to be given: of each group all but one that nothing else tells. */
function undetermined(dimensions: readonly (readonly string[])[]): readonly string[] {
  const known = new Set(dimensions.filter(({ length }) => length === 1).flat())
  const given: string[] = []
  for (const group of dimensions.filter(({ length }) => length > 1)) {
    const names = group.filter((name) => !known.has(name))
    const some = group.some((name) => name.startsWith('...')) ? names : names.slice(1)
    given.push(...some)
    for (const name of names) known.add(name)
  }
  return given
}

/** Lengths by name; numbers and ellipses have none. */
function named(
  labels: readonly string[],
  find: (label: string) => { readonly length: number } | undefined,
): Known {
  const names = [...new Set(labels)].filter((label) => /^[\p{L}_$]/u.test(label))
  return Object.fromEntries(names.map((name) => [name, find(name)!.length]))
}

function shown(lengths: Known): readonly string[] {
  const entries = Object.entries(lengths).map(([name, length]) => `${name}: ${length}`)
  return entries.length === 0 ? [] : [`{ ${entries.join(', ')} }`]
}

function holds(condition: () => boolean): boolean {
  try {
    return condition()
  } catch {
    return false
  }
}
