/**
 * A contraction: for every element of the output, the sum over the labels it lacks of the product of the operands. It is only labels with
 * lengths, and for each tensor a stride by label; a label that stands twice in an operand (its diagonal) has the sum of both strides, and
 * one that an operand lacks has stride 0, since the operand repeats along it.
 */
import type { Data } from '../layout/tensor.ts'
import { current } from '../wasm/resident.ts'
import type { BoundEpilogue } from './epilogue.ts'
import type { IsWeight } from './weighted.ts'

/** A tensor whose axes are the contraction's labels. */
export interface Operand<D extends Data = Data> {
  /** Of a weight, nothing: see `dataOf`. */
  readonly data: D
  readonly offset: number
  /** By label; 0 where the operand is the same all along the label. */
  readonly stride: readonly number[]
  readonly weight?: IsWeight | undefined
}

/** The elements of an operand, good until a tensor is made in linear memory. */
export function dataOf({ data, weight }: Operand): Data {
  return weight ? weight.read() : current(data)
}

export interface Contraction {
  /** By label. */
  readonly lengths: readonly number[]
  readonly operands: readonly Operand[]
  /** A label is summed where its stride is 0 here. The output shares no element with an operand. */
  readonly output: Operand
  readonly epilogue: BoundEpilogue
}

/** Whether the operand changes along a label. */
export function varies(operand: Operand, label: number): boolean {
  return operand.stride[label] !== 0
}
