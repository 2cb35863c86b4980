/**
 * The product of two operands, its labels sorted into four groups: batch (in both and in the output), rows (only the first has
 * them), columns (only the second), depth (summed). With the groups walked as single axes it is a matrix product for each batch
 * index; thin ones are computed without packing.
 */

import { getHeap, isResident } from '../wasm/heap.ts'
import { multiplyBatch } from './batch.ts'
import { multiplyDirectly } from './direct.ts'
import type { Contraction, Operand } from './operand.ts'
import { plainKernel } from './plain-kernel.ts'
import { multiplyInHeap } from './staging.ts'

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
}

// below this many multiplications packing, or bringing tensors to linear memory, costs more than it saves
const smallInHeap = 1024
const smallOutside = 16_384

/** Multiplies two operands of numbers into the output. */
export function multiplyPair(contraction: Contraction): void {
  const product = asProduct(contraction)
  const { lengths, epilogue } = contraction
  const size = (labels: readonly number[]) => labels.reduce((n, label) => n * lengths[label]!, 1)
  const { rows, columns, depth } = product.groups
  const [m, n, k] = [size(rows), size(columns), size(depth)]
  const tensors = [...contraction.operands, contraction.output, epilogue.bias, epilogue.residual]
  const single = tensors.every((tensor) => tensor === null || tensor.data instanceof Float32Array)
  const heap = single ? getHeap() : null
  const isWeight = product.b.weight !== undefined
  const inHeap = isWeight || tensors.some((tensor) => tensor !== null && isResident(tensor.data))
  const small = m * n * k < (inHeap ? smallInHeap : smallOutside)
  const thin = small || k < 4 || n < 4 || (m < 4 && !isWeight)
  if (thin || tensors.some((tensor) => tensor && reach(lengths, tensor) >= 2 ** 31)) multiplyDirectly(product)
  else if (heap) multiplyInHeap(heap, product)
  else multiplyBatch(plainKernel, product)
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
  return { ...contraction, a, b, groups }
}

/** How far an operand's elements stand apart at most: more does not fit a table of 32-bit offsets. */
function reach(lengths: readonly number[], { stride }: Operand): number {
  return stride.reduce((sum, step, label) => sum + Math.abs(step) * Math.max(0, lengths[label]! - 1), 0)
}
