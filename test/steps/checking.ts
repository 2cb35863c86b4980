/** A machine for tests: it has the host perform each step, checks the shape and the dtype of the result, and compares its elements with the plain reference's. */
import { materialize } from '../../src/copy/copy.ts'
import { contiguous } from '../../src/layout/layout.ts'
import type { Data, FloatTensor, NdArray, Tensor } from '../../src/layout/tensor.ts'
import { toNdarray } from '../../src/ops/array.ts'
import { type Kernel, type Machine, using } from '../../src/steps/machine.ts'
import { resultOf } from '../../src/steps/shapes.ts'
import type { Step, StepKind } from '../../src/steps/step.ts'
import { type HostValue, tensorOf, typeOf, type Value } from '../../src/steps/value.ts'
import { scope } from '../../src/wasm/arena.ts'
import { current } from '../../src/wasm/heap.ts'
import { elements } from '../gemm/elements.ts'

export class CheckingMachine implements Machine {
  readonly name = 'a checking machine'
  /** How often each kind of step was performed. */
  readonly performed = new Map<StepKind, number>()

  perform(step: Step, inputs: readonly Value[], kernel: Kernel): Value {
    this.performed.set(step.kind, (this.performed.get(step.kind) ?? 0) + 1)
    const values = inputs as readonly HostValue[]
    return using(null, () => {
      const expected = resultOf(step, inputs)
      const apart = values.map((value) => ({ ...materialize(tensorOf(value)), ...contiguous(value.shape) }))
      const result = kernel.perform(step, values)
      expectSame(step, 'shape', result.shape.join(), expected.shape.join())
      expectSame(step, 'dtype', typeOf(result), expected.dtype)
      const reference = kernel.reference(step, apart)
      expectSame(step, 'shape of the reference', reference.shape.join(), expected.shape.join())
      expectClose(step, tensorOf(result), tensorOf(reference))
      return result
    })
  }

  scope(compute: () => Value): Value {
    return scope(compute as () => FloatTensor)
  }

  present(value: Value): NdArray<Data> {
    return toNdarray(tensorOf(value as HostValue))
  }
}

function expectSame(step: Step, what: string, got: string, expected: string): void {
  if (got !== expected) throw new Error(`${step.kind}: ${what} is ${got}, expected ${expected}`)
}

function expectClose(step: Step, result: Tensor, reference: Tensor): void {
  // linear memory may have grown since
  const [got, expected] = [result, reference].map((tensor) =>
    elements({ ...tensor, data: current(tensor.data) }),
  ) as [number[], number[]]
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  const wrong = got.findIndex((value, i) => !(Math.abs(value - expected[i]!) <= 2e-5 * largest))
  if (wrong >= 0)
    throw new Error(`${step.kind}: element ${wrong} is ${got[wrong]}, expected ${expected[wrong]}`)
}
