/**
 * Arithmetic of named axes as steps, for machines that see which steps are taken: operands are rearranged so that all axes stand at the same places, each
 * axis by itself, and the result is brought to the pattern's groups.
 */
import type { ZipOperation } from '../../grammar/ast.ts'
import type { EinsumPattern } from '../../grammar/index.ts'
import { classOf, type Dtype } from '../layout/data.ts'
import type { Dimensions } from '../layout/einsum-plan.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import { contiguous } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Tensor } from '../layout/tensor.ts'
import { converted } from '../steps/rearrange.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { zip } from '../steps/zip.ts'
import { rearrangeTensor } from './rearrange.ts'

/** Values and numbers, of which at least one is a value of real numbers; `dtype` is what the result becomes. */
export function zipSteps(
  operation: ZipOperation,
  pattern: EinsumPattern,
  given: readonly (Value | number)[],
  lengths: Lengths | undefined,
  dtype: Dtype | undefined,
): Value {
  const values = given.filter((operand) => typeof operand !== 'number')
  const float = values.find((value) => typeOf(value).startsWith('float'))
  const kind: Dtype = float === undefined ? 'float64' : typeOf(float)
  const operands = given.map((operand) => {
    if (typeof operand === 'number') return numberOf(operand, kind)
    return typeOf(operand) === kind ? operand : converted(operand, kind)
  })
  const plan = einsumPlanOf(pattern, operands, lengths)
  const names = plan.axes.map((_, axis) => `a${axis}`)
  const known = Object.fromEntries(names.map((name, axis) => [name, plan.lengths[axis]!]))
  const aligned = operands.map((operand, i) => {
    const own = plan.operands[i]!.map((axes, dimension) => (operand.shape[dimension] === 1 ? [] : axes))
    const present = new Set(own.flat())
    const apart = names.map((name, axis) => (present.has(axis) ? name : '1')).join(' ')
    const theirs = Object.fromEntries([...present].map((axis) => [names[axis]!, plan.lengths[axis]!]))
    return rearrangeTensor(operand, `${grouped(own, names)} -> ${apart}`, theirs)
  })
  const result = aligned.reduce((first, second) => zip(operation, first, second))
  const shaped = rearrangeTensor(result, `${names.join(' ')} -> ${grouped(plan.output, names)}`, known)
  return dtype === undefined || dtype === typeOf(shaped) ? shaped : converted(shaped, dtype)
}

/** Dimensions as a pattern writes them. */
const grouped = (dimensions: Dimensions, names: readonly string[]): string =>
  dimensions
    .map((axes) =>
      axes.length === 0
        ? '1'
        : axes.length === 1
          ? names[axes[0]!]
          : `(${axes.map((axis) => names[axis]).join(' ')})`,
    )
    .join(' ')

function numberOf(value: number, dtype: Dtype): Tensor {
  const Elements = classOf(dtype) ?? Float64Array
  return { ...contiguous([]), data: (new Elements(1) as Float64Array).fill(value) }
}
