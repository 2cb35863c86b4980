/** Joining as a step: values that agree in all axes but those in the middle, which are flattened and stand one after the other. */
import { copyApart } from '../copy/copy.ts'
import { copyPlainly } from '../copy/reference.ts'
import { sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult } from './result.ts'
import { sliced } from './slice.ts'
import type { Pack } from './step.ts'
import { type HostValue, tensorOf, type Value } from './value.ts'

const kernel: Kernel<Pack> = {
  perform: (step, inputs) => packed(step, inputs, copyApart),
  reference: (step, inputs) => packed(step, inputs, copyPlainly),
}

function packed(
  { before, after }: Pack,
  inputs: readonly HostValue[],
  copy: (source: Tensor, target: Tensor) => void,
): Tensor {
  const tensors = inputs.map(tensorOf)
  const [first] = tensors as [Tensor]
  const middles = tensors.map(({ shape }) => middleOf(shape, before, after))
  const result = newResult(first.data, packedShape(tensors, { before, after }), 'pack')
  let start = 0
  for (const [i, lengths] of middles.entries()) {
    copy(tensors[i]!, { data: result.data, ...sliced(result, { axis: before, start, step: 1, lengths }) })
    start += sizeOf(lengths)
  }
  return result
}

/** The lengths of the axes that a value does not share with the others. */
export function middleOf(shape: readonly number[], before: number, after: number): readonly number[] {
  return shape.slice(before, shape.length - after)
}

/** The shape of values joined. */
export function packedShape(
  values: readonly Value[],
  { before, after }: Pick<Pack, 'before' | 'after'>,
): readonly number[] {
  const { shape } = values[0]!
  const total = values.reduce((sum, value) => sum + sizeOf(middleOf(value.shape, before, after)), 0)
  return [...shape.slice(0, before), total, ...shape.slice(shape.length - after)]
}

/** Joins values of one dtype between the first `before` and the last `after` axes, which agree. */
export function joined(values: readonly Value[], before: number, after: number): Value {
  return perform(kernel, { kind: 'pack', before, after }, values)
}
