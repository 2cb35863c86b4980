/**
 * Einsums bound to strides are made once, as plans are for shapes: each plan keeps the few that it was used with last. They hold no tensors. A model
 * comes with the same strides again and again, and what is left to do then is to multiply (and, outside of a model, to bring the tensors to linear memory).
 */

import type { BoundPair } from '../gemm/bound-pair.ts'
import type { Epilogue } from '../gemm/epilogue.ts'
import { isWeighted } from '../gemm/weight.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import { type Recent, recentOf } from '../layout/recent.ts'
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

type Tensors = readonly (Tensor | null)[]

const bindings = new WeakMap<EinsumPlan, Recent<Tensors, Epilogue, Binding>>()

/**
 * What a plan comes to for tensors that stand in memory like these: operands, result, and the two of the epilogue, of single precision all.
 * `bind` makes it where it is not known yet.
 */
export function bindingOf(
  plan: EinsumPlan,
  tensors: Tensors,
  epilogue: Epilogue,
  bind: () => BoundPair | null,
): BoundPair | null {
  const recent = recentOf(bindings, plan, isFor)
  const known = recent.find(tensors, epilogue)
  if (known !== undefined) return known.pair
  const { scale, activation } = epilogue
  return recent.add({ layouts: tensors.map(layoutOf), scale, activation, pair: bind() }).pair
}

function isFor(binding: Binding, tensors: Tensors, { scale, activation }: Epilogue): boolean {
  return (
    Object.is(binding.scale, scale) &&
    binding.activation === activation &&
    binding.layouts.every((layout, i) => fits(layout, tensors[i]!))
  )
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
