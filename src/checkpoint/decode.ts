/** The bytes of one tensor as an ndarray. */

import { contiguous } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { kind, mistakeIn } from '../ops/kinds.ts'
import { type CheckpointData, elementTypes } from './dtype.ts'
import { CheckpointError, type Reading } from './error.ts'
import { widenBrain, widenHalf } from './half.ts'
import type { TensorEntry } from './header.ts'

/** How tensors are read. */
export interface ReadOptions {
  /** Half, bfloat16 and 8-bit floats as their bits (`uint16`, `uint8`) instead of float32. */
  readonly raw?: boolean | undefined
}

/** @throws CheckpointError for another option, or a value that is none of it */
export function expectReadOptions(options: ReadOptions, reading: Reading): void {
  const mistake = mistakeIn(options, { raw: kind.flag })
  if (mistake !== undefined) throw new CheckpointError({ ...reading, ...mistake })
}

/** Makes an ndarray of `bytes`, which are exactly the tensor's: a view on them where they are aligned, else a copy. */
export function decodeTensor(
  name: string,
  { dtype, shape }: TensorEntry,
  bytes: Uint8Array,
  { raw = false }: ReadOptions,
  reading: Reading,
): NdArray<CheckpointData> {
  const elements = elementsOf(bytes, dtype)
  return toNdarray({ ...contiguous(shape), data: raw ? elements : widened() })

  function widened(): CheckpointData {
    if (dtype === 'F16') return widenHalf(elements as Uint16Array)
    if (dtype === 'BF16') return widenBrain(elements as Uint16Array)
    if (dtype.startsWith('F8')) {
      throw new CheckpointError({
        ...reading,
        code: 'tensor/fp8',
        what: `tensor ${JSON.stringify(name)} has dtype ${dtype}, which is read only as its bits: { raw: true }`,
      })
    }
    return elements
  }
}

function elementsOf(bytes: Uint8Array, dtype: TensorEntry['dtype']): CheckpointData {
  const { bytes: width, array: Elements } = elementTypes.get(dtype)!
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  return new Elements(buffer as ArrayBuffer, byteOffset, bytes.length / width)
}
