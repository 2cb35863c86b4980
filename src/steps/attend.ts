/** Attention as a step. */

import { attendInHeap } from '../gemm/attention-heap.ts'
import { attendPlainly } from '../gemm/attention-plain.ts'
import { newOutput } from '../gemm/attention-problem.ts'
import type { Floats } from '../layout/data.ts'
import { broadcastTo } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { newLike } from '../rows/walk.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import type { Attend } from './step.ts'
import { type HostValue, tensorOf, type Value } from './value.ts'

const ways: Ways<Attend> = {
  module: 'attention',
  inHeap(heap, step, inputs) {
    const problem = problemOf<Float32Array>(step, inputs)
    attendInHeap(heap, problem)
    return problem[step.result]
  },
  plainly(step, inputs) {
    const problem = problemOf<Floats>(step, inputs)
    attendPlainly(problem)
    return problem[step.result]!
  },
}

const kernel: Kernel<Attend> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, inputs) => ways.plainly(step, inputs),
}

/** The tensors of a step, its results among them. */
function problemOf<D extends Floats>({ scale, result }: Attend, inputs: readonly HostValue[]) {
  const [q, k, v, added] = inputs.map((value) => tensorOf(value) as Tensor<D>) as [
    Tensor<D>,
    Tensor<D>,
    Tensor<D>,
    Tensor<D>?,
  ]
  const batch = q.shape.slice(0, -2)
  const [n, m, e] = [q.shape.at(-2)!, v.shape.at(-2)!, v.shape.at(-1)!]
  const make = (shape: readonly number[]) => newLike(q, shape)
  return {
    ...{ q, k, v, scale },
    bias: added ? { data: added.data, ...broadcastTo(added, [...batch, n, m]) } : null,
    output: newOutput([...batch, n, e], make),
    weights: result === 'weights' ? make([...batch, n, m]) : null,
  }
}

export interface AttentionOptions {
  /** What the scores are multiplied by; 1/√d if not given. */
  readonly scale?: number | undefined
  /** Added to the scores: broadcasts against [...batch, n, m] as in numpy; −Infinity masks. */
  readonly bias?: Value | null | undefined
}

/**
 * Every query looks at all keys and takes the mean of the values, weighted by softmax(scale · q kᵀ + bias):
 * q [...batch, n, d], k [...batch, m, d], v [...batch, m, e] → [...batch, n, e].
 */
export function attend(q: Value, k: Value, v: Value, options: AttentionOptions = {}): Value {
  return attention('output', [q, k, v], options)
}

/** The weights of the same: [...batch, n, m]. */
export function attentionWeights(q: Value, k: Value, v: Value, options: AttentionOptions = {}): Value {
  return attention('weights', [q, k, v], options)
}

function attention(
  result: Attend['result'],
  [q, k, v]: readonly [Value, Value, Value],
  { scale = q.shape.at(-1)! ** -0.5, bias }: AttentionOptions,
): Value {
  return perform(kernel, { kind: 'attend', scale, result }, bias ? [q, k, v, bias] : [q, k, v])
}
