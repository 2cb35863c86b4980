/**
 * How a contraction is computed, found from its strides once and done for any tensors that stand in memory alike: what only one operand has is summed first, two
 * operands are multiplied by a kernel, more of them pair by pair.
 */

import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { allocate, dtypeOf } from '../layout/data.ts'
import { isFloat32 } from '../layout/realms.ts'
import type { Data } from '../layout/tensor.ts'
import { isRunning, resultTensor } from '../wasm/result.ts'
import { BoundBig } from './bound-big.ts'
import { BoundPair, type Located, type LocatedTensors } from './bound-pair.ts'
import { BoundSum } from './bound-sum.ts'
import { noEpilogue } from './epilogue.ts'
import { type Contraction, type Operand, varies } from './operand.ts'
import { contractionTree, type Tree } from './order.ts'
import { contractByDefinition } from './reference.ts'
import { simplify } from './simplify.ts'

/** A contraction of which only the tensors' elements are not known. */
export interface BoundContraction {
  multiply(tensors: LocatedTensors): void
}

/** Computes the contraction into its output. */
export function contract(contraction: Contraction): void {
  bindContraction(contraction).multiply(contraction)
}

/** The contraction for any tensors of the same dtypes and strides. */
export function bindContraction(contraction: Contraction): BoundContraction {
  const simple = simplify(contraction)
  const { lengths, operands, output } = simple
  if (lengths.some((length, label) => length === 0 && varies(output, label))) return nothing
  const empty = lengths.includes(0)
  if (operands.length > 2 && !empty) return bindTree(simple)
  if (!empty && operands.length === 1 && BoundSum.suits(simple)) return new BoundSum(simple)
  if (!empty && BoundBig.suits(simple)) return new BoundBig(simple, bindContraction, byDefinition(simple))
  if (empty || !operands.every(holdsNumbers)) return byDefinition(simple)
  if (operands.length === 2) return bindPair(simple)
  return bindAlone(simple)
}

const nothing: BoundContraction = { multiply() {} }

function byDefinition({ lengths, operands, output, epilogue }: Contraction): BoundContraction {
  // strides alone: what is bound may be kept for long
  const strides = operands.map(({ stride }) => stride)
  const [to, biases, residuals] = [output.stride, epilogue.bias?.stride, epilogue.residual?.stride]
  const { scale, activation } = epilogue
  return {
    multiply({ operands, output, epilogue: { bias, residual } }) {
      contractByDefinition({
        lengths,
        operands: operands.map((operand, i) => ({ ...operand, stride: strides[i]! })),
        output: { ...output, stride: to },
        epilogue: {
          ...{ scale, activation },
          bias: bias && { ...bias, stride: biases! },
          residual: residual && { ...residual, stride: residuals! },
        },
      })
    },
  }
}

/** One operand, as a product with an operand that changes nothing. */
function bindAlone(contraction: Contraction): BoundContraction {
  const { lengths, operands } = contraction
  const one: Operand = { data: Float64Array.of(1), offset: 0, stride: lengths.map(() => 0) }
  const pair = new BoundPair({ ...contraction, operands: [operands[0]!, one] })
  return { multiply: (tensors) => pair.multiply({ ...tensors, operands: [tensors.operands[0]!, one] }) }
}

/** Two operands: what only one of them has is summed first, which leaves less to multiply. */
function bindPair(contraction: Contraction): BoundContraction {
  const { lengths, operands } = contraction
  const own = ownLabels(contraction)
  if (!own.some((labels) => labels.includes(true))) return new BoundPair(contraction)
  const chain = new Chain(operands.length)
  const summed = operands.map((operand, i) => chain.sum(lengths, { tensor: operand, slot: i }, own[i]!))
  const left = lengths.map((n, label) => (own[0]![label] || own[1]![label] ? 1 : n))
  chain.last({ ...contraction, lengths: left }, summed)
  return chain
}

/** For each of two operands the labels that are summed and that only this one varies along. */
function ownLabels({ lengths, operands, output }: Contraction): boolean[][] {
  const [a, b] = operands as [Operand, Operand]
  const of = (operand: Operand, other: Operand) =>
    lengths.map((_, label) => varies(operand, label) && !varies(output, label) && !varies(other, label))
  return [of(a, b), of(b, a)]
}

/** Three operands and more, pair by pair. */
function bindTree(contraction: Contraction): BoundContraction {
  const { lengths, operands, output } = contraction
  const chain = new Chain(operands.length)
  const evaluate = (tree: Tree): Term => {
    if (typeof tree === 'number') return { tensor: operands[tree]!, slot: tree }
    const inside = leaves(tree)
    const outside = [output, ...operands.filter((_, index) => !inside.includes(index))]
    return chain.product(lengths, tree.map(evaluate), outside)
  }
  const tree = contractionTree(lengths, operands, output) as readonly [Tree, Tree]
  const pair = tree.map(evaluate)
  const left = lengths.map((_, label) =>
    [output, ...pair.map(({ tensor }) => tensor)].some((tensor) => varies(tensor, label)),
  )
  chain.last({ ...contraction, lengths: restrict(lengths, left) }, pair)
  return chain
}

