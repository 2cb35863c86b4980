/** Reductions as a step: the elements along the axes that a plan drops, folded; and those by somebody's own function. */
import { materialize } from '../copy/copy.ts'
import { foldInto } from '../copy/fold.ts'
import { foldPlainly } from '../copy/fold-reference.ts'
import { type ReductionName, resultDtype } from '../copy/reduction.ts'
import { dtypeOf } from '../layout/data.ts'
import type { Dtype } from '../layout/dtype.ts'
import { contiguous, type Layout } from '../layout/layout.ts'
import type { Plan } from '../layout/plan.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { sumInHeap } from '../rows/sum-in-heap.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult, resultKind } from './result.ts'
import type { Fold, Opaque } from './step.ts'
import { type HostValue, tensorOf, type Value } from './value.ts'

type FoldFunction = (
  reduction: ReductionName,
  data: Data,
  kept: Layout,
  dropped: Layout,
  target: Tensor,
) => void

const ways: Ways<Fold> = {
  inHeap(heap, { plan, reduction, dtype }, [x]) {
    const isSum = reduction === 'sum' || reduction === 'mean'
    if (!isSum || (dtype !== null && dtype !== 'float32')) return null
    const summed = { kept: plan.kept(x!), dropped: plan.dropped(x!), shape: plan.outputShape }
    return sumInHeap(heap, x!, summed, reduction === 'mean')
  },
  plainly: (step, [x]) => folded(step, x!, foldInto),
}

const folds: Kernel<Fold> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, [x]) => folded(step, x!, foldPlainly),
}

function folded({ plan, reduction, dtype }: Fold, x: HostValue, fold: FoldFunction): Tensor {
  const source = tensorOf(x)
  const result = newFold(plan, reduction, source.data, dtype)
  foldTo({ plan, reduction }, source, result, fold)
  return result
}

/** Folds into a tensor of the plan's output shape, which shares no memory with the source. */
export function foldTo(
  { plan, reduction }: Pick<Fold, 'plan' | 'reduction'>,
  source: Tensor,
  target: Tensor,
  fold: FoldFunction = foldInto,
): void {
  fold(reduction, source.data, plan.kept(source), plan.dropped(source), {
    ...plan.unmerged(target),
    data: target.data,
  })
}

/** A new tensor for the result of a reduction of elements like these. */
export function newFold(
  plan: Plan,
  reduction: ReductionName,
  data: Data,
  dtype: Dtype | null = null,
): Tensor {
  const like = resultKind(data, dtype ?? resultDtype(reduction, dtypeOf(data)), 'reduce')
  return newResult(like, plan.outputShape, 'reduce')
}

const opaques: Kernel<Opaque> = { perform: foldedBy, reference: foldedBy }

/** Lets a function fold the last axes of a view, and gives its result the shape of the right side. */
function foldedBy({ plan, reduction }: Opaque, [x]: readonly HostValue[]): Tensor {
  const source = tensorOf(x!)
  const kept = plan.kept(source)
  const dropped = plan.dropped(source)
  const view: Tensor = {
    data: source.data,
    shape: [...kept.shape, ...dropped.shape],
    stride: [...kept.stride, ...dropped.stride],
    offset: source.offset,
  }
  const axes = dropped.shape.map((_, i) => kept.shape.length + i)
  return { ...contiguous(plan.outputShape), data: materialize(reduction(view, axes)).data }
}

/** The elements that a plan drops, folded. */
export function foldBy(x: Value, plan: Plan, reduction: ReductionName, dtype: Dtype | null = null): Value {
  return perform(folds, { kind: 'fold', plan, reduction, dtype }, [x])
}

/** The same by a function, of a view whose last axes are those to drop, which gives the others in their order. */
export function foldByFunction(x: Value, plan: Plan, reduction: Opaque['reduction']): Value {
  return perform(opaques, { kind: 'opaque', plan, reduction }, [x])
}
