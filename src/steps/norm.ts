/** Layer norm and RMS norm as a step. */
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { normaliseInHeap } from '../rows/in-heap.ts'
import { normalise } from '../rows/norm.ts'
import { frontAxis } from '../rows/walk.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import type { Norm } from './step.ts'
import { type HostValue, tensorOf, type Value } from './value.ts'

export interface NormOptions {
  /** Factors, of the shape of the normalised axes. */
  readonly weight?: Value | null | undefined
  /** Summands, of the shape of the normalised axes. */
  readonly bias?: Value | null | undefined
  /** Added to the variance or the mean square before its root. */
  readonly eps: number
  /** The axes that are normalised together, in the order of weight's axes; the last one if not given. */
  readonly axes?: readonly number[]
}

const ways: Ways<Norm> = {
  inHeap: (heap, step, inputs) => normaliseInHeap(heap, inputs[0]!, step, affine(step, inputs)),
  plainly(step, inputs) {
    const { weight, bias } = affine(step, inputs)
    const floats = (value: HostValue) => tensorOf(value) as Tensor<Floats>
    return normalise(floats(inputs[0]!), step, {
      weight: weight && floats(weight),
      bias: bias && floats(bias),
    })
  },
}

const kernel: Kernel<Norm> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, inputs) => ways.plainly(step, inputs),
}

/** Which of the inputs is what. */
function affine({ weight, bias }: Norm, inputs: readonly HostValue[]) {
  return { weight: weight ? inputs[1]! : null, bias: bias ? inputs[weight ? 2 : 1]! : null }
}

/** `(x − mean) / sqrt(variance + eps) · weight + bias` (Ba, Kiros and Hinton, arXiv:1607.06450). */
export function layerNorm(x: Value, options: NormOptions): Value {
  return norm(x, options, true)
}

/** `x / sqrt(mean(x²) + eps) · weight + bias` (Zhang and Sennrich, arXiv:1910.07467). */
export function rmsNorm(x: Value, options: NormOptions): Value {
  return norm(x, options, false)
}

function norm(x: Value, { weight, bias, eps, axes = [-1] }: NormOptions, centred: boolean): Value {
  const step: Norm = {
    kind: 'norm',
    axes: axes.map((axis) => frontAxis(axis, x.shape.length)),
    eps,
    centred,
    weight: Boolean(weight),
    bias: Boolean(bias),
  }
  return perform(
    kernel,
    step,
    [x, weight, bias].filter((value) => value !== null && value !== undefined),
  )
}
