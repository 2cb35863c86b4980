/** Rearranging as a step: a view where strides can express the result, else one copy, straight to where the result wants each element. */

import { parseTransform } from '../../grammar/index.ts'
import { copyApart } from '../copy/copy.ts'
import { copyPlainly } from '../copy/reference.ts'
import type { Dtype } from '../layout/dtype.ts'
import type { Layout } from '../layout/layout.ts'
import type { Plan } from '../layout/plan.ts'
import { planOf } from '../layout/plans.ts'
import type { Tensor } from '../layout/tensor.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult, resultKind } from './result.ts'
import type { Rearrange } from './step.ts'
import { type HostValue, laidOut, tensorOf, type Value } from './value.ts'

const kernel: Kernel<Rearrange> = {
  perform(step, [x]) {
    const view = viewOf(step, x!)
    return view === null ? copied(step, x!, copyApart) : laidOut(x!, view)
  },
  reference: (step, [x]) => copied(step, x!, copyPlainly),
}

/** The layout of the result where it is a view, else null. */
export function viewOf({ plan, copy, dtype }: Rearrange, { stride, offset }: Layout): Layout | null {
  const own = copy || dtype !== null ? null : plan.viewStride(stride)
  return own && { shape: plan.outputShape, stride: own, offset }
}

function copied(
  { plan, dtype }: Rearrange,
  x: HostValue,
  copy: (source: Tensor, target: Tensor) => void,
): Tensor {
  const source = tensorOf(x)
  const { operation } = plan.pattern
  const result = newResult(resultKind(source.data, dtype, operation), plan.outputShape, operation)
  copy({ ...plan.kept(source), data: source.data }, { ...plan.unmerged(result), data: result.data })
  return result
}

/** A value rearranged by a plan; `copy`: into elements of its own in any case; `dtype`: converted. */
export function rearranged(
  x: Value,
  plan: Plan,
  { copy = false, dtype = null }: { readonly copy?: boolean; readonly dtype?: Dtype | null } = {},
): Value {
  return perform(kernel, { kind: 'rearrange', plan, copy, dtype }, [x])
}

/** The same elements of another dtype. */
export function converted(x: Value, dtype: Dtype): Value {
  return rearranged(x, planOf(parseTransform('... -> ...', 'rearrange'), x.shape), { dtype })
}
