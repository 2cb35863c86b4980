/** The linear map of the last axis. */

import { einsumTensor } from '../ops/einsum.ts'
import type { Store } from '../steps/contract.ts'
import type { Value } from '../steps/value.ts'
import { expectLength, expectWhole } from './check.ts'
import { type LayerInit, linearParameters } from './init.ts'
import { Module } from './module.ts'
import { expectOptions, type Kinds, kind } from './options.ts'
import type { Parameter } from './parameter.ts'

export interface LinearOptions {
  /** Whether a bias is added; true if not given. */
  readonly bias?: boolean | undefined
  readonly seed?: number | undefined
  /** How new parameters are drawn; PyTorch's rule if not given. */
  readonly init?: LayerInit | undefined
}

const kinds: Kinds<LinearOptions> = { bias: kind.flag, seed: kind.seed, init: kind.init }

/**
 * `y = x Wᵀ + b` over the last axis: [..., inFeatures] → [..., outFeatures].
 *
 * @param inFeatures length of the input's last axis
 * @param outFeatures length of the output's last axis
 * @throws {EinopsError} when the input's last axis is not `inFeatures` long
 *
 * @example
 * const layer = new Linear(3, 2)
 * layer.weight.shape // → [2, 3]
 * const y = layer.forward(ndarray(new Float32Array(4 * 5 * 3), [4, 5, 3]))
 * y.shape // → [4, 5, 2]
 */
export class Linear extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly inFeatures: number
  readonly outFeatures: number

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super()
    expectOptions(this, options, kinds)
    const { bias = true } = options
    expectWhole(this, { inFeatures, outFeatures }, 0)
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    const parameters = linearParameters([outFeatures, inFeatures], { ...options, bias })
    this.weight = parameters.weight
    this.bias = parameters.bias
  }

  /** `store` is what happens to each element of the result on its way to memory. */
  override compute(x: Value, store: Store = {}): Value {
    expectLength(this, x, -1, this.inFeatures, 'inFeatures')
    return einsumTensor([x, this.weight], '... i, o i -> ... o', {}, { ...store, bias: this.bias })
  }
}
