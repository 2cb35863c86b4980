/** What an open checkpoint offers, however many files it is in. */
import { sizeOf } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import type { ReadOptions } from './decode.ts'
import { type CheckpointData, elementTypes } from './dtype.ts'
import type { TensorEntry } from './header.ts'
import { inTurn } from './in-turn.ts'

/** An open checkpoint; close it when its tensors have been read. */
export interface SafetensorsFile extends AsyncDisposable {
  /** Names of the tensors, in the order of the header; of several files one after the other. */
  readonly names: readonly string[]
  /** dtype and shape of every tensor. */
  readonly entries: ReadonlyMap<string, Pick<TensorEntry, 'dtype' | 'shape'>>
  readonly metadata: Readonly<Record<string, string>>
  /** Reads one tensor; rejects with a `CheckpointError` when there is none of that name. */
  tensor(name: string, options?: ReadOptions): Promise<NdArray<CheckpointData>>
  /** Reads all tensors. */
  tensors(options?: ReadOptions): Promise<Record<string, NdArray<CheckpointData>>>
  /**
   * Reads tensors one after the other into the same memory, all of them if no names are given: a tensor is valid until the next one is asked
   * for, and its buffer stays where it is. A checkpoint of any size takes the memory of a few tensors.
   *
   * @example
   * const file = await openSafetensors(writeSafetensors({ scale: ndarray(new Float32Array([2])) }))
   * const sums = {}
   * for await (const [name, tensor] of file.each()) sums[name] = tensor.data.reduce((sum, x) => sum + x, 0)
   * sums // → { scale: 2 }
   */
  each(
    names?: readonly string[],
    options?: ReadOptions,
  ): AsyncIterableIterator<readonly [name: string, tensor: NdArray<CheckpointData>]>
  close(): Promise<void>
}

/** What follows from reading some of the tensors. */
export abstract class TensorFile implements SafetensorsFile {
  abstract readonly names: readonly string[]
  abstract readonly entries: SafetensorsFile['entries']
  abstract readonly metadata: SafetensorsFile['metadata']
  abstract tensor(name: string, options?: ReadOptions): Promise<NdArray<CheckpointData>>
  abstract each(
    names?: readonly string[],
    options?: ReadOptions,
  ): AsyncGenerator<readonly [name: string, tensor: NdArray<CheckpointData>]>
  abstract close(): Promise<void>

  async tensors(options: ReadOptions = {}): Promise<Record<string, NdArray<CheckpointData>>> {
    const tensors = Object.create(null) as Record<string, NdArray<CheckpointData>>
    const reader = {
      bytesOf: (name: string) => bytesOf(this.entries.get(name)!),
      read: (name: string) => this.tensor(name, options),
    }
    for await (const [name, tensor] of inTurn(this.names, reader)) tensors[name] = tensor
    return tensors
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function bytesOf({ dtype, shape }: Pick<TensorEntry, 'dtype' | 'shape'>): number {
  return sizeOf(shape) * elementTypes.get(dtype)!.bytes
}
