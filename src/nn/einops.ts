/** The language's operations as layers, for `Sequential`. */

import { parseTransform } from '../../grammar/index.ts'
import type { Checked, LengthsOf, NoLengths } from '../../grammar/types/index.ts'
import { checkBeforehand } from '../layout/bind.ts'
import type { Lengths } from '../layout/lengths.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { checkReduction, type Reduction, reduceTensor } from '../ops/reduce.ts'
import type { Value } from '../steps/value.ts'
import { Module } from './module.ts'

/**
 * `rearrange` as a layer.
 *
 * @throws {EinopsError} at once when the pattern is wrong, a length is none of it or one is missing, later when the input does not fit
 *
 * @example
 * const patches = new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
 * const y = patches.forward(ndarray(new Float32Array(3 * 224 * 224), [1, 3, 224, 224]))
 * y.shape // → [1, 196, 768]
 */
export class Rearrange<P extends string = string, const L extends object = NoLengths> extends Module {
  readonly pattern: string
  readonly lengths: Lengths

  constructor(pattern: Checked<'rearrange', P, L>, lengths?: LengthsOf<'rearrange', P, L>)
  constructor(pattern: string, lengths: Lengths = {}) {
    super()
    checkBeforehand(parseTransform(pattern, 'rearrange'), lengths)
    this.pattern = pattern
    this.lengths = lengths
  }

  override compute(x: Value): Value {
    return rearrangeTensor(x, this.pattern, this.lengths)
  }
}

/**
 * `reduce` as a layer.
 *
 * The result is float32 whatever the reduction gives, as in every layer: 1 and 0 for `'any'` and `'all'`.
 *
 * @throws {EinopsError} at once when the pattern is wrong, a length is none of it or missing, or there is no such reduction, later
 *   when the input does not fit
 *
 * @example
 * const pool = new Reduce('b n d -> b d', 'mean')
 * pool.forward(ndarray(new Float32Array(24), [2, 3, 4])).shape // → [2, 4]
 */
export class Reduce<P extends string = string, const L extends object = NoLengths> extends Module {
  readonly pattern: string
  readonly reduction: Reduction<Float32Array>
  readonly lengths: Lengths

  constructor(
    pattern: Checked<'reduce', P, L>,
    reduction: Reduction<Float32Array>,
    lengths?: LengthsOf<'reduce', P, L>,
  )
  constructor(pattern: string, reduction: Reduction<Float32Array>, lengths: Lengths = {}) {
    super()
    const parsed = parseTransform(pattern, 'reduce')
    checkReduction(reduction, parsed)
    checkBeforehand(parsed, lengths)
    this.pattern = pattern
    this.reduction = reduction
    this.lengths = lengths
  }

  override compute(x: Value): Value {
    return reduceTensor(x, this.pattern, this.reduction, this.lengths, { dtype: 'float32' })
  }
}
