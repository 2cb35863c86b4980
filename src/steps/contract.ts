/** An einsum as a step. The plan gives each tensor a stride by axis, groups and all; src/gemm computes from there on, so that no operand is rearranged. */
import { copyApart } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { resultDtype } from '../copy/reduction.ts'
import type { Activation } from '../gemm/activation.ts'
import type { Located } from '../gemm/bound-pair.ts'
import { bindContraction, contract } from '../gemm/contraction.ts'
import type { BoundEpilogue } from '../gemm/epilogue.ts'
import type { Contraction, Operand } from '../gemm/operand.ts'
import { contractByDefinition } from '../gemm/reference.ts'
import { dtypeOf } from '../layout/data.ts'
import type { Dtype } from '../layout/dtype.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { bindingOf } from './bindings.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult } from './result.ts'
import type { Contract } from './step.ts'
import { type HostValue, isWeighted, type Value } from './value.ts'

const kernel: Kernel<Contract> = {
  perform(step, inputs) {
    const result = newContraction(step.plan, inputs)
    contractTo(step, inputs, result)
    return result
  },
  reference(step, inputs) {
    const result = newContraction(step.plan, inputs)
    contractByDefinition(contractionOf(step, inputs, result))
    return result
  },
}

/** What happens to each element of a product on its way to memory: `activation(scale · product + bias) + residual`. */
export interface Store {
  readonly scale?: number
  /** Broadcasts against the output as numpy does, from the last axis on: [d] for an output [b, n, d]. */
  readonly bias?: Value | null | undefined
  readonly activation?: Activation | null | undefined
  /** Broadcasts against the output likewise. */
  readonly residual?: Value | null | undefined
}

/** The sum of products that a plan says, of operands of one dtype. */
export function contraction(plan: EinsumPlan, operands: readonly Value[], store: Store = {}): Value {
  const { scale = 1, activation = null, bias = null, residual = null } = store
  const step: Contract = {
    kind: 'contract',
    plan,
    scale,
    activation,
    bias: bias !== null,
    residual: residual !== null,
  }
  const added = [bias, residual].filter((value) => value !== null)
  return perform(kernel, step, added.length === 0 ? operands : [...operands, ...added])
}

/** Computes the same into a tensor, which may share memory with the operands. */
export function contractInto(plan: EinsumPlan, operands: readonly HostValue[], out: Tensor): void {
  // in an array without elements nothing may be written, wherever its strides lead
  if (out.shape.includes(0)) return
  const step: Contract = { kind: 'contract', plan, scale: 1, activation: null, bias: false, residual: false }
  if (!operands.some((operand) => !isWeighted(operand) && overlap(operand, out))) {
    contractTo(step, operands, out)
    return
  }
  const apart = newContraction(plan, operands)
  contractTo(step, operands, apart)
  copyApart(apart, out)
}

/** Computes the result: by what is known of tensors that stand in memory alike, or from the strides. */
function contractTo(step: Contract, inputs: readonly HostValue[], result: Tensor): void {
  if (![...inputs, result].every(isTyped)) {
    contract(contractionOf(step, inputs, result))
    return
  }
  const { operands, bias, residual } = parts(step, inputs)
  const added = { bias: bias && located(bias), residual: residual && located(residual) }
  const bind = () => bindContraction(contractionOf(step, inputs, result))
  bindingOf(step, [...inputs, result], bind).multiply({
    operands: operands.map(located),
    output: located(result),
    epilogue: added,
  })
}

/** Which of the inputs is what. */
function parts({ plan, bias, residual }: Contract, inputs: readonly HostValue[]) {
  const count = plan.operands.length
  return {
    operands: inputs.slice(0, count),
    bias: bias ? inputs[count]! : null,
    residual: residual ? inputs[count + Number(bias)]! : null,
  }
}

function contractionOf(step: Contract, inputs: readonly HostValue[], result: Tensor): Contraction {
  const { plan, scale, activation } = step
  const { operands, bias, residual } = parts(step, inputs)
  const bound = (value: HostValue | null) => value && asOperand(value, plan.outputStride(value))
  const epilogue: BoundEpilogue = { scale, activation, bias: bound(bias), residual: bound(residual) }
  return {
    lengths: plan.lengths,
    operands: operands.map((operand, i) => asOperand(operand, plan.operandStride(i, operand))),
    output: asOperand(result, plan.outputStride(result)),
    epilogue,
  }
}

/** Whether the elements of a value are in a typed array, so that its kind says what they are. */
function isTyped(value: HostValue): boolean {
  return isWeighted(value) || ArrayBuffer.isView(value.data)
}

function located(value: HostValue): Located {
  const { offset } = value
  return isWeighted(value) ? { data: noElements, offset, weight: value.weight } : { data: value.data, offset }
}

function asOperand(value: HostValue, stride: readonly number[]): Operand {
  return { ...located(value), stride }
}

const noElements = new Float32Array(0)

function newContraction(plan: EinsumPlan, [first]: readonly HostValue[]): Tensor {
  return newResult(resultKind(first!), plan.outputShape, 'einsum')
}

/** A buffer of the kind that the result has. */
function resultKind(operand: HostValue): Data {
  if (isWeighted(operand)) return noElements
  return sumDtype(dtypeOf(operand.data)) === dtypeOf(operand.data) ? operand.data : new Float64Array(0)
}

/** The dtype of sums of elements: doubles for integers. */
export function sumDtype(dtype: Dtype): Dtype {
  return resultDtype('sum', dtype)! // every dtype has sums
}
