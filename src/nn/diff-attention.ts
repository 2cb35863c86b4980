/**
 * Differential attention (Ye et al., arXiv:2410.05258): each head attends twice, with half of its queries and keys, and
 * what the second finds is taken off, times λ, so that noise cancels. Options and parameters are those of timm's `DiffAttention`.
 */

import { contiguous } from '../layout/layout.ts'
import type { FloatTensor, NdArray } from '../layout/tensor.ts'
import { present } from '../ops/array.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { unpackTensor } from '../ops/unpack.ts'
import { attentionWeights } from '../steps/attend.ts'
import { elementary } from '../steps/map.ts'
import type { Value } from '../steps/value.ts'
import { add, multiply } from '../steps/zip.ts'
import { attendHeads } from './attend-heads.ts'
import { sharedOptions } from './attention.ts'
import { expectLength, expectOption, expectRank, expectWhole } from './check.ts'
import { Dropout } from './dropout.ts'
import { firstOf } from './first-tokens.ts'
import { newParameter, normal } from './init.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'
import { makeNorm, RMSNorm } from './norm.ts'
import { isObserved, tellWeights, type WithWeights, withWeights } from './observe.ts'
import { kind, type OptionsOf, or, readOptions } from './options.ts'
import type { Parameter } from './parameter.ts'
import { Identity } from './sequential.ts'

const diffOptions = {
  ...sharedOptions,
  /** The number of the block, by which λ begins larger; 0 if not given. */
  depth: or(kind.count, 0),
}

export interface DiffAttentionOptions extends OptionsOf<typeof diffOptions> {}

/** λ and its norm: what attention that differs has beside the maps of queries, keys and values. */
export class Difference extends Module {
  readonly lambdaQ1: Parameter
  readonly lambdaK1: Parameter
  readonly lambdaQ2: Parameter
  readonly lambdaK2: Parameter
  readonly subNorm: RMSNorm
  readonly start: number

  constructor(headDim: number, depth: number) {
    super()
    const vector = () => newParameter([headDim / 2], normal({ std: 0.1 }))
    this.lambdaQ1 = vector()
    this.lambdaK1 = vector()
    this.lambdaQ2 = vector()
    this.lambdaK2 = vector()
    this.subNorm = new RMSNorm(headDim, { eps: 1e-5 })
    this.start = 0.8 - 0.6 * Math.exp(-0.3 * depth)
  }

  /** What the first halves of queries and keys find, less λ times what the second ones do: q, k [b, n, (h two d)], v [b, n, (h e)] → [b, n, (h e)]. */
  differ(
    layer: Module,
    [q, k, v]: readonly [Value, Value, Value],
    { h, attnDrop, qNorm, kNorm }: { h: number; attnDrop: Dropout; qNorm: Module; kNorm: Module },
  ): Value {
    const halves = (x: Value, norm: Module) => {
      const heads = norm.compute(rearrangeTensor(x, 'b n (h two d) -> two b h n d', { h, two: 2 }))
      return unpackTensor(heads, [[], []], '* b h n d') as [Value, Value]
    }
    const [q1, q2] = halves(q, qNorm)
    const [k1, k2] = halves(k, kNorm)
    const values = rearrangeTensor(v, 'b n (h e) -> b h n e', { h })
    const lambda = this.lambdaValue()
    const less = (first: Value, second: Value) =>
      add(first, multiply(multiply(second, lambda), constantOf(-1)))
    const first = attendHeads(layer, [q1, k1, values], { attnDrop })
    const second = attendHeads(layer, [q2, k2, values], { attnDrop })
    if (isObserved(layer)) {
      tellWeights(layer, less(attentionWeights(q1, k1, values), attentionWeights(q2, k2, values)))
    }
    const found = this.subNorm.compute(less(first, second))
    return rearrangeTensor(multiply(found, constantOf(1 - this.start)), 'b h n e -> b n (h e)')
  }

  /** How much of the second attention is taken off. */
  get lambda(): number {
    return (present(this.lambdaValue()) as NdArray<Float32Array>).get()
  }

  /** exp(q₁ · k₁) − exp(q₂ · k₂) + start, of shape []. */
  protected lambdaValue(): Value {
    const product = (a: Parameter, b: Parameter) => elementary(einsumTensor([a, b], 'd, d -> '), 'exp')
    const first = product(this.lambdaQ1, this.lambdaK1)
    const second = product(this.lambdaQ2, this.lambdaK2)
    return add(add(first, multiply(second, constantOf(-1))), constantOf(this.start))
  }
}

const constantOf = (value: number): FloatTensor => ({ ...contiguous([]), data: Float32Array.of(value) })

/**
 * Every token looks at all tokens, twice: [b, n, dim] → [b, n, dim]. λ is computed from its four vectors.
 *
 * @param dim width of a token
 * @throws {EinopsError} when twice `numHeads` does not divide `dim`, or the input is not [b, n, dim]
 *
 * @example
 * const attention = new DiffAttention(48, { numHeads: 3 })
 * attention.forward(ndarray(new Float32Array(4 * 48), [1, 4, 48])).shape // → [1, 4, 48]
 */
export class DiffAttention extends Difference {
  static readonly tellsWeights = true
  readonly qkv: Linear
  readonly qNorm: Module
  readonly kNorm: Module
  readonly attnDrop: Dropout
  readonly norm: Module
  readonly proj: Linear
  readonly projDrop: Dropout
  readonly numHeads: number

  constructor(dim: number, options: DiffAttentionOptions = {}) {
    const read = readOptions(new.target.name, options, diffOptions)
    const { numHeads, qkvBias, projBias, normLayer, eps, init, projInit = init, qkNorm } = read
    expectWhole(new.target.name, { dim, numHeads })
    super(dim / numHeads, read.depth)
    expectOption(
      this,
      dim % (2 * numHeads) === 0,
      `twice numHeads does not divide dim — got ${numHeads} heads of dim ${dim}`,
    )
    const normOf = (isThere: boolean, width: number) =>
      isThere ? makeNorm(normLayer, width, { eps }) : new Identity()
    this.numHeads = numHeads
    this.qkv = new Linear(dim, 3 * dim, { bias: qkvBias, init })
    this.qNorm = normOf(qkNorm, dim / numHeads / 2)
    this.kNorm = normOf(qkNorm, dim / numHeads / 2)
    this.attnDrop = new Dropout({ p: read.attnDrop })
    this.norm = normOf(read.scaleNorm, dim)
    this.proj = new Linear(dim, dim, { bias: projBias, init: projInit })
    this.projDrop = new Dropout({ p: read.projDrop })
  }

  /** `asked`: how many of the first tokens anybody wants to know of; all if not given. */
  override compute(x: Value, asked?: number): Value {
    expectRank(this, x, '[b, n, d]')
    expectLength(this, x, 2, this.qkv.inFeatures, 'dim')
    const three = rearrangeTensor(this.qkv.compute(x), 'b n (three d) -> three b n d', { three: 3 })
    const [q, k, v] = unpackTensor(three, [[], [], []], '* b n d') as [Value, Value, Value]
    const { numHeads: h, attnDrop, qNorm, kNorm } = this
    const merged = this.differ(this, [firstOf(q, asked), k, v], { h, attnDrop, qNorm, kNorm })
    return this.projDrop.compute(this.proj.compute(this.norm.compute(merged)))
  }

  /** Runs the layer and also returns the weights [b, head, n, n]: those of the first attention, less λ times those of the second. */
  attend(x: NdArray<Float32Array>): WithWeights {
    return withWeights(this, x)
  }
}
