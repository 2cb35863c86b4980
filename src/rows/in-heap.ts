/**
 * The operations of this room on tensors in linear memory, by SIMD in single precision. Each gives null where its arguments do not suit:
 * outside of a running model, or where the rows are not the last axis; then the plain form computes.
 */
import { copyApart } from '../copy/copy.ts'
import type { Activation } from '../gemm/activation.ts'
import { forEachOffset } from '../gemm/matrix.ts'
import { isWeighted } from '../gemm/weight.ts'
import { contiguous, isContiguous, merge, sizeOf } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { activationCodes } from '../wasm/activation-codes.ts'
import { getHeap, type Heap, isResident } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { isRunning, resultTensor } from '../wasm/result.ts'
import type { NormOptions } from './norm.ts'

/** A result in the heap, or null outside of a running model. */
function resultInHeap(shape: readonly number[]): { heap: Heap; result: FloatTensor } | null {
  const heap = isRunning() ? getHeap() : null
  return heap && { heap, result: resultTensor(shape) }
}

const addressOf = ({ offset }: FloatTensor) => 4 * offset

/** Softmax along the last axis. */
export function softmaxInHeap(x: FloatTensor): FloatTensor | null {
  const place = resultInHeap(x.shape)
  if (place === null) return null
  const { heap, result } = place
  copyApart(x, result)
  const n = x.shape.at(-1) ?? 1
  heap.rows.softmax(addressOf(result), n === 0 ? 0 : sizeOf(x.shape) / n, n)
  return result
}

/** Layer norm, or, not centred, RMS norm, over the last axes. */
export function normaliseInHeap(
  x: FloatTensor,
  { weight, bias, eps, axes = [-1] }: NormOptions,
  { centred }: { readonly centred: boolean },
): FloatTensor | null {
  const rank = x.shape.length
  const last = axes.every((axis, i) => (axis < 0 ? axis + rank : axis) === rank - axes.length + i)
  const place = last ? resultInHeap(x.shape) : null
  if (place === null) return null
  const { heap, result } = place
  const n = sizeOf(x.shape.slice(rank - axes.length))
  const source = rowsOf(x, rank - axes.length)
  const factors = weight && parameterIn(heap, weight)
  const summands = bias && parameterIn(heap, bias)
  if (n > 0) {
    heap.rows.normalise(
      addressOf(result),
      addressOf(source.tensor),
      4 * source.step,
      sizeOf(x.shape) / n,
      n,
      factors ?? 0,
      summands ?? 0,
      eps,
      centred,
    )
  }
  return result
}

/** The tensor itself where its rows, the axes from `axis` on, are contiguous and at equal distances in the heap; else a copy. */
function rowsOf(x: FloatTensor, axis: number): { tensor: FloatTensor; step: number } {
  const rank = x.shape.length
  const row = { shape: x.shape.slice(axis), stride: x.stride.slice(axis), offset: 0 }
  const rows = merge({ shape: x.shape.slice(0, axis), stride: x.stride.slice(0, axis), offset: 0 }, 0, axis)
  if (isResident(x.data) && isContiguous(row) && rows !== null && rank > 0)
    return { tensor: x, step: rows.stride[0]! }
  const copy = resultTensor(x.shape)
  copyApart(x, copy)
  return { tensor: copy, step: sizeOf(row.shape) }
}

/** Where the elements of a parameter stand in the heap, one after the other. */
function parameterIn(heap: Heap, x: FloatTensor): Pointer {
  return (isWeighted(x) ? x.weight.inHeap(heap) : null) ?? addressOf(contiguousInHeap(x))
}

function contiguousInHeap(x: FloatTensor): FloatTensor {
  return rowsOf(x, 0).tensor
}

/** An activation of every element. */
export function activateInHeap(x: FloatTensor, activation: Activation): FloatTensor | null {
  const place = resultInHeap(x.shape)
  if (place === null) return null
  const { heap, result } = place
  const source = contiguousInHeap(x)
  heap.rows.activate(addressOf(result), addressOf(source), sizeOf(x.shape), activationCodes[activation])
  return result
}

/** The sum or the product of two tensors of one shape, either of which may repeat along any axis. */
export function combineInHeap(
  a: FloatTensor,
  b: FloatTensor,
  kernel: 'add' | 'multiply',
): FloatTensor | null {
  const place = resultInHeap(a.shape)
  if (place === null) return null
  const { heap, result } = place
  const operands = [a, b].map(withContiguousRows) as [FloatTensor, FloatTensor]
  const outer = sharedRun([...operands, result])
  const n = sizeOf(a.shape.slice(outer))
  const tensors = [result, ...operands]
  forEachOffset(
    a.shape.slice(0, outer),
    tensors.map(({ stride }) => stride.slice(0, outer)),
    tensors.map(({ offset }) => offset),
    ([to, from, other]) => heap.rows[kernel](4 * to!, 4 * from!, 4 * other!, n),
  )
  return result
}

/** The tensor itself where it lives in the heap with a contiguous last axis; else a copy of what it repeats, repeated likewise. */
function withContiguousRows(x: FloatTensor): FloatTensor {
  const last = x.shape.length - 1
  if (isResident(x.data) && (last < 0 || x.stride[last] === 1 || x.shape[last] === 1)) return x
  // a row that repeats one element is written out, since rows are what the kernel reads
  const shape = x.shape.map((length, axis) => (x.stride[axis] === 0 && axis < last ? 1 : length))
  const copy = resultTensor(shape)
  copyApart({ ...x, shape }, copy)
  const { stride } = contiguous(shape)
  return {
    ...copy,
    shape: x.shape,
    stride: stride.map((step, axis) => (shape[axis] === x.shape[axis] ? step : 0)),
  }
}

/** The first axis from which on all tensors are contiguous. */
function sharedRun(tensors: readonly FloatTensor[]): number {
  const { shape } = tensors[0]!
  let axis = shape.length
  let step = 1
  while (axis > 0) {
    const length = shape[axis - 1]!
    const expected = step
    if (length !== 1 && tensors.some(({ stride }) => stride[axis - 1] !== expected)) break
    step *= length
    axis--
  }
  return axis
}
