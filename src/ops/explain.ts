/** explain: what an operation would do with an array, without doing it. */
import { EinopsError } from '../../grammar/error.ts'
import { parseEinsum, parseTransform } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, LengthsOf, NoLengths } from '../../grammar/types/index.ts'
import { type ReductionName, resultDtype } from '../copy/reduction.ts'
import { dtypeOf } from '../layout/data.ts'
import { bytesOfDtype, type Dtype } from '../layout/dtype.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import { contiguous, contiguousStride, sizeOf } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import { planOf } from '../layout/plans.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor } from './array.ts'
import { explainedDual, explainedEinsumDuals } from './explained-dual.ts'
import { Explanation } from './explanation.ts'
import { asInput, isStack } from './input.ts'
import { each, kind } from './kinds.ts'
import { checkOptions } from './options.ts'
import { checkReduction } from './reduce.ts'
import { leftOf, whyNoView } from './transform.ts'
import type { ShapeOf, ShapesOf } from './typed.ts'

/** An array, or a shape, which stands for a contiguous float32 array. */
export type Explainable = NdArray<Data> | readonly number[]

type Rearranging = 'rearrange' | 'reduce' | 'repeat'

export interface ExplainOptions<O = Rearranging | 'einsum'> {
  /** Whose pattern it is; `'rearrange'` unless said. */
  readonly operation?: O | undefined
  /** What is made of dropped axes, which the result's dtype depends on; `'max'`, which keeps it, unless said. */
  readonly reduction?: ReductionName | undefined
}

/**
 * What an operation does with an array: its axes with lengths and strides, whether the result is a view or a copy and
 * why, how many bytes move, and the dual: how a change g of the result becomes one of each input. Nothing is computed. The explanation prints itself as text.
 *
 * @param x an array, its shape (as if of a contiguous float32 array), or a list of either
 * @param pattern a pattern of the operation
 * @param lengths lengths of axes that the shape does not determine
 * @param options `operation`: `'rearrange'`, `'reduce'`, `'repeat'` or `'einsum'`
 * @throws {EinopsError} when the operation would reject the pattern, shape or lengths
 *
 * @example
 * const plan = explain([2, 6], 'a (b c) -> (a b) c', { c: 3 })
 * console.log(plan)
 * // | rearrange 'a (b c) -> (a b) c'
 * // | input   [2, 6]  float32  strides [6, 1]
 * // | result  [4, 3]  float32  strides [3, 1]
 * // | a = 2  stride 6
 * // | b = 2  stride 3
 * // | c = 3  stride 1
 * // | a view: nothing moves
 * // | dx = rearrange(g, '(a b) c -> a (b c)', { b: 2 })
 */
export function explain<
  const X extends Explainable | readonly Explainable[],
  P extends string,
  const L extends object = NoLengths,
  O extends Rearranging | 'einsum' = 'rearrange',
>(
  x: X,
  pattern: Checked<O, P, L, O extends 'einsum' ? ShapesOf<X> : ShapeOf<X>>,
  lengths?: LengthsOf<O, P, L>,
  options?: ExplainOptions<O>,
): Explanation
export function explain(
  x: Explainable | readonly Explainable[],
  pattern: string,
  lengths?: Lengths,
  options?: ExplainOptions,
): Explanation {
  const checked = checkOptions(options, 'explain', each(kind.anything, 'operation', 'reduction'))
  const { operation = 'rearrange' } = checked
  switch (operation) {
    case 'einsum':
      return explainEinsum(x, pattern, lengths)
    case 'rearrange':
    case 'reduce':
    case 'repeat':
      return explainTransform(x, pattern, lengths, { ...checked, operation })
    default: {
      const expected = "'rearrange', 'reduce', 'repeat' or 'einsum'"
      const said = say('option/value', { option: 'operation', got: show(operation), expected })
      throw new EinopsError({ operation: 'explain', ...said })
    }
  }
}

