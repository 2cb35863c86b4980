/**
 * Tensors whose elements are a weight's: a layout over them, and no array. The elements are asked for when somebody needs them, in the form
 * that he needs (`Weight`), so that views of a parameter can be taken without anybody holding its values.
 */
import type { Layout } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import type { Heap } from '../wasm/heap.ts'
import { residentFloats } from '../wasm/resident.ts'
import type { Weight } from './weight.ts'

/** By what a weight is told, so that who only asks does not carry the kernels that weights are packed for. */
export abstract class IsWeight {}

export interface Weighted extends Layout {
  readonly weight: Weight
}

/** A tensor, or a layout over the elements of a weight. */
export type Stored = Tensor | Weighted

export function isWeighted(value: object): value is Weighted {
  return 'weight' in value && value.weight instanceof IsWeight
}

/** Where linear memory has the elements of a small weight; null of what has no place there. */
export function inPlace(
  heap: Heap,
  { weight, offset }: { readonly weight?: Weight | undefined; readonly offset: number },
): { readonly data: Float32Array; readonly offset: number } | null {
  const start = weight?.inHeap(heap) ?? null
  return start === null ? null : { data: residentFloats(), offset: start / 4 + offset }
}

/** The tensor itself, or the elements of a weight, which are only to be read and not to be kept. */
export function tensorOf(value: Stored): Tensor {
  if (!isWeighted(value)) return value
  const { shape, stride, offset } = value
  return { data: value.weight.read(), shape, stride, offset }
}

/** Another layout over the same elements. */
export function laidOut(value: Stored, { shape, stride, offset }: Layout): Stored {
  return isWeighted(value)
    ? { weight: value.weight, shape, stride, offset }
    : { data: value.data, shape, stride, offset }
}
