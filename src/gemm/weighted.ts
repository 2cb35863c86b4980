/**
 * Tensors whose elements are a weight's: a layout over them, and no array. The elements are asked for when somebody needs them, in the form
 * that he needs (`Weight`), so that views of a parameter can be taken without anybody holding its values.
 */
import type { Layout } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import type { Heap } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import type { Walk } from '../wasm/offsets.ts'
import { residentFloats } from '../wasm/resident.ts'
import type { Product } from './pair.ts'

/** By what a weight is told, so that who only asks does not carry the kernels that weights are packed for. */
export abstract class IsWeight {
  abstract readonly size: number
  /** How it is kept: as float32, or in fewer bits. */
  abstract readonly precision: Precision
  /** Counts the changes of the elements. */
  abstract readonly edits: number
  /** Whether somebody outside holds the array. */
  abstract readonly isShared: boolean
  /** The elements in row-major order, only to be read and not to be kept. */
  abstract read(): Float32Array
  /** The elements in row-major order, to read and, of float32, to write at any time from now on. */
  abstract share(): Float32Array
  /** Lets the elements be changed in row-major order, by somebody who does not keep the array. */
  abstract update(change: (values: Float32Array) => void): void
  /** The panels of the weight as a matrix of floats, [depth, columns], or null where they are not kept. */
  abstract panels(heap: Heap, summed: Walk, across: Walk): Pointer | null
  /** The elements as floats in linear memory, or null where they are not kept there. */
  abstract inHeap(heap: Heap): Pointer | null
  /** Computes a product whose right operand it is, where it has a way of its own. */
  abstract multiply(product: Product): boolean
  /** Gives the memory back; the weight is gone, and whoever reads it all the same gets an error. */
  abstract dispose(): void
}

/** How a weight is kept, and multiplied. */
export type Precision = 'float32' | 'int8' | 'int8-fast'

export interface Weighted extends Layout {
  readonly weight: IsWeight
  /** How the elements are kept, where that is known without making them. */
  readonly precision?: Precision
}

/** A tensor, or a layout over the elements of a weight. */
export type Stored = Tensor | Weighted

export function isWeighted(value: object): value is Weighted {
  return 'weight' in value && value.weight instanceof IsWeight
}

/** Where linear memory has the elements of a small weight; null of what has no place there. */
export function inPlace(
  heap: Heap,
  { weight, offset }: { readonly weight?: IsWeight | undefined; readonly offset: number },
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
