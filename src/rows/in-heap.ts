/**
 * The operations of this room in linear memory, by SIMD in single precision, on values of a running model; what stands elsewhere is brought
 * there. A norm and a softmax give null where their rows are not the last axes.
 */
import { copyApart } from '../copy/copy.ts'
import type { Activation } from '../gemm/activation.ts'
import { forEachOffset } from '../gemm/matrix.ts'
import { inPlace, isWeighted, type Stored, tensorOf } from '../gemm/weighted.ts'
import { broadcastTo, contiguous, isContiguous, merge, sizeOf } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { activationCodes } from '../wasm/activation-codes.ts'
import { type Heap, isResident } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { called } from '../wasm/recording.ts'
import { resultTensor } from '../wasm/result.ts'
import { type DropForm, dropsBelow, keptFactor, secondKey } from './drop.ts'
import type { NormForm } from './norm.ts'
import type { ZipName } from './zip.ts'

export const addressOf = ({ offset }: FloatTensor) => 4 * offset

/** Softmax along the last axis. */
export function softmaxInHeap(heap: Heap, x: Stored, axis: number): FloatTensor | null {
  const rank = x.shape.length
  if (axis !== rank - 1) return null
  const result = resultTensor(x.shape)
  copyApart(tensorOf(x), result)
  const n = x.shape.at(-1) ?? 1
  const rows = n === 0 ? 0 : sizeOf(x.shape) / n
  called(() => heap.rows.softmax(addressOf(result), rows, n))
  return result
}

/** Layer norm, or, not centred, RMS norm, over the last axes. */
export function normaliseInHeap(
  heap: Heap,
  x: Stored,
  { axes, eps, centred }: NormForm,
  { weight, bias }: { readonly weight: Stored | null; readonly bias: Stored | null },
): FloatTensor | null {
  const rank = x.shape.length
  if (!axes.every((axis, i) => axis === rank - axes.length + i)) return null
  const result = resultTensor(x.shape)
  const n = sizeOf(x.shape.slice(rank - axes.length))
  const source = rowsOf(x, rank - axes.length)
  const factors = weight && parameterIn(heap, weight)
  const summands = bias && parameterIn(heap, bias)
  if (n > 0) {
    const rows = sizeOf(x.shape) / n
    const tensors = [addressOf(result), addressOf(source.tensor), factors ?? 0, summands ?? 0] as const
    const form = { step: 4 * source.step, rows, n, eps, centred }
    called(() => heap.rows.normalise(tensors, form))
  }
  return result
}

/** An activation of every element. */
export function activateInHeap(heap: Heap, x: Stored, activation: Activation): FloatTensor {
  const result = resultTensor(x.shape)
  const source = contiguousInHeap(x)
  const size = sizeOf(x.shape)
  called(() => heap.rows.activate(addressOf(result), addressOf(source), size, activationCodes[activation]))
  return result
}

/** Each number 0, or multiplied by what makes up for those. */
export function dropInHeap(heap: Heap, x: Stored, { p, seed }: DropForm): FloatTensor {
  const result = resultTensor(x.shape)
  const source = contiguousInHeap(x)
  const size = sizeOf(x.shape)
  const form = { seed, key: secondKey(seed), below: dropsBelow(p), factor: keptFactor(p) }
  called(() => heap.rows.drop(addressOf(result), addressOf(source), size, form))
  return result
}

/** The sum or the product of two tensors that broadcast to a shape; null of what has no kernel. */
export function combineInHeap(
  heap: Heap,
  a: Stored,
  b: Stored,
  shape: readonly number[],
  kernel: ZipName,
): FloatTensor | null {
  if (kernel !== 'add' && kernel !== 'multiply') return null
  const result = resultTensor(shape)
  const operands = [a, b].map((operand) => withContiguousRows(heap, operand, shape))
  const outer = sharedRun([...operands, result])
  const n = sizeOf(shape.slice(outer))
  const tensors = [result, ...operands]
  forEachOffset(
    shape.slice(0, outer),
    tensors.map(({ stride }) => stride.slice(0, outer)),
    tensors.map(({ offset }) => offset),
    ([to, from, other]) => {
      const [target, left, right] = [4 * to!, 4 * from!, 4 * other!]
      called(() => heap.rows[kernel](target, left, right, n))
    },
  )
  return result
}

/** The tensor itself where its rows, the axes from `axis` on, are contiguous and at equal distances in the heap; else a copy. */
function rowsOf(value: Stored, axis: number): { tensor: FloatTensor; step: number } {
  const x = tensorOf(value)
  const rank = x.shape.length
  const row = { shape: x.shape.slice(axis), stride: x.stride.slice(axis), offset: 0 }
  const rows = merge({ shape: x.shape.slice(0, axis), stride: x.stride.slice(0, axis), offset: 0 }, 0, axis)
  if (isResident(x.data) && isContiguous(row) && rows !== null && rank > 0)
    return { tensor: x as FloatTensor, step: rows.stride[0]! }
  const copy = resultTensor(x.shape)
  copyApart(x, copy)
  return { tensor: copy, step: sizeOf(row.shape) }
}

/** Where the elements of a parameter stand in the heap, one after the other. */
export function parameterIn(heap: Heap, x: Stored): Pointer {
  const place = isWeighted(x) && isContiguous(x) ? inPlace(heap, x) : null
  return place ? 4 * place.offset : addressOf(contiguousInHeap(x))
}

export function contiguousInHeap(x: Stored): FloatTensor {
  return rowsOf(x, 0).tensor
}

/** The tensor, repeated to a shape, where it lives in the heap with a contiguous last axis; else a copy of what it repeats, repeated likewise. */
function withContiguousRows(heap: Heap, value: Stored, shape: readonly number[]): FloatTensor {
  const place = isWeighted(value) ? inPlace(heap, value) : null
  const { data, offset } = place ?? tensorOf(value)
  const x = { data: data as Float32Array, ...broadcastTo(value, shape), offset }
  const last = shape.length - 1
  if (isResident(x.data) && (last < 0 || x.stride[last] === 1 || shape[last] === 1)) return x
  // a row that repeats one element is written out, since rows are what the kernel reads
  const single = shape.map((length, axis) => (x.stride[axis] === 0 && axis < last ? 1 : length))
  const copy = resultTensor(single)
  copyApart({ ...x, shape: single }, copy)
  const { stride } = contiguous(single)
  return {
    ...copy,
    shape,
    stride: stride.map((step, axis) => (single[axis] === shape[axis] ? step : 0)),
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
