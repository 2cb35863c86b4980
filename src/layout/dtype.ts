/** The kinds of elements, under ndarray's names for them: one row each, from which everything else that is true of them follows. */

interface Facts {
  readonly is: 'signed' | 'unsigned' | 'float' | 'any'
  /** Bytes of an element. */
  readonly bytes: 1 | 2 | 4 | 8
  /** What holds it on every platform. */
  readonly array?: unknown
}

export const dtypes = {
  int8: { is: 'signed', bytes: 1, array: Int8Array },
  int16: { is: 'signed', bytes: 2, array: Int16Array },
  int32: { is: 'signed', bytes: 4, array: Int32Array },
  uint8: { is: 'unsigned', bytes: 1, array: Uint8Array },
  uint16: { is: 'unsigned', bytes: 2, array: Uint16Array },
  uint32: { is: 'unsigned', bytes: 4, array: Uint32Array },
  uint8_clamped: { is: 'unsigned', bytes: 1, array: Uint8ClampedArray },
  bigint64: { is: 'signed', bytes: 8, array: BigInt64Array },
  biguint64: { is: 'unsigned', bytes: 8, array: BigUint64Array },
  float32: { is: 'float', bytes: 4, array: Float32Array },
  float64: { is: 'float', bytes: 8, array: Float64Array },
  /** Where the platform or a polyfill has them. */
  float16: { is: 'float', bytes: 2 },
  /** Node's bytes. */
  buffer: { is: 'unsigned', bytes: 1 },
  /** Plain arrays, and objects with `get` and `set`: a word for each element. */
  array: { is: 'any', bytes: 8 },
  generic: { is: 'any', bytes: 8 },
} as const satisfies Record<string, Facts>

export type Dtype = keyof typeof dtypes

/** The dtypes whose arrays every platform has. */
export type PlainDtype = Exclude<Dtype, 'float16' | 'buffer' | 'array' | 'generic'>

/** The bytes of an element. */
export function bytesOfDtype(dtype: Dtype): number {
  return dtypes[dtype].bytes
}

export function isFloatDtype(dtype: Dtype): boolean {
  return dtypes[dtype].is === 'float'
}

/** Whether numbers may be less than 0, and whole ones are kept as complements. */
export function isSignedDtype(dtype: Dtype): boolean {
  return dtypes[dtype].is === 'signed'
}

/** Whether elements are whole numbers, big or not. */
export function isWholeDtype(dtype: Dtype): boolean {
  return isSignedDtype(dtype) || dtypes[dtype].is === 'unsigned'
}

/** Whether elements are big integers. */
export function isBigDtype(dtype: Dtype): boolean {
  return isWholeDtype(dtype) && bytesOfDtype(dtype) === 8
}

/** Whether elements are 0 … 255, as those of pictures are. */
export function isByteDtype(dtype: Dtype): boolean {
  return numberName(dtype) === 'uint8'
}

/** Whether an integer becomes the nearest value of a dtype, and does not wrap. */
export function roundsIntegers(dtype: Dtype): boolean {
  return isFloatDtype(dtype) || dtype === 'uint8_clamped'
}

/** Whether two dtypes are one: Node's buffers hold the same bytes as Uint8Arrays. */
export function isSameDtype(a: Dtype, b: Dtype): boolean {
  const plain = (dtype: Dtype) => (dtype === 'buffer' ? 'uint8' : dtype)
  return plain(a) === plain(b)
}

/** What others call the numbers, whatever holds them: `'int64'`, `'uint8'`; undefined where elements may be anything. */
export function numberName(dtype: Dtype): `${'int' | 'uint' | 'float'}${8 | 16 | 32 | 64}` | undefined {
  const { is, bytes } = dtypes[dtype]
  if (is === 'any') return undefined
  return `${is === 'float' ? is : is === 'signed' ? 'int' : 'uint'}${(8 * bytes) as 8}`
}
