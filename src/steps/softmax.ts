/** Softmax and its logarithm as steps. */
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { softmaxInHeap } from '../rows/in-heap.ts'
import { softmax as softmaxOfRows } from '../rows/softmax.ts'
import { frontAxis } from '../rows/walk.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import type { Softmax } from './step.ts'
import { tensorOf, type Value } from './value.ts'

const ways: Ways<Softmax> = {
  inHeap: (heap, { axis, log }, [x]) => (log ? null : softmaxInHeap(heap, x!, axis)),
  plainly: (step, [x]) => softmaxOfRows(tensorOf(x!) as Tensor<Floats>, step),
}

const kernel: Kernel<Softmax> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, inputs) => ways.plainly(step, inputs),
}

export interface AxisOption {
  /** Which axis sums to one; negative counts from the last. */
  readonly axis?: number
}

/** `exp(x) / sum(exp(x))` along `axis`, −1 if not given. */
export function softmax(x: Value, { axis = -1 }: AxisOption = {}): Value {
  return perform(kernel, { kind: 'softmax', axis: frontAxis(axis, x.shape.length), log: false }, [x])
}

/** `x − log(sum(exp(x)))` along `axis`, −1 if not given; finite where softmax itself would round to 0. */
export function logSoftmax(x: Value, { axis = -1 }: AxisOption = {}): Value {
  return perform(kernel, { kind: 'softmax', axis: frontAxis(axis, x.shape.length), log: true }, [x])
}
