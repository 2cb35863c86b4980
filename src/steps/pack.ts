/** Joining as a step: values that agree in all axes but those in the middle, which are flattened and stand one after the other. */
import { copyApart } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { copyPlainly } from '../copy/reference.ts'
import type { Dtype } from '../layout/dtype.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { type Kernel, perform } from './machine.ts'
import { allocateResult, newResult, resultKind } from './result.ts'
import { sliced } from './slice.ts'
import type { Pack } from './step.ts'
import { type HostValue, isWeighted, tensorOf, type Value } from './value.ts'

const kernel: Kernel<Pack> = {
  perform: (step, inputs) => packed(step, inputs, copyApart),
  reference: (step, inputs) => packed(step, inputs, copyPlainly),
}

function packed(step: Pack, inputs: readonly HostValue[], copy: Copy): Tensor {
  const { data } = tensorOf(inputs[0]!)
  const result = newResult(resultKind(data, step.dtype, 'pack'), packedShape(inputs, step), 'pack')
  fill(step, inputs, result, copy)
  return result
}

type Copy = (source: Tensor, target: Tensor) => void

/** Which axes all values have: the first and the last ones. */
type Form = Pick<Pack, 'before' | 'after'>

function fill(form: Form, inputs: readonly HostValue[], target: Tensor, copy: Copy): void {
  let start = 0
  for (const input of inputs) {
    const lengths = middleOf(input.shape, form)
    const place = sliced(target, { axis: form.before, start, step: 1, lengths })
    copy(tensorOf(input), { data: target.data, ...place })
    start += sizeOf(lengths)
  }
}

/** Joins values of any dtypes into a tensor of the packed shape, which may share memory with them. */
export function packInto(form: Form, inputs: readonly HostValue[], out: Tensor): void {
  if (!inputs.some((input) => !isWeighted(input) && overlap(input, out))) {
    fill(form, inputs, out, copyApart)
    return
  }
  const apart = { ...contiguous(out.shape), data: allocateResult(out.data, sizeOf(out.shape), 'pack') }
  fill(form, inputs, apart, copyApart)
  copyApart(apart, out)
}

/** The lengths of the axes that a value does not share with the others. */
export function middleOf(shape: readonly number[], { before, after }: Form): readonly number[] {
  return shape.slice(before, shape.length - after)
}

/** The shape of values joined. */
export function packedShape(values: readonly Value[], { before, after }: Form): readonly number[] {
  const { shape } = values[0]!
  const total = values.reduce((sum, value) => sum + sizeOf(middleOf(value.shape, { before, after })), 0)
  return [...shape.slice(0, before), total, ...shape.slice(shape.length - after)]
}

/** Joins values between the first `before` and the last `after` axes, which agree; of one dtype, unless they are converted. */
export function joined(
  values: readonly Value[],
  { before, after, dtype = null }: Form & { readonly dtype?: Dtype | null },
): Value {
  return perform(kernel, { kind: 'pack', before, after, dtype }, values)
}
