/**
 * The product of two operands, its labels sorted into four groups: batch (in both and in the output), rows (only the first has
 * them), columns (only the second), depth (summed). With the groups walked as single axes it is a matrix product for each batch
 * index.
 */

import type { Contraction, Operand } from './operand.ts'
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
  /** Whether each sum is long, and runs through elements that stand side by side in both operands: thin products take several sums of it. */
  readonly isDots: boolean
}

/** Shorter sums are taken term by term. */
const leastDots = 8

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
  const last = groups.depth.at(-1)
  const isDots =
    last !== undefined && lengths[last]! >= leastDots && a.stride[last] === 1 && b.stride[last] === 1
  return { ...contraction, a, b, groups, walks, isDots }
}
