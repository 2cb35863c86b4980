/** Writing a safetensors file. */
import { materialize } from '../copy/copy.ts'
import { isContiguous, sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor } from '../ops/array.ts'
import { type Kinds, mistakeIn, oneOf } from '../ops/kinds.ts'
import { type CheckpointData, rankOf, type SafetensorsDtype } from './dtype.ts'
import { CheckpointError } from './error.ts'
import { narrowToBrain, narrowToHalf } from './half.ts'
import { LENGTH_BYTES } from './header.ts'

/** How tensors are written. */
export interface WriteOptions {
  /** The dtype of every float32 and float64 tensor in the file; each keeps its own when this is not given. */
  readonly floats?: 'F16' | 'BF16' | 'F32' | 'F64' | undefined
}

const kinds: Kinds<WriteOptions> = { floats: oneOf(['F16', 'BF16', 'F32', 'F64']) }

/**
 * Writes tensors as a safetensors file, byte for byte as the reference implementation does: widest elements first, then
 * by name, the header padded to 8 bytes.
 *
 * @param tensors by name, of any strides; float32, float64, (u)int8 to (u)int32 and 64-bit integers
 * @param metadata strings by name
 * @param options `floats`: narrows (or widens) float tensors, to the nearest value
 * @returns the whole file
 * @throws CheckpointError when a tensor's dtype has no place in the format, or a name is `__metadata__`
 *
 * @example
 * const weight = ndarray(new Float32Array([1, 2, 3, 4]), [2, 2])
 * const bytes = writeSafetensors({ weight }, { format: 'pt' }, { floats: 'F16' })
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, NdArray<Data>>>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const mistake = mistakeIn(options, kinds)
  if (mistake !== undefined) {
    throw new CheckpointError({ operation: 'writeSafetensors', ...mistake, fix: mistake.hint?.fix })
  }
  const { floats } = options
  for (const [key, value] of Object.entries<unknown>(metadata)) {
    if (typeof value === 'string' || value === undefined) continue // as JSON has it
    throw new CheckpointError({
      operation: 'writeSafetensors',
      code: 'metadata/type',
      what: `metadata ${JSON.stringify(key)} is not a string — got ${show(value)}`,
    })
  }
  const parts = Object.entries(tensors)
    .map(([name, x]) => encodeTensor(name, x, floats))
    .sort((a, b) => rankOf(b.dtype) - rankOf(a.dtype) || compareText(a.name, b.name))

  let end = 0
  const members = parts.map(({ name, dtype, shape, data }) => {
    const start = end
    end += data.byteLength
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`
  })
  if (Object.keys(metadata).length > 0) members.unshift(`"__metadata__":${JSON.stringify(metadata)}`)
  const header = new TextEncoder().encode(`{${members.join(',')}}`)
  const headerBytes = Math.ceil(header.length / 8) * 8

  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true)
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes)
  file.set(header, LENGTH_BYTES)
  let at = LENGTH_BYTES + headerBytes
  for (const { data } of parts) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}

interface Part {
  readonly name: string
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  /** Exactly the tensor's elements, in row-major order. */
  readonly data: CheckpointData
}

function encodeTensor(name: string, x: NdArray<Data>, floats: WriteOptions['floats']): Part {
  if (name === '__metadata__') {
    throw new CheckpointError({
      operation: 'writeSafetensors',
      code: 'tensor/name',
      what: `a tensor cannot be called '__metadata__' — the format keeps that name for its metadata`,
    })
  }
  const tensor = asTensor(x, 'writeSafetensors')
  const data = elementsOf(tensor)
  const { shape } = tensor
  if (data instanceof Float32Array || data instanceof Float64Array) {
    const own = data instanceof Float32Array ? 'F32' : 'F64'
    return { name, shape, ...encodeFloats(data, floats ?? own) }
  }
  const dtype = dtypeOfElements(data)
  if (dtype === undefined) {
    throw new CheckpointError({
      operation: 'writeSafetensors',
      code: 'tensor/dtype',
      what: `tensor ${JSON.stringify(name)} has dtype ${x.dtype}, which the format cannot hold — copy it into a typed array`,
    })
  }
  return { name, shape, dtype, data: data as CheckpointData }
}

function encodeFloats(data: Float32Array | Float64Array, dtype: 'F16' | 'BF16' | 'F32' | 'F64') {
  if (dtype === 'F16') return { dtype, data: narrowToHalf(data) }
  if (dtype === 'BF16') return { dtype, data: narrowToBrain(data) }
  if (dtype === 'F64') return { dtype, data: data instanceof Float64Array ? data : Float64Array.from(data) }
  return { dtype, data: data instanceof Float32Array ? data : Float32Array.from(data) }
}

function dtypeOfElements(data: unknown): SafetensorsDtype | undefined {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return 'U8'
  if (data instanceof Int8Array) return 'I8'
  if (data instanceof Int16Array) return 'I16'
  if (data instanceof Uint16Array) return 'U16'
  if (data instanceof Int32Array) return 'I32'
  if (data instanceof Uint32Array) return 'U32'
  if (data instanceof BigInt64Array) return 'I64'
  if (data instanceof BigUint64Array) return 'U64'
  return undefined
}

function elementsOf(x: Tensor): unknown {
  const { data, offset } = isContiguous(x) ? x : materialize(x)
  return ArrayBuffer.isView(data) && 'subarray' in data
    ? (data as Float32Array).subarray(offset, offset + sizeOf(x.shape))
    : data
}

/** By code points, as the reference implementation sorts (JavaScript's own order is by UTF-16 units). */
function compareText(a: string, b: string): number {
  const [x, y] = [[...a], [...b]]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return x.length - y.length
}