function explainTransform(
  x: Explainable | readonly Explainable[],
  pattern: string,
  lengths: Lengths | undefined,
  options: ExplainOptions<Rearranging> & { readonly operation: Rearranging },
): Explanation {
  const { operation } = options
  const reduction = (operation === 'reduce' ? options.reduction : undefined) ?? 'max'
  const parsed = parseTransform(pattern, operation)
  const input = asInput(isList(x) ? x.map(tensorOf) : tensorOf(x), operation, leftOf(parsed))
  checkReduction(typeof reduction === 'string' ? reduction : show(reduction), parsed)
  const plan = planOf(parsed, input.shape, lengths)
  const dtype = isList(x) ? dtypeIn(x[0]!) : dtypeIn(x)
  const stride = isStack(input) ? contiguousStride(input.shape) : (input as Tensor).stride
  const target = resultDtype(reduction, dtype)
  if (target === null) {
    throw new EinopsError({
      operation,
      pattern,
      ...say('reduction/dtype', { reduction, dtype, expected: "'sum', or another dtype" }),
    })
  }
  const why =
    plan.reduced.length > 0 || target !== dtype || reduction === 'any' || reduction === 'all'
      ? 'a reduction computes new elements'
      : isStack(input)
        ? 'the arrays of the list do not stand at equal distances in one buffer'
        : whyNoView(plan, stride)
  const view = why === undefined
  const resultStride = view ? plan.viewStride(stride)! : contiguousStride(plan.outputShape)
  return new Explanation({
    operation,
    pattern,
    inputs: [{ shape: input.shape, dtype, stride }],
    result: { shape: plan.outputShape, dtype: target, stride: resultStride },
    axes: [...plan.axes, ...plan.reduced].map((axis) => ({
      name: axis.label,
      length: axis.length,
      strides: [axis.dimension < 0 ? 0 : stride[axis.dimension]! * axis.step],
      role: plan.reduced.includes(axis) ? 'dropped' : axis.dimension < 0 ? 'new' : 'kept',
    })),
    view,
    why,
    bytesMoved: view ? 0 : plan.outputSize * bytesOfDtype(target),
    duals: [explainedDual(plan, reduction)],
  })
}

function explainEinsum(
  x: Explainable | readonly Explainable[],
  pattern: string,
  lengths: Lengths | undefined,
): Explanation {
  const parsed = parseEinsum(pattern)
  const operands = isList(x) ? x : [x]
  const tensors = operands.map((operand) => asTensor(tensorOf(operand), 'einsum'))
  const plan = einsumPlanOf(parsed, tensors, lengths)
  const strides = tensors.map((tensor, i) => plan.operandStride(i, tensor))
  const kept = new Set(plan.output.flat())
  const dtype = resultDtype('sum', dtypeIn(operands[0]!))!
  const shape = plan.outputShape
  return new Explanation({
    operation: 'einsum',
    pattern,
    inputs: tensors.map(({ shape, stride }, i) => ({ shape, dtype: dtypeIn(operands[i]!), stride })),
    result: { shape, dtype, stride: contiguousStride(shape) },
    axes: plan.axes.map((name, axis) => ({
      name,
      length: plan.lengths[axis]!,
      strides: strides.map((stride) => stride[axis]!),
      role: kept.has(axis) ? 'kept' : 'summed',
    })),
    view: false,
    why: 'sums of products are new elements; the operands are read where they stand',
    bytesMoved: sizeOf(shape) * bytesOfDtype(dtype),
    duals: explainedEinsumDuals(plan),
  })
}

/** Whether it is a list of arrays or shapes, and not a shape itself. */
function isList(x: Explainable | readonly Explainable[]): x is readonly Explainable[] {
  return Array.isArray(x) && !isShape(x)
}

function isShape(x: unknown): x is readonly number[] {
  return Array.isArray(x) && x.every((length) => typeof length === 'number')
}

/** The array itself, or a stand-in of a shape, contiguous and without elements. */
function tensorOf(x: Explainable): Tensor {
  if (!isShape(x)) return x
  return { ...contiguous(x), data: { length: sizeOf(x), get: () => 0, set: () => 0 } }
}

function dtypeIn(x: Explainable): Dtype {
  return isShape(x) ? 'float32' : dtypeOf(x.data)
}
