/**
 * The header of a safetensors file: 8 bytes of length, then JSON that gives every tensor's dtype, shape and bytes. The
 * format (github.com/huggingface/safetensors, "Format") forbids what could hide something: duplicate names, overlaps,
 * holes, bytes after the last tensor. Everything is checked here, before a byte of data is touched.
 */

import { sizeOf } from '../layout/layout.ts'
import { isA } from '../layout/realms.ts'
import { elementTypes, type SafetensorsDtype } from './dtype.ts'
import { CheckpointError, type Reading } from './error.ts'
import { faultsOf } from './json.ts'

/** Where one tensor stands in a file and what it is. */
export interface TensorEntry {
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  /** `[start, end)` in bytes from the beginning of the file. */
  readonly start: number
  readonly end: number
}

export interface Header {
  readonly entries: ReadonlyMap<string, TensorEntry>
  readonly metadata: Readonly<Record<string, string>>
}

export const LENGTH_BYTES = 8
/** How files begin, in hexadecimal, that are taken for safetensors by mistake; PyTorch's as a zip archive or, older ones, as a pickle. */
const others: readonly (readonly [begin: RegExp, code: string, what: string])[] = [
  [
    /^(504b0304|800[0-5])/,
    'file/pytorch',
    "one of PyTorch's (.pt, .pth, .bin), whose pickles run code — convert it with Python's safetensors.torch.save_file",
  ],
  [/^76657273696f6e20/, 'file/pointer', 'a pointer of Git LFS — git lfs pull gets the file'],
  [/^(0a|0d|20)*3c/, 'file/page', 'a web page — perhaps of the file'],
  [/^08[01].(12|1a|22|2a|3a)/, 'file/onnx', 'a model of ONNX'],
  [/^(47475546|89484446)/, 'file/other', 'one of GGUF or HDF5'],
]
/** The limit of the reference implementation. */
const LONGEST_HEADER = 100_000_000
/** header → tensor → shape, and one more for what a later version may add. */
const DEEPEST_HEADER = 4

/** How many bytes of header follow the first eight of a file of `fileSize` bytes. */
export function headerLength(firstBytes: Uint8Array, fileSize: number, reading: Reading): number {
  if (fileSize < LENGTH_BYTES) {
    throw new CheckpointError({
      ...reading,
      code: 'file/short',
      what: `not a safetensors file — got ${count(fileSize, 'byte')}, expected at least ${LENGTH_BYTES}`,
    })
  }
  const { buffer, byteOffset } = firstBytes
  const view = new DataView(buffer, byteOffset, LENGTH_BYTES)
  const length = view.getBigUint64(0, true)
  if (length > LONGEST_HEADER || LENGTH_BYTES + Number(length) > fileSize) {
    const first = Array.from(firstBytes.subarray(0, LENGTH_BYTES), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('')
    for (const [begin, code, what] of others)
      if (begin.test(first))
        throw new CheckpointError({ ...reading, code, what: `not a safetensors file but ${what}` })
    throw new CheckpointError({
      ...reading,
      code: 'header/length',
      what:
        `not a safetensors file, or a truncated one — its first 8 bytes say that the header has ${length} bytes, ` +
        `but ${fileSize < LONGEST_HEADER ? `the file has ${fileSize} bytes` : `at most ${LONGEST_HEADER} are allowed`}`,
    })
  }
  return Number(length)
}

/** Parses and checks the header; `bytes` are the header's own, without the 8 bytes of length. */
export function parseHeader(bytes: Uint8Array, fileSize: number, reading: Reading): Header {
  const fail = (code: string, what: string, cause?: unknown) =>
    new CheckpointError({ ...reading, code, what, cause })

  const json = parseJson(bytes, fail)
  const metadata = Object.create(null) as Record<string, string>
  const entries = new Map<string, TensorEntry>()
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') {
      if (!isObject(value)) throw fail('metadata/type', `__metadata__ is not an object — got ${show(value)}`)
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string')
          throw fail('metadata/type', `metadata ${JSON.stringify(key)} is not a string — got ${show(text)}`)
        metadata[key] = text
      }
    } else {
      entries.set(name, parseEntry(name, value, LENGTH_BYTES + bytes.length, fail))
    }
  }
  checkCoverage(entries, LENGTH_BYTES + bytes.length, fileSize, fail)
  return { entries, metadata: Object.freeze(metadata) }
}

