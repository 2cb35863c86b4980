/**
 * What a buffer's elements are, under ndarray's names for them, and new buffers of the same kind. ndarray tells them
 * apart by `Object.prototype.toString`, so that half floats of a polyfill count too; so does this file.
 */
import type { Data } from 'ndarray'
import { type Dtype, dtypes, type PlainDtype } from './dtype.ts'

export const plainDtypes = Object.keys(dtypes).filter(
  (dtype) => 'array' in dtypes[dtype as Dtype],
) as readonly PlainDtype[]

/** By the platform's own classes, which tell most buffers fastest, and by their names, which other realms' have too. */
const dtypeOfClass = new Map<unknown, Dtype>([
  ['Float16Array', 'float16'],
  ...plainDtypes.flatMap((dtype): [unknown, Dtype][] => {
    const { array } = dtypes[dtype]
    return [
      [array, dtype],
      [array.name, dtype],
    ]
  }),
])

/** What the platform calls a value's class, whichever realm the class is of: frames, `vm` contexts and Jest have classes of their own. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

/** Whether a buffer is of one of the platform's own classes, no subclass of them, and none of a polyfill. */
export function isPlatformArray(data: Data): data is Data & { readonly BYTES_PER_ELEMENT: number } {
  return ArrayBuffer.isView(data) && dtypeOfClass.has(data.constructor)
}

/** The dtype of a buffer, as ndarray names it: `'float32'`, …, `'array'`, or `'generic'` for objects with `get` and `set`. */
export function dtypeOf(data: Data): Dtype {
  const known = ArrayBuffer.isView(data) ? dtypeOfClass.get(data.constructor) : undefined
  if (known !== undefined) return known
  const dtype = dtypeOfClass.get(tagOf(data))
  if (dtype === 'uint8' && isNodeBuffer(data)) return 'buffer'
  return dtype ?? (Array.isArray(data) ? 'array' : 'generic')
}

function isNodeBuffer(data: unknown): boolean {
  const kind = (data as { constructor?: { isBuffer?: (value: unknown) => boolean } }).constructor
  return typeof kind?.isBuffer === 'function' && kind.isBuffer(data)
}

/** Whether a buffer's memory was given away: by `postMessage` or `structuredClone` with a transfer list, or by WebAssembly that grew. */
export function isDetached(data: Data): boolean {
  const { buffer, length } = data as unknown as { readonly buffer?: unknown; readonly length: number }
  if (length > 0 || !(buffer instanceof ArrayBuffer)) return false
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}

/** What helps then. */
export const ofDetached =
  'its memory was given away (a transfer by postMessage, or WebAssembly that grew): copy before that, x.data.slice()'

type TypedArrayClass = {
  readonly BYTES_PER_ELEMENT: number
  new (size: number): Data
  new (buffer: ArrayBufferLike, byteOffset: number, size: number): Data
}

/** The class of typed arrays that holds a dtype, if this platform has one. */
export function classOf(dtype: Dtype): TypedArrayClass | undefined {
  if (dtype === 'float16') return (globalThis as { Float16Array?: TypedArrayClass }).Float16Array
  return dtypes[dtype === 'buffer' ? 'uint8' : (dtype as PlainDtype)].array
}

/** Buffers of whole numbers that JavaScript hands out as numbers. */
export type Integers =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array

export type Floats = Float32Array | Float64Array

export type Numbers = Integers | Floats

export type BigIntegers = BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>

/** The buffer that holds a dtype: `BufferOf<'float32'>` is `Float32Array`. */
export type BufferOf<T extends PlainDtype> = InstanceType<(typeof dtypes)[T]['array']>

/**
 * A new buffer of `size` elements: zeros of a named dtype, or of the same kind as `like`.
 *
 * @throws {RangeError} where the platform has no room for so many elements
 */
export function allocate<T extends PlainDtype>(dtype: T, size: number): BufferOf<T>
export function allocate<D extends Data>(like: D, size: number): D
export function allocate(kind: PlainDtype | Data, size: number): Data {
  if (typeof kind === 'string') return new dtypes[kind].array(size)
  switch (dtypeOf(kind)) {
    case 'array':
      return new Array<number>(size).fill(0)
    case 'generic':
      return new GenericData(size)
    case 'buffer':
      return (kind as { constructor: { alloc(size: number): Uint8Array } } & Data).constructor.alloc(size)
    default:
      // of a subclass or of a half float polyfill as well
      return new (kind as { constructor: new (size: number) => Data } & Data).constructor(size)
  }
}

/** What a result of dtype `'generic'` lives in: elements of any kind behind `get` and `set`. */
export class GenericData {
  readonly #values: unknown[]

  constructor(length: number) {
    this.#values = new Array(length).fill(0)
  }

  get length(): number {
    return this.#values.length
  }

  // biome-ignore lint/suspicious/noExplicitAny: ndarray's GenericArray leaves the element's type to the user
  get(index: number): any {
    return this.#values[index]
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  set(index: number, value: any): any {
    this.#values[index] = value
    return value
  }
}
