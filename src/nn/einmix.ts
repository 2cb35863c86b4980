/**
 * einops' EinMix: a linear map along any axes, named in a pattern. It is an einsum of the input and a weight, plus a
 * bias: `Linear` is `EinMix('… i -> … o', { weightShape: 'o i', biasShape: 'o' })`. The initialisation is that of
 * einops (`layers/_einmix.py`), whose rules are in einmix-pattern.ts.
 */

import type { Lengths } from '../layout/lengths.ts'
import { show } from '../layout/show.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import type { Value } from '../steps/value.ts'
import { expectOption } from './check.ts'
import { readMix, textOf } from './einmix-pattern.ts'
import { newParameter, uniform } from './init.ts'
import { Module } from './module.ts'
import { type Kind, kind, needed, type OptionsOf, or, orNull, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'

const text: Kind<string> = {
  expected: "names of axes, as in 'h c'",
  has: (value) => typeof value === 'string',
}

const lengths: Kind<Lengths> = {
  expected: 'an object of whole numbers by name',
  has: (value) => typeof value === 'object' && value !== null,
}

const einMixOptions = {
  /** The axes of the weight: those the map sums over, makes, or has weights of their own for. */
  weightShape: needed(text),
  /** The axes of the output for which there are biases of their own; no bias if not given. */
  biasShape: or(orNull(text), null),
  /** The lengths of the weight's and the bias' axes, and of others that the input does not determine. */
  lengths,
  seed: kind.seed,
}

export interface EinMixOptions extends OptionsOf<typeof einMixOptions> {}

/**
 * A linear map of the axes that the pattern drops to those that it makes.
 *
 * @param pattern `input -> output`; groups and `...` as in `rearrange`
 * @throws {EinopsError} when patterns and lengths do not fit together, or the input does not fit the pattern
 *
 * @example
 * const mix = new EinMix('b t (h c) -> b (t o)', { weightShape: 'h c o', biasShape: 'o', lengths: { h: 2, c: 3, o: 5 } })
 * mix.weight.shape // → [2, 3, 5]
 * mix.forward(ndarray(new Float32Array(4 * 7 * 6), [4, 7, 6])).shape // → [4, 35]
 */
export class EinMix extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly lengths: Lengths
  readonly #product: string
  readonly #regroup: string

  constructor(pattern: string, options: EinMixOptions) {
    super()
    const isText = typeof pattern === 'string'
    expectOption(this, isText, `pattern is no text — got ${show(pattern)}, expected one like 'b i -> b o'`)
    const { weightShape, biasShape, seed, ...read } = readOptions(this, options, einMixOptions)
    const lengths = given(read.lengths)
    const mix = readMix(pattern, { weightShape, biasShape, lengths })
    const { left, weight, right, biasAxes } = mix
    const lengthOf = (name: string) => lengths[name]!
    const summed = weight.filter((name) => !right.names.has(name))
    const fanIn = summed.reduce((product, name) => product * lengthOf(name), 1)
    const draw = (variance: number) => uniform({ low: -Math.sqrt(variance), high: Math.sqrt(variance) })
    this.lengths = lengths
    this.weight = newParameter(weight.map(lengthOf), draw(3 / fanIn), { seed })
    const biasLengths = right.axes.flatMap((axis) =>
      axis.kind === 'axis' ? [biasAxes.has(axis.name) ? lengthOf(axis.name) : 1] : [],
    )
    this.bias = biasShape === null ? null : newParameter(biasLengths, draw(1 / fanIn), { seed })
    // the product gives the output's axes one by one, where a bias broadcasts; joining them into groups moves nothing
    const flat = right.axes.flatMap((axis) => (axis.kind === 'number' ? [] : [textOf(axis)])).join(' ')
    this.#product = `${left.text}, ${weightShape} -> ${flat}`
    this.#regroup = `${flat} -> ${right.text}`
  }

  override compute(x: Value): Value {
    const product = einsumTensor([x, this.weight], this.#product, this.lengths, { bias: this.bias })
    return rearrangeTensor(product, this.#regroup)
  }
}

/** The lengths that are not undefined. */
function given(lengths: Lengths = {}): Readonly<Record<string, number>> {
  const entries = Object.entries(lengths).filter(([, length]) => length !== undefined)
  return Object.fromEntries(entries) as Record<string, number>
}
