/** Writing a safetensors file. */
import { materialize } from '../copy/copy.ts'
import { dtypeOf, type Floats } from '../layout/data.ts'
import { isContiguous, sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor } from '../ops/array.ts'
import { type Kinds, mistakeIn, oneOf } from '../ops/kinds.ts'
import { expectDict } from './described.ts'
import { type CheckpointData, formatDtype, rankOf, type SafetensorsDtype } from './dtype.ts'
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
 * @param tensors by name, of any strides; float16 to float64, (u)int8 to (u)int32 and 64-bit integers
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
  if (typeof metadata !== 'object' || metadata === null) {
    const what = `the metadata are no strings by name — got ${show(metadata)}`
    throw new CheckpointError({ operation: 'writeSafetensors', code: 'metadata/type', what })
  }
  for (const [key, value] of Object.entries<unknown>(metadata)) {
    if (typeof value === 'string' || value === undefined) continue // as JSON has it
    throw new CheckpointError({
      operation: 'writeSafetensors',
      code: 'metadata/type',
      what: `metadata ${JSON.stringify(key)} is not a string — got ${show(value)}`,
    })
  }
  expectDict(tensors, 'writeSafetensors')
  const parts = Object.entries(tensors)
    .map(([name, x]) => encodeTensor(name, x, floats))
    .sort((a, b) => rankOf(b.dtype) - rankOf(a.dtype) || compareText(a.name, b.name))

  const header = writeHeader(
    parts.map(({ name, dtype, shape, data }) => ({ name, dtype, shape, bytes: data.byteLength })),
    metadata,
  )
  const size = parts.reduce((sum, { data }) => sum + data.byteLength, header.length)
  const file = new Uint8Array(size)
  file.set(header)
  let at = header.length
  for (const { data } of parts) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}

/** What a file begins with whose tensors' bytes follow in this order: length, header, and spaces up to 8 bytes. */
export function writeHeader(
  tensors: readonly {
    readonly name: string
    readonly dtype: SafetensorsDtype
    readonly shape: readonly number[]
    readonly bytes: number
  }[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let end = 0
  const members = tensors.map(({ name, dtype, shape, bytes }) => {
    const start = end
    end += bytes
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`
  })
  if (Object.keys(metadata).length > 0) members.unshift(`"__metadata__":${JSON.stringify(metadata)}`)
  const header = new TextEncoder().encode(`{${members.join(',')}}`)
  const headerBytes = Math.ceil(header.length / 8) * 8
  const beginning = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20)
  new DataView(beginning.buffer).setBigUint64(0, BigInt(headerBytes), true)
  beginning.set(header, LENGTH_BYTES)
  return beginning
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
  const tensor = asTensor(x, 'writeSafetensors', `tensor ${JSON.stringify(name)}`)
  const data = elementsOf(tensor)
  const { shape } = tensor
  const dtype = formatDtype(dtypeOf(data))
  if (dtype === undefined) {
    throw new CheckpointError({
      operation: 'writeSafetensors',
      code: 'tensor/dtype',
      what: `tensor ${JSON.stringify(name)} has dtype ${x.dtype}, which the format cannot hold — copy it into a typed array`,
    })
  }
  if (dtype === 'F16' || dtype === 'F32' || dtype === 'F64') {
    return { name, shape, ...encodeFloats(data as Floats, dtype, floats ?? dtype) }
  }
  return { name, shape, dtype, data: data as CheckpointData }
}

function encodeFloats(
  data: Floats,
  own: 'F16' | 'F32' | 'F64',
  dtype: 'F16' | 'BF16' | 'F32' | 'F64',
): Pick<Part, 'dtype' | 'data'> {
  if (own === 'F16') {
    // an array of the platform or of a polyfill: its bits, or its values in single precision, which has them all
    if (dtype === own) return { dtype, data: new Uint16Array(data.buffer, data.byteOffset, data.length) }
    return encodeFloats(Float32Array.from(data), 'F32', dtype)
  }
  if (dtype === 'F16') return { dtype, data: narrowToHalf(data) }
  if (dtype === 'BF16') return { dtype, data: narrowToBrain(data) }
  if (dtype === own) return { dtype, data }
  return { dtype, data: dtype === 'F64' ? Float64Array.from(data) : Float32Array.from(data) }
}

function elementsOf(x: Tensor): Data {
  const { data, offset } = isContiguous(x) ? x : materialize(x)
  return 'subarray' in data ? (data as Float32Array).subarray(offset, offset + sizeOf(x.shape)) : data
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
