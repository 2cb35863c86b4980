/** Rearranging as a step: a view where strides can express the result, else one copy, straight to where the result wants each element. */
import { copyApart } from '../copy/copy.ts'
import { copyPlainly } from '../copy/reference.ts'
import type { Plan } from '../layout/plan.ts'
import type { Tensor } from '../layout/tensor.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult } from './result.ts'
import type { Rearrange } from './step.ts'
import { type HostValue, laidOut, tensorOf, type Value } from './value.ts'

const kernel: Kernel<Rearrange> = {
  perform({ plan, copy }, [x]) {
    const stride = copy ? null : plan.viewStride(x!.stride)
    if (stride !== null) return laidOut(x!, { shape: plan.outputShape, stride, offset: x!.offset })
    return copied(x!, plan, copyApart)
  },
  reference: ({ plan }, [x]) => copied(x!, plan, copyPlainly),
}

function copied(x: HostValue, plan: Plan, copy: (source: Tensor, target: Tensor) => void): Tensor {
  const source = tensorOf(x)
  const result = newResult(source.data, plan.outputShape, plan.pattern.operation)
  copy({ ...plan.kept(source), data: source.data }, { ...plan.unmerged(result), data: result.data })
  return result
}

/** A value rearranged by a plan; `copy`: into elements of its own in any case. */
export function rearranged(x: Value, plan: Plan, copy = false): Value {
  return perform(kernel, { kind: 'rearrange', plan, copy }, [x])
}
