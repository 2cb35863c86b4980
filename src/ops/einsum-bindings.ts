/**
 * Einsums bound to strides are made once, as plans are for shapes: each plan keeps the few that it was used with last. They hold no tensors. A model
 * comes with the same strides again and again, and what is left to do then is to multiply (and, outside of a model, to bring the tensors to linear memory).
 */

import type { BoundPair } from '../gemm/bound-pair.ts'
import type { Epilogue } from '../gemm/epilogue.ts'
import { isWeighted } from '../gemm/weight.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import type { Tensor } from '../layout/tensor.ts'

interface Binding {
  readonly layouts: readonly (TensorLayout | null)[]
  readonly scale: number | undefined
  readonly activation: string | undefined
  /** Null where the contraction is more than one product. */
  readonly pair: BoundPair | null
}

interface TensorLayout {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly isWeight: boolean
}

const maxBindings = 8

/** The bindings of each plan, the one used last at the end. */
const bindings = new WeakMap<EinsumPlan, Binding[]>()

/**
 * What a plan comes to for tensors that stand in memory like these: operands, result, and the two of the epilogue, of single precision all.
 * `bind` makes it where it is not known yet.
 */
export function bindingOf(
  plan: EinsumPlan,
  tensors: readonly (Tensor | null)[],
  { scale, activation }: Epilogue,
  bind: () => BoundPair | null,
): BoundPair | null {
  let known = bindings.get(plan)
  if (known === undefined) {
    known = []
    bindings.set(plan, known)
  }
  const at = known.findLastIndex(
    (binding) =>
      Object.is(binding.scale, scale) &&
      binding.activation === activation &&
      binding.layouts.every((layout, i) => fits(layout, tensors[i]!)),
  )
  if (at >= 0) {
    const { pair } = known[at]!
    if (at !== known.length - 1) known.push(...known.splice(at, 1))
    return pair
  }
  const pair = bind()
  if (known.length === maxBindings) known.shift()
  known.push({ layouts: tensors.map(layoutOf), scale, activation, pair })
  return pair
}

function layoutOf(tensor: Tensor | null): TensorLayout | null {
  if (tensor === null) return null
  return { shape: [...tensor.shape], stride: [...tensor.stride], isWeight: isWeighted(tensor) }
}

function fits(layout: TensorLayout | null, tensor: Tensor | null): boolean {
  if (layout === null || tensor === null) return layout === tensor
  const { shape, stride } = tensor
  if (shape.length !== layout.shape.length || isWeighted(tensor) !== layout.isWeight) return false
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] !== layout.shape[axis] || stride[axis] !== layout.stride[axis]) return false
  }
  return true
}
