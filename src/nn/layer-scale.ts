/** A learned factor for each feature of what a residual path adds. */

import type { Value } from '../steps/value.ts'
import { multiply } from '../steps/zip.ts'
import { expectWhole } from './check.ts'
import { constant, newParameter } from './init.ts'
import { Module } from './module.ts'
import { kind, type OptionsOf, or, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'

const scaleOptions = { initValues: or(kind.number, 1e-5) }

export interface LayerScaleOptions extends OptionsOf<typeof scaleOptions> {}

/**
 * A learned factor for each feature (Touvron et al., arXiv:2103.17239).
 *
 * @example
 * const scale = new LayerScale(2, { initValues: 0.5 })
 * scale.forward(ndarray(new Float32Array([2, 4]), [1, 2])).get(0, 1) // → 2
 */
export class LayerScale extends Module {
  readonly gamma: Parameter

  constructor(dim: number, options: LayerScaleOptions = {}) {
    super()
    const { initValues } = readOptions(this, options, scaleOptions)
    expectWhole(this, { dim }, 0)
    this.gamma = newParameter([dim], constant(initValues))
  }

  override compute(x: Value): Value {
    return multiply(x, this.gamma)
  }
}