function leaves(tree: Tree): number[] {
  return typeof tree === 'number' ? [tree] : tree.flatMap(leaves)
}

/** A tensor on the way to the result: how it stands, and its place among operands and intermediate results. */
interface Term {
  readonly tensor: Operand
  readonly slot: number
}

/** A contraction of some values into a new one. */
interface Link {
  readonly bound: BoundContraction
  readonly from: readonly number[]
  readonly size: number
  readonly like: Data
}

/** Contractions one after the other, the last one into the output. */
class Chain implements BoundContraction {
  readonly #operands: number
  readonly #links: Link[] = []
  #last: Pick<Link, 'bound' | 'from'> = { bound: nothing, from: [] }

  constructor(operands: number) {
    this.#operands = operands
  }

  multiply({ operands, output, epilogue }: LocatedTensors): void {
    const values = [...operands]
    const of = (from: readonly number[]) => from.map((slot) => values[slot]!)
    for (const { bound, from, size, like } of this.#links) {
      const product = newIntermediate(like, size)
      bound.multiply({ operands: of(from), output: product, epilogue: noEpilogue })
      values.push(product)
    }
    this.#last.bound.multiply({ operands: of(this.#last.from), output, epilogue })
  }

  /** The operand summed over some labels: the operand itself where it does not vary along any of them. */
  sum(lengths: readonly number[], operand: Term, summed: readonly boolean[]): Term {
    const labels = lengths.map((_, label) => varies(operand.tensor, label))
    if (!labels.some((present, label) => present && summed[label])) return operand
    return this.#add(
      lengths,
      [operand],
      labels.map((present, label) => present && !summed[label]),
    )
  }

  /** The product of two values over the labels that something outside needs. */
  product(lengths: readonly number[], pair: readonly Term[], outside: readonly Operand[]): Term {
    const kept = lengths.map(
      (_, label) =>
        pair.some(({ tensor }) => varies(tensor, label)) && outside.some((operand) => varies(operand, label)),
    )
    return this.#add(lengths, pair, kept)
  }

  /** What the values come to, with the epilogue. */
  last(contraction: Contraction, from: readonly Term[]): void {
    const bound = bindContraction({ ...contraction, operands: from.map(({ tensor }) => tensor) })
    this.#last = { bound, from: from.map(({ slot }) => slot) }
  }

  /** A new contiguous value over the labels that are kept. */
  #add(lengths: readonly number[], from: readonly Term[], kept: readonly boolean[]): Term {
    const operands = from.map(({ tensor }) => tensor)
    const stride = new Array<number>(lengths.length).fill(0)
    let size = 1
    for (let label = lengths.length - 1; label >= 0; label--) {
      if (!kept[label]) continue
      stride[label] = size
      size *= lengths[label]!
    }
    const like = likeOf(operands)
    const tensor: Operand = { data: like, offset: 0, stride }
    const present = lengths.map((_, label) => operands.some((operand) => varies(operand, label)))
    const bound = bindContraction({
      lengths: restrict(lengths, present),
      operands,
      output: tensor,
      epilogue: noEpilogue,
    })
    this.#links.push({ bound, from: from.map(({ slot }) => slot), size, like })
    return { tensor, slot: this.#operands + this.#links.length - 1 }
  }
}

/** Labels that are not wanted get length 1. */
function restrict(lengths: readonly number[], wanted: readonly boolean[]): number[] {
  return lengths.map((length, label) => (wanted[label] ? length : 1))
}

const single = new Float32Array(1)
const double = new Float64Array(1)

/** A buffer of the kind that an intermediate result has; sums of integers need doubles. */
function likeOf(operands: readonly Operand[]): Data {
  if (operands.every(({ data }) => isFloat32(data))) return single
  return operands.every(holdsNumbers) ? double : allocate(operands[0]!.data, 1)
}

/** Room for an intermediate result: with a model's other tensors while one runs. */
function newIntermediate(like: Data, size: number): Located {
  try {
    if (like === single && isRunning()) return resultTensor([size])
    return { data: allocate(like, size), offset: 0 }
  } catch (error) {
    if ((error as Error).name !== 'RangeError') throw error
    throw new EinopsError({
      operation: 'einsum',
      ...say('shape/no-memory', { got: size, dtype: dtypeOf(like) }),
      hint: 'an intermediate product of some operands is as large as this, in the best order that was found; sum axes that only one operand has, or multiply by hand in several calls',
    })
  }
}

/** Whether elements are read by index and are numbers: not big integers, not containers with `get` and `set`. */
function holdsNumbers({ data, offset }: Operand): boolean {
  return isFloat32(data) || typeof (data as Record<number, unknown>)[offset] === 'number'
}
