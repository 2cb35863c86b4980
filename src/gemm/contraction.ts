/**
 * How a contraction is computed: what only one operand has is summed first, two operands are multiplied by a kernel, more of them pair by
 * pair.
 */
import { copyApart } from '../copy/copy.ts'
import { allocate } from '../layout/data.ts'
import { isFloat32 } from '../layout/realms.ts'
import type { Tensor } from '../layout/tensor.ts'
import { BoundPair } from './bound-pair.ts'
import { noEpilogue } from './epilogue.ts'
import { type Contraction, dataOf, type Operand, varies } from './operand.ts'
import { contractionTree, type Tree } from './order.ts'
import { contractByDefinition } from './reference.ts'
import { simplify } from './simplify.ts'

/** Computes the contraction into its output. */
export function contract(contraction: Contraction): void {
  const simple = simplify(contraction)
  const { lengths, operands, output } = simple
  if (lengths.some((length, label) => length === 0 && varies(output, label))) return
  const empty = lengths.includes(0)
  if (operands.length === 1 && isCopy(simple))
    copyApart(tensorOf(operands[0]!, lengths), tensorOf(output, lengths))
  else if (operands.length > 2 && !empty) contractTree(simple)
  else if (empty || !operands.every(holdsNumbers)) contractByDefinition(simple)
  else if (operands.length === 2) contractPair(simple)
  else multiplyPair({ ...simple, operands: [operands[0]!, one(lengths)] })
}

/** Whether every element of the output is an element of the operand as it is, −0 and all. */
function isCopy({ lengths, output, epilogue }: Contraction): boolean {
  const { scale, bias, activation, residual } = epilogue
  const stays = scale === 1 && !bias && !activation && !residual
  return stays && lengths.every((length, label) => length === 1 || varies(output, label))
}

function tensorOf(operand: Operand, shape: readonly number[]): Tensor {
  return { ...operand, shape, data: dataOf(operand) }
}

/** A product of two operands whose strides come only once. */
function multiplyPair(contraction: Contraction): void {
  new BoundPair(contraction).multiply(contraction)
}

/**
 * The contraction with all that its strides decide decided, for any tensors that stand in memory alike; null where it is not one product
 * of two. All tensors are of single precision: the caller has looked.
 */
export function bindPair(contraction: Contraction): BoundPair | null {
  const simple = simplify(contraction)
  const { lengths, operands } = simple
  if (operands.length !== 2 || lengths.includes(0)) return null
  return ownLabels(simple).some((own) => own.includes(true)) ? null : new BoundPair(simple)
}

/** The operand that changes nothing. */
function one(lengths: readonly number[]): Operand {
  return { data: Float64Array.of(1), offset: 0, stride: lengths.map(() => 0) }
}

/** Three operands and more, pair by pair. */
function contractTree(contraction: Contraction): void {
  const { lengths, operands, output } = contraction
  const tree = contractionTree(lengths, operands, output) as readonly [Tree, Tree]
  const pair = tree.map((part) => evaluate(part, contraction))
  const left = lengths.map((_, label) => [output, ...pair].some((tensor) => varies(tensor, label)))
  contract({ ...contraction, lengths: restrict(lengths, left), operands: pair })
}

/** Two operands: what only one of them has is summed first, which leaves less to multiply. */
function contractPair(contraction: Contraction): void {
  const { lengths, operands } = contraction
  const own = ownLabels(contraction)
  if (!own.some((labels) => labels.includes(true))) {
    multiplyPair(contraction)
    return
  }
  const left = lengths.map((n, label) => (own[0]![label] || own[1]![label] ? 1 : n))
  const summed = operands.map((operand, i) => sumOver(lengths, operand, own[i]!))
  contract({ ...contraction, lengths: left, operands: summed })
}

/** For each of two operands the labels that are summed and that only this one varies along. */
function ownLabels({ lengths, operands, output }: Contraction): boolean[][] {
  const [a, b] = operands as [Operand, Operand]
  const of = (operand: Operand, other: Operand) =>
    lengths.map((_, label) => varies(operand, label) && !varies(output, label) && !varies(other, label))
  return [of(a, b), of(b, a)]
}

/** The operand summed over some labels: the operand itself where it does not vary along any of them. */
function sumOver(lengths: readonly number[], operand: Operand, summed: readonly boolean[]): Operand {
  const labels = lengths.map((_, label) => varies(operand, label))
  if (!labels.some((present, label) => present && summed[label])) return operand
  const kept = labels.map((present, label) => present && !summed[label])
  const sum = intermediate(lengths, [operand], kept)
  contract({ lengths: restrict(lengths, labels), operands: [operand], output: sum, epilogue: noEpilogue })
  return sum
}

/** The product of a tree's operands, over the labels that something outside the tree needs. */
function evaluate(tree: Tree, contraction: Contraction): Operand {
  const { lengths, operands, output } = contraction
  if (typeof tree === 'number') return operands[tree]!
  const inside = leaves(tree)
  const outside = [output, ...operands.filter((_, index) => !inside.includes(index))]
  const pair = tree.map((part) => evaluate(part, contraction))
  const labels = lengths.map((_, label) => pair.some((operand) => varies(operand, label)))
  const kept = labels.map((present, label) => present && outside.some((operand) => varies(operand, label)))
  const product = intermediate(lengths, pair, kept)
  contract({ lengths: restrict(lengths, labels), operands: pair, output: product, epilogue: noEpilogue })
  return product
}

function leaves(tree: Tree): number[] {
  return typeof tree === 'number' ? [tree] : tree.flatMap(leaves)
}

/** Labels that are not wanted get length 1. */
function restrict(lengths: readonly number[], wanted: readonly boolean[]): number[] {
  return lengths.map((length, label) => (wanted[label] ? length : 1))
}

/** A new contiguous operand over the labels that are kept; sums of integers need a double. */
function intermediate(
  lengths: readonly number[],
  from: readonly Operand[],
  kept: readonly boolean[],
): Operand {
  const stride = new Array<number>(lengths.length).fill(0)
  let size = 1
  for (let label = lengths.length - 1; label >= 0; label--) {
    if (!kept[label]) continue
    stride[label] = size
    size *= lengths[label]!
  }
  const single = from.every(({ data }) => isFloat32(data))
  const numbers = from.every(holdsNumbers)
  const data = single
    ? new Float32Array(size)
    : numbers
      ? new Float64Array(size)
      : allocate(from[0]!.data, size)
  return { data, offset: 0, stride }
}

/** Whether elements are read by index and are numbers: not big integers, not containers with `get` and `set`. */
function holdsNumbers({ data, offset }: Operand): boolean {
  return isFloat32(data) || typeof (data as Record<number, unknown>)[offset] === 'number'
}
