/**
 * Einsums bound to strides are made once, as plans are for shapes: each plan keeps the few that it was used with last. They hold no tensors. A model
 * comes with the same strides again and again, and what is left to do then is to multiply (and, outside of a model, to bring the tensors to linear memory).
 */

import type { BoundContraction } from '../gemm/contraction.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import { type Recent, recentOf } from '../layout/recent.ts'
import type { Contract } from './step.ts'
import { type HostValue, isWeighted } from './value.ts'

interface Binding {
  readonly step: Contract
  readonly layouts: readonly ValueLayout[]
  readonly contraction: BoundContraction
}

interface ValueLayout {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  /** What its elements are kept in. */
  readonly kind: unknown
}

const bindings = new WeakMap<EinsumPlan, Recent<Contract, readonly HostValue[], Binding>>()

/**
 * What a step comes to for values that stand in memory like these, its inputs and its result, in typed arrays of the same kinds. `bind` makes
 * it where it is not known yet.
 */
export function bindingOf(
  step: Contract,
  values: readonly HostValue[],
  bind: () => BoundContraction,
): BoundContraction {
  const recent = recentOf(bindings, step.plan, isFor)
  const known = recent.find(step, values)
  if (known !== undefined) return known.contraction
  return recent.add({ step, layouts: values.map(layoutOf), contraction: bind() }).contraction
}

function layoutOf(value: HostValue): ValueLayout {
  return { shape: [...value.shape], stride: [...value.stride], kind: kindOf(value) }
}

function kindOf(value: HostValue): unknown {
  return isWeighted(value) ? 'weight' : value.data.constructor
}

function isFor({ step: known, layouts }: Binding, step: Contract, values: readonly HostValue[]): boolean {
  if (known.activation !== step.activation || known.bias !== step.bias || known.residual !== step.residual)
    return false
  if (!Object.is(known.scale, step.scale) || layouts.length !== values.length) return false
  return layouts.every((layout, i) => fits(layout, values[i]!))
}

function fits(layout: ValueLayout, value: HostValue): boolean {
  const { shape, stride } = value
  if (shape.length !== layout.shape.length || kindOf(value) !== layout.kind) return false
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] !== layout.shape[axis] || stride[axis] !== layout.stride[axis]) return false
  }
  return true
}