type Fail = (code: string, what: string, cause?: unknown) => CheckpointError

function parseJson(bytes: Uint8Array, fail: Fail): object {
  let text: string
  try {
    // a decoder refuses shared memory, so it gets a copy where the bytes are shared
    const own = isA(bytes.buffer, 'ArrayBuffer') ? bytes : new Uint8Array(bytes)
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(own)
  } catch (cause) {
    throw fail('header/json', 'header is not JSON — its bytes are not UTF-8', cause)
  }
  const { duplicate, tooDeep } = faultsOf(text, DEEPEST_HEADER)
  if (tooDeep) throw fail('header/deep', `header is nested deeper than ${DEEPEST_HEADER} levels`)
  if (duplicate !== undefined) {
    throw fail('header/duplicate', `name ${JSON.stringify(duplicate)} stands twice in the header`)
  }
  try {
    const json: unknown = JSON.parse(text)
    if (isObject(json)) return json
  } catch (cause) {
    throw fail('header/json', `header is not JSON — it begins ${JSON.stringify(text.slice(0, 40))}`, cause)
  }
  throw fail('header/json', `header is not a JSON object — it begins ${JSON.stringify(text.slice(0, 40))}`)
}

function parseEntry(name: string, value: unknown, dataStart: number, fail: Fail): TensorEntry {
  const tensor = `tensor ${JSON.stringify(name)}`
  const { dtype, shape, data_offsets: offsets } = (isObject(value) ? value : {}) as Record<string, unknown>

  const type = elementTypes.get(dtype as SafetensorsDtype)
  if (type === undefined) {
    const known = [...elementTypes.keys()].join(', ')
    throw fail('tensor/dtype', `${tensor} has dtype ${show(dtype)}, expected one of ${known}`)
  }
  if (!isCountList(shape)) {
    throw fail('tensor/shape', `${tensor} has shape ${show(shape)}, expected a list of integers ≥ 0`)
  }
  if (!isCountList(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw fail('tensor/offsets', `${tensor} has data_offsets ${show(offsets)}, expected [start, end]`)
  }
  const [start, end] = offsets as [number, number]
  const bytes = shape.includes(0) ? 0 : sizeOf(shape) * type.bytes
  if (!Number.isSafeInteger(bytes)) {
    throw fail('tensor/shape', `${tensor} has shape ${show(shape)}, which no file can hold`)
  }
  if (end - start !== bytes) {
    throw fail(
      'tensor/size',
      `${tensor}, ${dtype} ${show(shape)}, takes ${bytes} bytes, but its data_offsets ${show(offsets)} span ${end - start}`,
    )
  }
  return {
    dtype: dtype as SafetensorsDtype,
    shape: Object.freeze(shape),
    start: dataStart + start,
    end: dataStart + end,
  }
}

/** The tensors' bytes have to follow one another from the end of the header to the end of the file. */
function checkCoverage(
  entries: ReadonlyMap<string, TensorEntry>,
  dataStart: number,
  fileSize: number,
  fail: Fail,
): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  let reached = dataStart
  for (const [name, { start, end }] of inOrder) {
    if (start !== reached) {
      const where = `data starts at byte ${start - dataStart}, the tensor before it ends at ${reached - dataStart}`
      throw start < reached
        ? fail('tensor/overlap', `tensor ${JSON.stringify(name)} overlaps another one — its ${where}`)
        : fail('tensor/hole', `unused bytes before tensor ${JSON.stringify(name)} — its ${where}`)
    }
    if (end > fileSize) {
      throw fail(
        'file/truncated',
        `file is truncated — tensor ${JSON.stringify(name)} ends at byte ${end}, the file has ${fileSize}`,
      )
    }
    reached = end
  }
  if (reached !== fileSize) {
    throw fail('file/trailing', `${count(fileSize - reached, 'byte')} after the last tensor, expected none`)
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCountList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0))

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** A value of the header as the reader of a message wants to see it: on one line and short. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}
