/**
 * Copying, said plainly: every index in row-major order, one element at a time. What the fast copy is tested
 * against.
 */
import { dtypeOf } from '../layout/data.ts'
import { type Dtype, isBigDtype, roundsIntegers } from '../layout/dtype.ts'
import { sizeOf } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'

/** Copies `source` into `target`, which has the same shape and shares no memory with it; values are converted. */
export function copyPlainly(source: Tensor, target: Tensor): void {
  const dtype = dtypeOf(target.data)
  const index = new Array<number>(source.shape.length).fill(0)
  for (let n = sizeOf(source.shape); n > 0; n--) {
    const value = readElement(source.data, place(source, index))
    writeElement(target.data, place(target, index), asElementOf(dtype, value))
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis]!++
      if (index[axis]! < source.shape[axis]!) break
      index[axis] = 0
    }
  }
}

/** Writes to each element of `target` the one of `source` whose index `from` tells; where it tells none, the element stays as it is. */
export function pickPlainly(
  source: Tensor,
  target: Tensor,
  from: (index: readonly number[]) => readonly number[] | null,
): void {
  const { shape } = target
  for (let n = 0; n < sizeOf(shape); n++) {
    const index = indexOf(n, shape)
    const there = from(index)
    if (there === null) continue
    writeElement(target.data, place(target, index), readElement(source.data, place(source, there)))
  }
}

/** The index of the n-th element in row-major order. */
export function indexOf(n: number, shape: readonly number[]): number[] {
  return shape.map((length, axis) => Math.floor(n / sizeOf(shape.slice(axis + 1))) % length)
}

/** How many elements come before an index. */
export function countBefore(index: readonly number[], shape: readonly number[]): number {
  return index.reduce((n, i, axis) => n * shape[axis]! + i, 0)
}

function place({ stride, offset }: Tensor, index: readonly number[]): number {
  return index.reduce((sum, i, axis) => sum + i * stride[axis]!, offset)
}

/**
 * A value as what a buffer of some dtype takes. Typed arrays convert numbers by themselves: integers wrap, uint8_clamped rounds and
 * clamps, NaN is the integer 0. They refuse to convert between numbers and big integers, which is done here by the same rules.
 */
export function asElementOf(dtype: Dtype, value: unknown): unknown {
  if (dtype === 'array' || dtype === 'generic') return value
  const isBig = typeof value === 'bigint'
  if (isBigDtype(dtype)) {
    const number = Number(value)
    return isBig ? value : Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n
  }
  if (!isBig) return value
  return roundsIntegers(dtype) ? Number(value) : Number(BigInt.asIntN(32, value))
}

/** Element `index` of a buffer of any kind. */
export function readElement(data: Data, index: number): unknown {
  return isIndexed(data) ? data[index] : (data as Accessors).get(index)
}

/** Sets element `index` of a buffer of any kind. */
export function writeElement(data: Data, index: number, value: unknown): void {
  if (isIndexed(data)) data[index] = value
  else (data as Accessors).set(index, value)
}

/** Whether elements are reached by `data[index]`, as in arrays and typed arrays, and not by `get` and `set`. */
function isIndexed(data: Data): data is unknown[] {
  return Array.isArray(data) || 'BYTES_PER_ELEMENT' in data
}

/** ndarray's generic data. */
interface Accessors {
  get(index: number): unknown
  set(index: number, value: unknown): unknown
}
