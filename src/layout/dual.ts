/**
 * The dual of a plan: the plan by which a change of the result becomes a change of the input. What moved moves back, what was repeated is folded,
 * what was folded is repeated; of an einsum, the operand and the output change places. A dual is a plan like any other, and prints itself.
 */
import type { EinsumPattern, Expression, TransformPattern } from '../../grammar/ast.ts'
import { type Dimensions, EinsumPlan } from './einsum-plan.ts'
import { Plan, type PlanAxis } from './plan.ts'

const duals = new WeakMap<Plan, Plan>()

/** The plan back from the result's shape to the input's: it drops the axes that the plan made, and repeats along those that it dropped. */
export function dualOf(plan: Plan): Plan {
  const known = duals.get(plan)
  if (known !== undefined) return known
  const dual = makeDual(plan)
  duals.set(plan, dual)
  return dual
}

function makeDual(plan: Plan): Plan {
  // each axis of the input: how many elements of its dimension a step is, and where the result has it
  const parts: { readonly step: number; readonly axis: PlanAxis }[][] = plan.shape.map(() => [])
  const made: PlanAxis[] = []
  for (const [dimension, axes] of plan.dimensions.entries()) {
    let step = 1
    for (const axis of axes.toReversed()) {
      const { label, length } = axis
      const there = { label, length, dimension, step }
      if (axis.dimension >= 0) parts[axis.dimension]!.push({ step: axis.step, axis: there })
      else if (length !== 1) made.push(there)
      step *= length
    }
  }
  for (const { label, length, dimension, step } of plan.reduced) {
    parts[dimension]!.push({ step, axis: { label, length, dimension: -1, step: 0 } })
  }
  made.sort((a, b) => a.dimension - b.dimension || b.step - a.step)
  // at equal steps the longer axis is the slower one: the other has length 1
  const dimensions = parts.map((axes) =>
    axes.toSorted((a, b) => b.step - a.step || b.axis.length - a.axis.length).map(({ axis }) => axis),
  )
  return new Plan({
    pattern: dualPattern(plan, dimensions, made.length > 0),
    shape: plan.outputShape,
    lengths: plan.lengths,
    dimensions,
    reduced: made,
  })
}

function dualPattern(
  { dimensions, reduced }: Plan,
  dual: readonly (readonly PlanAxis[])[],
  folds: boolean,
): TransformPattern {
  const write = (side: readonly (readonly PlanAxis[])[]) =>
    side
      .map((axes) => spelled(axes.map(({ label }) => label)))
      .filter((word, i, words) => word !== '...' || words[i - 1] !== '...')
      .join(' ')
  const text = `${write(dimensions)} -> ${write(dual)}`.trim()
  const operation = folds ? 'reduce' : reduced.length > 0 ? 'repeat' : 'rearrange'
  return { kind: 'transform', operation, text, left: all(text), right: all(text) }
}

/** A dimension as a pattern writes it. */
function spelled(labels: readonly string[]): string {
  const words = labels.map((label) => (label.startsWith('...') ? '...' : label))
  const distinct = words.filter((word, i) => word !== '...' || words[i - 1] !== '...')
  if (labels.length === 0) return '1'
  return labels.length === 1 ? distinct[0]! : `(${distinct.join(' ')})`
}

function all(text: string): Expression {
  return { items: [], span: { start: 0, end: text.length } }
}

export interface EinsumDual {
  /** Operands: the output, the other operands in their order, and a unit matrix for each of `units`. */
  readonly plan: EinsumPlan
  /** The lengths of unit matrices, of which the diagonals of an operand are made. */
  readonly units: readonly number[]
}

const einsumDuals = new WeakMap<EinsumPlan, EinsumDual[]>()

/** The plan in which an operand and the output of an einsum change places. */
export function einsumDualOf(plan: EinsumPlan, operand: number): EinsumDual {
  let known = einsumDuals.get(plan)
  if (known === undefined) {
    known = []
    einsumDuals.set(plan, known)
  }
  known[operand] ??= makeEinsumDual(plan, operand)
  return known[operand]
}

function makeEinsumDual(plan: EinsumPlan, operand: number): EinsumDual {
  const axes = [...plan.axes]
  const lengths = [...plan.lengths]
  const units: (readonly [axis: number, copy: number])[] = []
  const seen = new Set<number>()
  // a dimension of length 1 was repeated along its axis, so there the changes add up
  const output = plan.operands[operand]!.map((dimension, i) =>
    (plan.shapes[operand]![i] === 1 ? [] : dimension).map((axis) => {
      if (!seen.has(axis)) {
        seen.add(axis)
        return axis
      }
      // a diagonal: off it the unit matrix says 0
      axes.push(`${axes[axis]}_${axes.length}`)
      lengths.push(lengths[axis]!)
      units.push([axis, axes.length - 1])
      return axes.length - 1
    }),
  )
  const isOther = (_: unknown, i: number) => i !== operand
  const operands = [plan.output, ...plan.operands.filter(isOther), ...units.map(asMatrix)]
  const unitLengths = units.map(([axis]) => lengths[axis]!)
  const shapes = [
    plan.outputShape,
    ...plan.shapes.filter(isOther),
    ...unitLengths.map((length) => [length, length]),
  ]
  const pattern = einsumPattern(axes, operands, output)
  return { plan: new EinsumPlan({ pattern, shapes, axes, lengths, operands, output }), units: unitLengths }
}

/** Dimensions of one axis each. */
function asMatrix(axes: readonly number[]): Dimensions {
  return axes.map((axis) => [axis])
}

function einsumPattern(
  axes: readonly string[],
  operands: readonly Dimensions[],
  output: Dimensions,
): EinsumPattern {
  const write = (dimensions: Dimensions) =>
    dimensions
      .map((dimension) => spelled(dimension.map((axis) => axes[axis]!)))
      .filter((word, i, words) => word !== '...' || words[i - 1] !== '...')
      .join(' ')
  const text = `${operands.map(write).join(', ')} -> ${write(output)}`
  return {
    kind: 'einsum',
    operation: 'einsum',
    text,
    operands: operands.map(() => all(text)),
    output: all(text),
  }
}
