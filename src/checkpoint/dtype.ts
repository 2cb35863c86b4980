/**
 * The element types of the safetensors format, and the typed array that holds each. Half floats and the 8-bit floats
 * have no typed array on every platform: "raw" means their bits, as unsigned integers of the same width.
 * The order is the one of the format's reference implementation (safetensors/src/tensor.rs), which sorts a file by it.
 */

import { type BigIntegers, dtypeOf, type Numbers } from '../layout/data.ts'
import { type Dtype, numberName } from '../layout/dtype.ts'

export type SafetensorsDtype =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'F8_E5M2'
  | 'F8_E4M3'
  | 'I16'
  | 'U16'
  | 'F16'
  | 'BF16'
  | 'I32'
  | 'U32'
  | 'F32'
  | 'F64'
  | 'I64'
  | 'U64'

/** The typed arrays a tensor of a checkpoint can lie in. */
export type CheckpointData = Exclude<Numbers, Uint8ClampedArray> | BigIntegers

interface ElementType {
  readonly bytes: 1 | 2 | 4 | 8
  /** Holds the elements, or for half and 8-bit floats their bits. */
  readonly array: new (
    buffer: ArrayBuffer,
    byteOffset: number,
    length: number,
  ) => CheckpointData
}

export const elementTypes: ReadonlyMap<SafetensorsDtype, ElementType> = new Map([
  ['BOOL', { bytes: 1, array: Uint8Array }],
  ['U8', { bytes: 1, array: Uint8Array }],
  ['I8', { bytes: 1, array: Int8Array }],
  ['F8_E5M2', { bytes: 1, array: Uint8Array }],
  ['F8_E4M3', { bytes: 1, array: Uint8Array }],
  ['I16', { bytes: 2, array: Int16Array }],
  ['U16', { bytes: 2, array: Uint16Array }],
  ['F16', { bytes: 2, array: Uint16Array }],
  ['BF16', { bytes: 2, array: Uint16Array }],
  ['I32', { bytes: 4, array: Int32Array }],
  ['U32', { bytes: 4, array: Uint32Array }],
  ['F32', { bytes: 4, array: Float32Array }],
  ['F64', { bytes: 8, array: Float64Array }],
  ['I64', { bytes: 8, array: BigInt64Array }],
  ['U64', { bytes: 8, array: BigUint64Array }],
])

/** The dtype of a tensor that was read; 8-bit floats, which are read as their bits only, stay what they are called in the file. */
export function dtypeOnceRead(dtype: SafetensorsDtype): string {
  if (dtype === 'F16' || dtype === 'BF16') return 'float32'
  if (dtype.startsWith('F8')) return dtype
  const { array: Elements } = elementTypes.get(dtype)!
  return dtypeOf(new Elements(new ArrayBuffer(0), 0, 0))
}

/** Position of a dtype in a file written by the reference implementation: later ones stand first. */
export const rankOf = (dtype: SafetensorsDtype): number => [...elementTypes.keys()].indexOf(dtype)

/** What the format calls a dtype: `'I64'` for bigint64; undefined where it has no name for it. */
export function formatDtype(dtype: Dtype): SafetensorsDtype | undefined {
  const name = numberName(dtype)
  return name && (`${name[0]!.toUpperCase()}${name.replace(/\D/g, '')}` as SafetensorsDtype)
}
