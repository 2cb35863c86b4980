/**
 * MLPs in which one linear map opens and closes the other (Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202),
 * in the three forms that timm's checkpoints have them: `GluMlp` and `SwiGLUPacked` hold both maps in one weight, `SwiGLU`
 * has a weight for each.
 */

import { activate } from '../steps/map.ts'
import { slice } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'
import { multiply } from '../steps/zip.ts'
import { expectOption, expectWhole } from './check.ts'
import { Linear } from './linear.ts'
import { firstOf, Mlp, MlpBase, type MlpOptions, mlpOptions } from './mlp.ts'
import { kind, type OptionsOf, or, readOptions } from './options.ts'

/** Which MLP a block has, by timm's class names. */
export type MlpLayer = (typeof mlpLayers)[number]

export const mlpLayers = ['Mlp', 'GluMlp', 'SwiGLUPacked', 'SwiGLU'] as const

const swigluOptions = { ...mlpOptions, activation: or(kind.activation, 'silu') }
const gatedOptions = {
  ...swigluOptions,
  /** Whether the second half of `fc1` is the gate, as in `GluMlp`; else the first is, as in `SwiGLUPacked`; false if not given. */
  gateLast: or(kind.flag, false),
}

export interface GatedMlpOptions extends OptionsOf<typeof gatedOptions> {}

/**
 * `fc2(activation(gate) · value)` over the last axis, gate and value being the halves of `fc1(x)`: [..., dim] →
 * [..., outFeatures]. The activation is that of the gate, `'silu'` if not given.
 *
 * @param dim length of the input's last axis; `hiddenFeatures` counts both halves
 * @throws {EinopsError} when `hiddenFeatures` is odd, or the input's last axis is not `dim` long
 *
 * @example
 * const mlp = new GatedMlp(8, { hiddenFeatures: 32 })
 * mlp.fc2.weight.shape // → [8, 16]
 * mlp.forward(ndarray(new Float32Array(2 * 5 * 8), [2, 5, 8])).shape // → [2, 5, 8]
 */
export class GatedMlp extends MlpBase {
  declare readonly fc1: Linear
  declare readonly gateLast: boolean

  constructor(dim: number, options: GatedMlpOptions = {}) {
    const { gateLast, ...read } = readOptions(new.target.name, options, gatedOptions)
    const { hiddenFeatures = dim, outFeatures = dim } = read
    expectWhole(new.target.name, { dim })
    const isEven = hiddenFeatures % 2 === 0
    expectOption(new.target.name, isEven, `hiddenFeatures is not even — got ${hiddenFeatures}`)
    super({ fc1: new Linear(dim, hiddenFeatures, firstOf(read)) }, [hiddenFeatures / 2, outFeatures], read)
    this.gateLast = gateLast
  }

  protected override hidden(x: Value): Value {
    const both = this.fc1.compute(x)
    const half = this.fc2.inFeatures
    const [first, second] = [slice(both, -1, 0, half), slice(both, -1, half, 2 * half)]
    const [gate, value] = this.gateLast ? [second, first] : [first, second]
    return multiply(activate(gate, this.activation), value)
  }
}

/**
 * `fc2(activation(fc1_g(x)) · fc1_x(x))` over the last axis: [..., dim] → [..., outFeatures].
 *
 * @param dim length of the input's last axis
 * @throws {EinopsError} when the input's last axis is not `dim` long
 *
 * @example
 * const mlp = new SwiGLU(8, { hiddenFeatures: 16 })
 * Object.keys(mlp.stateDict())[0] // → 'fc1_g.weight'
 * mlp.forward(ndarray(new Float32Array(2 * 5 * 8), [2, 5, 8])).shape // → [2, 5, 8]
 */
export class SwiGLU extends MlpBase {
  declare readonly fc1G: Linear
  declare readonly fc1X: Linear

  constructor(dim: number, options: MlpOptions = {}) {
    const read = readOptions(new.target.name, options, swigluOptions)
    const { hiddenFeatures = dim, outFeatures = dim } = read
    const map = () => new Linear(dim, hiddenFeatures, firstOf(read))
    super({ fc1G: map(), fc1X: map() }, [hiddenFeatures, outFeatures], read)
  }

  protected override hidden(x: Value): Value {
    const gate = this.fc1G.compute(x, { activation: this.activation })
    return multiply(gate, this.fc1X.compute(x))
  }
}

/** What a block has as its MLP: [..., dim] → [..., dim]. */
export type AnyMlp = Mlp | GatedMlp | SwiGLU

/** A new MLP by its name. The activation is timm's of a block, GELU, unless another is given. */
export function makeMlp(layer: MlpLayer, dim: number, { activation = 'gelu', ...rest }: MlpOptions): AnyMlp {
  const options = { ...rest, activation }
  if (layer === 'Mlp') return new Mlp(dim, options)
  if (layer === 'SwiGLU') return new SwiGLU(dim, options)
  return new GatedMlp(dim, { ...options, gateLast: layer === 'GluMlp' })
}
