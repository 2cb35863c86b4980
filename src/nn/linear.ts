/** The linear map of the last axis. */

import { einsumTensor } from '../ops/einsum.ts'
import type { Store } from '../steps/contract.ts'
import type { Value } from '../steps/value.ts'
import { expectLength, expectWhole } from './check.ts'
import { linearParameters } from './init.ts'
import { Module } from './module.ts'
import { kind, type OptionsOf, or, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'

const linearOptions = {
  /** Whether a bias is added; true if not given. */
  bias: or(kind.flag, true),
  seed: kind.seed,
  /** How new parameters are drawn; PyTorch's rule if not given. */
  init: kind.init,
}

export interface LinearOptions extends OptionsOf<typeof linearOptions> {}

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
    const drawn = readOptions(this, options, linearOptions)
    expectWhole(this, { inFeatures, outFeatures }, 0)
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    const parameters = linearParameters([outFeatures, inFeatures], drawn)
    this.weight = parameters.weight
    this.bias = parameters.bias
  }

  /** `store` is what happens to each element of the result on its way to memory. */
  override compute(x: Value, store: Store = {}): Value {
    expectLength(this, x, -1, this.inFeatures, 'inFeatures')
    return einsumTensor([x, this.weight], '... i, o i -> ... o', {}, { ...store, bias: this.bias })
  }
}
