/**
 * What a buffer's elements are, under ndarray's names for them, and new buffers of the same kind. ndarray tells them
 * apart by `Object.prototype.toString`, so that half floats of a polyfill count too; so does this file.
 */
import type { Data } from 'ndarray'

export type Dtype =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint8_clamped'
  | 'bigint64'
  | 'biguint64'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'buffer'
  | 'array'
  | 'generic'

const constructors = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint8_clamped: Uint8ClampedArray,
  bigint64: BigInt64Array,
  biguint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const

/** By the platform's own classes, which tell most buffers fastest, and by their names, which other realms' have too. */
const dtypes = new Map<unknown, Dtype>([
  ['Float16Array', 'float16'],
  ...Object.entries(constructors).flatMap(([dtype, Class]): [unknown, Dtype][] => [
    [Class, dtype as PlainDtype],
    [Class.name, dtype as PlainDtype],
  ]),
])

/** What the platform calls a value's class, whichever realm the class is of: frames, `vm` contexts and Jest have classes of their own. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

/** Whether a buffer is of one of the platform's own classes, no subclass of them, and none of a polyfill. */
export function isPlatformArray(data: Data): data is Data & { readonly BYTES_PER_ELEMENT: number } {
  return ArrayBuffer.isView(data) && dtypes.has(data.constructor)
}

/** Whether elements are big integers. */
export function isBigDtype(dtype: Dtype): boolean {
  return dtype === 'bigint64' || dtype === 'biguint64'
}

/** The dtype of a buffer, as ndarray names it: `'float32'`, …, `'array'`, or `'generic'` for objects with `get` and `set`. */
export function dtypeOf(data: Data): Dtype {
  const known = ArrayBuffer.isView(data) ? dtypes.get(data.constructor) : undefined
  if (known !== undefined) return known
  const dtype = dtypes.get(tagOf(data))
  if (dtype === 'uint8' && isNodeBuffer(data)) return 'buffer'
  return dtype ?? (Array.isArray(data) ? 'array' : 'generic')
}

/** Whether two dtypes are one: Node's buffers hold the same bytes as Uint8Arrays. */
export function isSameDtype(a: Dtype, b: Dtype): boolean {
  return a === b || (isBytes(a) && isBytes(b))
}

function isBytes(dtype: Dtype): boolean {
  return dtype === 'uint8' || dtype === 'buffer'
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
  return constructors[dtype === 'buffer' ? 'uint8' : (dtype as PlainDtype)]
}

/** The dtypes whose arrays every platform has. */
export type PlainDtype = keyof typeof constructors

export const plainDtypes = Object.keys(constructors) as readonly PlainDtype[]

/** The array that holds a dtype: `ArrayOf<'float32'>` is `Float32Array`. */
export type ArrayOf<T extends PlainDtype> = InstanceType<(typeof constructors)[T]>

/**
 * A new buffer of `size` elements: zeros of a named dtype, or of the same kind as `like`.
 *
 * @throws {RangeError} where the platform has no room for so many elements
 */
export function allocate<T extends PlainDtype>(dtype: T, size: number): ArrayOf<T>
export function allocate<D extends Data>(like: D, size: number): D
export function allocate(kind: PlainDtype | Data, size: number): Data {
  if (typeof kind === 'string') return new constructors[kind](size)
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
