/**
 * The product of two operands, its labels sorted into four groups: batch (in both and in the output), rows (only the first has
 * them), columns (only the second), depth (summed). With the groups walked as single axes it is a matrix product for each batch
 * index; thin ones are computed without packing.
 */

import { getHeap, isResident } from '../wasm/heap.ts'
import { multiplyBatch } from './batch.ts'
import { multiplyDirectly } from './direct.ts'
import { lengthOf } from './matrix.ts'
import type { Contraction, Operand } from './operand.ts'
import { plainKernel } from './plain-kernel.ts'
import { multiplyInHeap } from './staging.ts'
import { type Walks, walksOf } from './walks.ts'

/** Labels of a pair by what they do in the product, each group's slowest label first. */
export interface Groups {
  readonly batch: readonly number[]
  readonly rows: readonly number[]
  readonly columns: readonly number[]
  readonly depth: readonly number[]
}

/** A contraction of two operands, given as a product of matrices. */
export interface Product extends Contraction {
  readonly a: Operand
  readonly b: Operand
  readonly groups: Groups
  readonly walks: Walks
}

// below this many multiplications packing, or bringing tensors to linear memory, costs more than it saves
const smallInHeap = 1024
const smallOutside = 16_384

/** Multiplies two operands of numbers into the output. */
export function multiplyPair(contraction: Contraction): void {
  new BoundPair(contraction).multiply(contraction)
}

/** Where a tensor begins, its strides being known. */
export type Located = Pick<Operand, 'data' | 'offset' | 'weight'>

/** Of a contraction what is known without its strides. */
export interface LocatedTensors {
  readonly operands: readonly Located[]
  readonly output: Located
  readonly epilogue: { readonly bias: Located | null; readonly residual: Located | null }
}

/** A product as its strides decide it: found once, multiplied for any tensors that stand in memory alike. */
export class BoundPair {
  readonly #product: Product
  readonly #swapped: boolean
  readonly #isThin: boolean
  readonly #isFar: boolean
  readonly #multiplications: number

  /** @param contraction - of two operands, without needless labels */
  constructor(contraction: Contraction) {
    const product = asProduct(contraction)
    const { lengths, epilogue, walks, b } = product
    const [m, k, n] = [walks.a.rows, walks.a.columns, walks.b.columns].map(lengthOf) as [
      number,
      number,
      number,
    ]
    const tensors = [...contraction.operands, contraction.output, epilogue.bias, epilogue.residual]
    this.#swapped = product.a === contraction.operands[1]
    this.#isThin = k < 4 || n < 4 || (m < 4 && b.weight === undefined)
    this.#isFar = tensors.some((tensor) => tensor && reach(lengths, tensor) >= 2 ** 31)
    this.#multiplications = m * n * k
    this.#product = located(product, {
      a: nowhere,
      b: nowhere,
      output: nowhere,
      bias: nowhere,
      residual: nowhere,
    })
  }

  multiply({ operands, output, epilogue: { bias, residual } }: LocatedTensors): void {
    const [first, second] = operands as [Located, Located]
    const [a, b] = this.#swapped ? [second, first] : [first, second]
    const product = located(this.#product, { a, b, output, bias, residual })
    const tensors = [a, b, output, bias, residual]
    const single = tensors.every((tensor) => tensor === null || tensor.data instanceof Float32Array)
    const heap = single ? getHeap() : null
    const inHeap =
      b.weight !== undefined || tensors.some((tensor) => tensor !== null && isResident(tensor.data))
    const small = this.#multiplications < (inHeap ? smallInHeap : smallOutside)
    if (small || this.#isThin || this.#isFar) multiplyDirectly(product)
    else if (heap) multiplyInHeap(heap, product)
    else multiplyBatch(plainKernel, product)
  }
}

const nowhere: Located = Object.freeze({ data: new Float32Array(0), offset: 0 })

/** The product of other tensors with the same strides. */
function located(
  product: Product,
  {
    a,
    b,
    output,
    bias,
    residual,
  }: {
    readonly a: Located
    readonly b: Located
    readonly output: Located
    readonly bias: Located | null
    readonly residual: Located | null
  },
): Product {
  const { lengths, groups, walks, epilogue } = product
  const [left, right] = [leftt(product.a, a), leftt(product.b, b)]
  return {
    lengths,
    groups,
    walks,
    operands: [left, right],
    a: left,
    b: right,
    output: leftt(product.output, output),
    epilogue: {
      scale: epilogue.scale,
      activation: epilogue.activation,
      bias: epilogue.bias && bias && leftt(epilogue.bias, bias),
      residual: epilogue.residual && residual && leftt(epilogue.residual, residual),
    },
  }
}

function leftt({ stride }: Operand, { data, offset, weight }: Located): Operand {
  return { data, offset, stride, weight }
}

/**
 * Sorts labels into groups. The columns' fastest label is the output's, since a kernel stores runs of columns, unless one operand is a
 * weight, which was packed as columns. The depth follows the first operand's strides: the order of a sum is free, and the longer the runs
 * that packing reads the better.
 */
export function asProduct(contraction: Contraction): Product {
  const { lengths, operands, output } = contraction
  const labels = lengths.map((_, label) => label)
  const step = (tensor: Operand, label: number) => Math.abs(tensor.stride[label]!)
  const slowestFirst = (tensors: readonly Operand[], group: number[]) =>
    group.sort((x, y) => {
      const decisive = tensors.find((tensor) => step(tensor, x) !== step(tensor, y))
      return decisive ? step(decisive, y) - step(decisive, x) : 0
    })
  const kept = slowestFirst(
    [output],
    labels.filter((label) => step(output, label) !== 0),
  )
  const [first, second] = operands as [Operand, Operand]
  const fastestOfOne = kept.findLast((label) => (step(first, label) === 0) !== (step(second, label) === 0))
  const byOutput = fastestOfOne !== undefined && step(second, fastestOfOne) === 0
  const weights = Number(first.weight !== undefined) - Number(second.weight !== undefined)
  const swapped = weights === 0 ? byOutput : weights > 0
  const [a, b] = swapped ? [second, first] : [first, second]
  const inBoth = (label: number) => step(a, label) !== 0 && step(b, label) !== 0
  const groups = {
    batch: kept.filter(inBoth),
    rows: kept.filter((label) => !inBoth(label) && step(b, label) === 0),
    columns: kept.filter((label) => step(a, label) === 0 && step(b, label) !== 0),
    depth: slowestFirst(
      [a, b],
      labels.filter((label) => step(output, label) === 0),
    ),
  }
  const walks = walksOf({ lengths, groups, a, b, output, epilogue: contraction.epilogue })
  return { ...contraction, a, b, groups, walks }
}

/** How far an operand's elements stand apart at most: more does not fit a table of 32-bit offsets. */
function reach(lengths: readonly number[], { stride }: Operand): number {
  return stride.reduce((sum, step, label) => sum + Math.abs(step) * Math.max(0, lengths[label]! - 1), 0)
}
