/**
 * What rearrange and repeat do, once the pattern is bound: a view of the input where strides can express the result,
 * else one copy, straight from where the elements are to where the result wants them.
 */
import type { TransformPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { copyApart, copyInto } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { contiguous } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Plan } from '../layout/plan.ts'
import { planOf } from '../layout/plans.ts'
import type { Tensor } from '../layout/tensor.ts'
import { expectHost } from '../steps/machine.ts'
import { rearranged } from '../steps/rearrange.ts'
import { allocateResult, newResult, resultKind } from '../steps/result.ts'
import { type HostValue, isWeighted, tensorOf, type Value } from '../steps/value.ts'
import type { Excerpt } from './array.ts'
import { dtypeIn, type Input, isStack, type Stack } from './input.ts'
import { checkOut, type TensorOptions } from './options.ts'

/** The result of a bound pattern; `out` itself where it was given. */
export function transform(
  input: Input,
  pattern: TransformPattern,
  lengths: Lengths | undefined,
  { copy = 'auto', out, dtype }: TensorOptions,
): Value {
  const plan = planOf(pattern, input.shape, lengths)
  if (out !== undefined) {
    checkOut(out, plan.outputShape, null, pattern.operation)
    write(input, plan, out)
    return out
  }
  const given = dtypeIn(input)
  const wanted = dtype ?? given
  if (copy === 'never' && (isStack(input) || given !== wanted || !isView(input, plan)))
    throw noView(input, plan, lengths, given === wanted ? undefined : `${wanted} of ${given} is other bits`)
  if (!isStack(input)) {
    return rearranged(input, plan, { copy: copy === 'always', dtype: given === wanted ? null : wanted })
  }
  const like = resultKind(tensorOf(input.items[0]!).data, wanted, pattern.operation)
  const result = newResult(like, plan.outputShape, pattern.operation)
  scatter(input, plan, result)
  return result
}

/** Whether the result is a view, as far as the machine says where elements stand. */
function isView(input: Value, plan: Plan): boolean {
  return !('stride' in input) || plan.viewStride((input as HostValue).stride) !== null
}

/** Where a pattern describes the input. */
export function leftOf({ text, left }: TransformPattern): Excerpt {
  return { pattern: text, span: left.span }
}

/** Writes the result into an array that may share memory with the input. */
function write(input: Input, plan: Plan, out: Tensor): void {
  expectHost(plan.pattern.operation, "writing into 'out'")
  const target = { ...plan.unmerged(out), data: out.data }
  if (!isStack(input)) {
    const source = tensorOf(input as HostValue)
    copyInto({ ...plan.kept(source), data: source.data }, target)
  } else if (input.items.some((item) => !isWeighted(item) && overlap(item, out))) {
    const apart = {
      ...contiguous(plan.outputShape),
      data: allocateResult(out.data, plan.outputSize, plan.pattern.operation),
    }
    scatter(input, plan, apart)
    copyApart(apart, out)
  } else {
    scatter(input, plan, out)
  }
}

/** Copies each item of a stack to its place: axes along dimension 0 say which, the others run in the item. */
function scatter({ items }: Stack, plan: Plan, out: Tensor): void {
  if (plan.outputSize === 0) return
  const target = plan.unmerged(out)
  for (const [index, item] of items.map(tensorOf).entries()) {
    const from = { shape: [] as number[], stride: [] as number[], offset: item.offset, data: item.data }
    const to = { shape: from.shape, stride: [] as number[], offset: target.offset, data: out.data }
    for (const [i, { dimension, step, length }] of plan.axes.entries()) {
      if (dimension === 0) {
        to.offset += (Math.floor(index / step) % length) * target.stride[i]!
        continue
      }
      from.shape.push(length)
      from.stride.push(dimension < 0 ? 0 : item.stride[dimension - 1]! * step)
      to.stride.push(target.stride[i]!)
    }
    copyApart(from, to)
  }
}

function noView(input: Input, plan: Plan, lengths: Lengths | undefined, why?: string): EinopsError {
  const { operation, text, right } = plan.pattern
  return new EinopsError({
    operation,
    ...say('option/copy', {}),
    pattern: text,
    span: right.span,
    shape: input.shape,
    lengths,
    hint:
      why ??
      (isStack(input)
        ? 'the arrays of the list do not stand at equal distances in one buffer'
        : whyNoView(plan, (input as HostValue).stride)),
  })
}

/** Why the result is no view of an array with these strides, as a sentence. */
export function whyNoView(plan: Plan, stride: readonly number[]): string | undefined {
  const obstacle = plan.obstacle(stride)
  if (obstacle === null) return undefined
  const { outer, inner, expected } = obstacle
  return (
    `'${outer.label}' and '${inner.label}' cannot be one dimension: ` +
    `a step of '${outer.label}' moves by ${obstacle.stride} in memory, ` +
    `going on after the ${inner.length} of '${inner.label}' would take ${expected}`
  )
}
