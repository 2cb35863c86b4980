/**
 * Copying, said plainly: every index in row-major order, one element at a time. What the fast copy is tested
 * against.
 */
import { sizeOf } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'

/** Copies `source` into `target`, which has the same shape and shares no memory with it. */
export function copyPlainly(source: Tensor, target: Tensor): void {
  const index = new Array<number>(source.shape.length).fill(0)
  for (let n = sizeOf(source.shape); n > 0; n--) {
    writeElement(target.data, place(target, index), readElement(source.data, place(source, index)))
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis]!++
      if (index[axis]! < source.shape[axis]!) break
      index[axis] = 0
    }
  }
}

function place({ stride, offset }: Tensor, index: readonly number[]): number {
  return index.reduce((sum, i, axis) => sum + i * stride[axis]!, offset)
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
