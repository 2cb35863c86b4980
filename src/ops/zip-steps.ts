/**
 * Arithmetic of named axes as steps, for machines that see which steps are taken: operands are rearranged so that all axes stand at the same places, each
 * axis by itself, and the result is brought to the pattern's groups.
 */
import type { ZipOperation } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import type { EinsumPattern } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import { resultDtype } from '../copy/reduction.ts'
import { classOf } from '../layout/data.ts'
import { type Dtype, isBigDtype, isSameDtype } from '../layout/dtype.ts'
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
  const kind = kindOf(values.map(typeOf))
  expectWhole(pattern, given, kind)
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
    return arranged(operand, grouped(own, names), apart, theirs)
  })
  const result = aligned.reduce((first, second) => zip(operation, first, second))
  const shaped = arranged(result, names.join(' '), grouped(plan.output, names), known)
  return dtype === undefined || dtype === typeOf(shaped) ? shaped : converted(shaped, dtype)
}

/** A value as a pattern's other side has it, itself where that is the same. */
function arranged(value: Value, from: string, to: string, lengths: Lengths): Value {
  return from === to ? value : rearrangeTensor(value, `${from} -> ${to}`, lengths)
}

/** What is computed in: floats or big integers where all are of one such dtype, and else float64. */
export function kindOf([first = 'float64', ...others]: readonly Dtype[]): Dtype {
  const isOne = others.every((dtype) => dtype === first)
  return isOne && resultDtype('sum', first) === first ? first : 'float64'
}

/** Refuses operands of several dtypes; a number, null here, has none of its own. */
export function expectOneDtype(
  { text, operands, operation }: EinsumPattern,
  dtypes: readonly (Dtype | null)[],
): void {
  const expected = dtypes.find((dtype) => dtype !== null)
  const other = dtypes.findIndex((dtype) => dtype !== null && !isSameDtype(dtype, expected!))
  if (other < 0) return
  throw new EinopsError({
    ...{ operation, pattern: text, span: operands[other]!.span },
    ...say('tensor/dtype', {
      what: `operand ${other + 1}`,
      got: dtypes[other]!,
      expected: `${expected}, as the operands before it`,
    }),
    hint: "the option { dtype: 'float32' } converts what is computed",
  })
}

/** Refuses what big integers have not: quotients, and numbers with fractions beside them. */
export function expectWhole(
  { text, output, operation }: EinsumPattern,
  operands: readonly (Pick<Value, 'shape'> | number)[],
  computed: Dtype,
): void {
  const fraction = operands.find((operand) => typeof operand === 'number' && !Number.isInteger(operand))
  if (!isBigDtype(computed) || (operation !== 'divide' && fraction === undefined)) return
  const got = fraction === undefined ? computed : `${fraction} beside ${computed}`
  const values = { what: 'an operand', got, expected: 'numbers, which have fractions' }
  throw new EinopsError({
    ...{ operation, pattern: text, span: output.span, ...say('tensor/dtype', values) },
    shape: operands.map((operand) => (typeof operand === 'number' ? [] : operand.shape)),
    hint: "rearrange(x, pattern, {}, { dtype: 'float64' }) converts it",
  })
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
  const element = isBigDtype(dtype) ? BigInt(value) : value
  return { ...contiguous([]), data: (new Elements(1) as Float64Array).fill(element as number) }
}
