/** Slopes as a step: how a change of a result becomes a change of the input, for the steps that are no linear maps. */

import { type CurvedReduction, foldSlope } from '../copy/fold-slope.ts'
import { type AttentionSlope, newChanges, slopeOfAttention } from '../gemm/attention-slope.ts'
import { slopeOfAttentionInHeap } from '../gemm/attention-slope-heap.ts'
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { isActivation } from '../rows/functions.ts'
import { mapSlope, normSlope, softmaxSlope } from '../rows/slope.ts'
import { mapSlopeInHeap, normSlopeInHeap, softmaxSlopeInHeap } from '../rows/slope-in-heap.ts'
import { newLike } from '../rows/walk.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import type { Attend, Fold, MapStep, Norm, Slope, Softmax } from './step.ts'
import { type HostValue, tensorOf, type Value } from './value.ts'

const ways: Ways<Slope> = {
  module: 'training',
  inHeap(heap, { of }, inputs) {
    const [g, x, ...more] = inputs
    switch (of.kind) {
      case 'map':
        return isActivation(of.fn) ? mapSlopeInHeap(heap, g!, x!, of.fn) : null
      case 'softmax':
        return of.log ? null : softmaxSlopeInHeap(heap, g!, x!, of.axis)
      case 'norm':
        return normSlopeInHeap(heap, g!, x!, of, more[0] ?? null)
      case 'attend':
        return ofAttention<Float32Array>(inputs, of.scale, (problem) => slopeOfAttentionInHeap(heap, problem))
      case 'fold':
        return null
    }
  },
  plainly({ of }, inputs) {
    const [g, x, ...more] = inputs.map((value) => tensorOf(value) as Tensor<Floats>) as [
      Tensor<Floats>,
      Tensor<Floats>,
      ...Tensor<Floats>[],
    ]
    switch (of.kind) {
      case 'map':
        return mapSlope(g, x, of.fn)
      case 'softmax':
        return softmaxSlope(g, x, of)
      case 'norm':
        return normSlope(g, x, of, more[0] ?? null)
      case 'attend':
        return ofAttention<Floats>(inputs, of.scale, slopeOfAttention)
      case 'fold':
        return ofFold(of, g, x)
    }
  },
}

const kernel: Kernel<Slope> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, inputs) => ways.plainly(step, inputs),
}

function ofAttention<D extends Floats>(
  inputs: readonly HostValue[],
  scale: number,
  compute: (problem: AttentionSlope<D>) => void,
): Tensor<D> {
  const [g, q, k, v] = inputs.map((value) => tensorOf(value) as Tensor<D>) as [
    Tensor<D>,
    Tensor<D>,
    Tensor<D>,
    Tensor<D>,
  ]
  const result = newChanges(q.shape, (shape) => newLike(q, shape))
  compute({ g, q, k, v, result, scale })
  return result
}

function ofFold({ plan, reduction }: Fold, g: Tensor<Floats>, x: Tensor<Floats>): Tensor {
  const result = newLike(x, x.shape)
  const walked = (tensor: Tensor<Floats>) => ({
    ...tensor,
    kept: plan.kept(tensor),
    dropped: plan.dropped(tensor),
  })
  foldSlope(reduction as CurvedReduction, walked(x), { data: g.data, ...plan.unmerged(g) }, walked(result))
  return result
}

/** `g · f′(x)`. */
export function slopeOfMap(of: MapStep, g: Value, x: Value): Value {
  return perform(kernel, { kind: 'slope', of }, [g, x])
}

/** Of softmax or its logarithm, given its result. */
export function slopeOfSoftmax(of: Softmax, g: Value, result: Value): Value {
  return perform(kernel, { kind: 'slope', of }, [g, result])
}

/** Of a norm, with respect to what is normalised. */
export function slopeOfNorm(of: Norm, g: Value, x: Value, weight: Value | null): Value {
  return perform(kernel, { kind: 'slope', of }, weight ? [g, x, weight] : [g, x])
}

/** Of attention without a bias, with respect to queries, keys and values of one shape: [3, ...batch, n, d]. */
export function slopeOfAttend(of: Attend, g: Value, [q, k, v]: readonly [Value, Value, Value]): Value {
  return perform(kernel, { kind: 'slope', of }, [g, q, k, v])
}

/** Of a minimum, a maximum or a product. */
export function slopeOfFold(of: Fold, g: Value, x: Value): Value {
  return perform(kernel, { kind: 'slope', of }, [g, x])
}
