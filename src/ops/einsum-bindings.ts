/**
 * Einsums bound to strides are made once, as plans are for shapes: each plan keeps the few that it was used with last. They hold no tensors. A model
 * comes with the same strides again and again, and what is left to do then is to multiply (and, outside of a model, to bring the tensors to linear memory).
 */

import type { BoundContraction } from '../gemm/contraction.ts'
import type { Epilogue } from '../gemm/epilogue.ts'
import { isWeighted } from '../gemm/weight.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import type { Tensor } from '../layout/tensor.ts'

interface Binding {
  readonly layouts: readonly (TensorLayout | null)[]
  readonly scale: number | undefined
  readonly activation: string | undefined
  readonly contraction: BoundContraction
}

interface TensorLayout {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  /** The class of its buffer; null of a weight, whose elements would be handed out by asking. */
  readonly kind: unknown
}

const maxBindings = 8

/** The bindings of each plan, the one used last at the end. */
const bindings = new WeakMap<EinsumPlan, Binding[]>()

/**
 * What a plan comes to for tensors that stand in memory like these: operands, result, and the two of the epilogue, in typed arrays of
 * the same kinds. `bind` makes it where it is not known yet.
 */
export function bindingOf(
  plan: EinsumPlan,
  tensors: readonly (Tensor | null)[],
  { scale, activation }: Epilogue,
  bind: () => BoundContraction,
): BoundContraction {
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
    const { contraction } = known[at]!
    if (at !== known.length - 1) known.push(...known.splice(at, 1))
    return contraction
  }
  const contraction = bind()
  if (known.length === maxBindings) known.shift()
  known.push({ layouts: tensors.map(layoutOf), scale, activation, contraction })
  return contraction
}

function layoutOf(tensor: Tensor | null): TensorLayout | null {
  if (tensor === null) return null
  return { shape: [...tensor.shape], stride: [...tensor.stride], kind: kindOf(tensor) }
}

function kindOf(tensor: Tensor): unknown {
  return isWeighted(tensor) ? null : tensor.data.constructor
}

function fits(layout: TensorLayout | null, tensor: Tensor | null): boolean {
  if (layout === null || tensor === null) return layout === tensor
  const { shape, stride } = tensor
  if (shape.length !== layout.shape.length || kindOf(tensor) !== layout.kind) return false
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] !== layout.shape[axis] || stride[axis] !== layout.stride[axis]) return false
  }
  return true
}
