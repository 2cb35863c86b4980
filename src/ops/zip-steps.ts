/**
 * Arithmetic of named axes as steps, for machines that see which steps are taken: a factor is an operand of an einsum, and what is added is repeated first, as
 * the product with ones.
 */
import type { ZipOperation } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import type { EinsumPattern } from '../../grammar/index.ts'
import { classOf, type Dtype } from '../layout/data.ts'
import { EinsumPlan } from '../layout/einsum-plan.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Tensor } from '../layout/tensor.ts'
import { contraction } from '../steps/contract.ts'
import { currentMachine } from '../steps/machine.ts'
import { converted } from '../steps/rearrange.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { add } from '../steps/zip.ts'

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
  const [first, ...others] = given.map((operand) => {
    if (typeof operand === 'number') return filled([], operand, kind)
    return typeOf(operand) === kind ? operand : converted(operand, kind)
  }) as [Value, ...Value[]]
  const operands = [first, ...others]
  const plan = einsumPlanOf(pattern, operands, lengths)
  const result =
    operation === 'multiply'
      ? contraction(plan, operands)
      : operation === 'divide'
        ? contraction(plan, [first, ...others.map((_, i) => reciprocal(given[i + 1]!, kind))])
        : operands
            .map((operand, i) => repeated(plan, i, operand, i > 0 && operation === 'subtract' ? -1 : 1))
            .reduce(add)
  return dtype === undefined || dtype === typeOf(result) ? result : converted(result, dtype)
}

/** An operand of the result's shape, times a factor. */
function repeated(
  { pattern, shapes, axes, lengths, operands, output, outputShape }: EinsumPlan,
  i: number,
  operand: Value,
  scale: number,
): Value {
  const plan = new EinsumPlan({
    ...{ pattern, axes, lengths, output },
    shapes: [shapes[i]!, outputShape],
    operands: [operands[i]!, output],
  })
  return contraction(plan, [operand, filled(outputShape, 1, typeOf(operand))], { scale })
}

function reciprocal(divisor: Value | number, kind: Dtype): Value {
  if (typeof divisor === 'number') return filled([], 1 / divisor, kind)
  throw new EinopsError({
    code: 'machine/host-only',
    operation: 'divide',
    what: `dividing by an array is not possible under ${currentMachine()!.name}; multiply and divide by numbers are`,
  })
}

function filled(shape: readonly number[], value: number, dtype: Dtype): Tensor {
  const Elements = classOf(dtype) ?? Float64Array
  return { ...contiguous(shape), data: (new Elements(sizeOf(shape)) as Float64Array).fill(value) }
}
