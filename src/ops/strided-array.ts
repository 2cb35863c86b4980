/**
 * ndarray's objects without generated code. ndarray writes the source of each view class and compiles it by
 * `new Function`, which a strict Content-Security-Policy forbids, and keeps offsets in 31 bits; where either stands
 * in the way, results are these. Members and behaviour are those of ndarray 1.1 (ndarray.js), quirks included.
 */

import type { Data, NdArray } from 'ndarray'
import { inspected } from '#inspected'
import { dtypeOf } from '../layout/data.ts'

type Index = number | null | undefined

/** An ndarray of the given buffer and layout; `shape` and `stride` are copied. */
export function stridedArray<D extends Data>(
  data: D,
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
): NdArray<D> {
  const view =
    shape.length === 0 ? new ScalarArray(data, offset) : new StridedArray(data, shape, stride, offset)
  // ndarray's types promise a member `T` that ndarray does not have
  return inspected(view) as unknown as NdArray<D>
}

interface Accessors {
  get(index: number): unknown
  set(index: number, value: unknown): unknown
}

/** What all ranks share: elements are reached by `get` and `set` of generic data, by index otherwise. */
abstract class View {
  readonly data: Data

  constructor(data: Data) {
    this.data = data
  }

  get dtype(): string {
    return dtypeOf(this.data)
  }

  protected read(index: number): unknown {
    if (this.dtype === 'generic') return (this.data as Accessors).get(index)
    return (this.data as Record<number, unknown>)[index]
  }

  protected write(index: number, value: unknown): unknown {
    if (this.dtype === 'generic') return (this.data as Accessors).set(index, value)
    ;(this.data as Record<number, unknown>)[index] = value
    return value
  }
}

class StridedArray extends View {
  shape: number[]
  stride: number[]
  offset: number

  constructor(data: Data, shape: readonly number[], stride: readonly number[], offset: number) {
    super(data)
    this.shape = [...shape]
    this.stride = [...stride]
    this.offset = offset
  }

  get dimension(): number {
    return this.shape.length
  }

  get size(): number {
    return this.shape.reduce((size, length) => size * length)
  }

  /** The axes from the smallest stride to the largest. */
  get order(): number[] {
    const steps = this.stride.map(Math.abs)
    const order = steps.map((_, axis) => axis).sort((a, b) => steps[a]! - steps[b]!)
    // ndarray's decision tree for rank 3 puts the later of two equal axes first if they are the largest
    if (order.length === 3 && order[0] === 0 && steps[1] === steps[2]) return [0, 2, 1]
    return order
  }

  index(...indices: number[]): number {
    let index = this.offset
    for (let axis = 0; axis < this.shape.length; axis++) index += this.stride[axis]! * indices[axis]!
    return index
  }

  get(...indices: number[]): unknown {
    return this.read(this.index(...indices))
  }

  set(...indicesAndValue: number[]): unknown {
    return this.write(this.index(...indicesAndValue), indicesAndValue[this.shape.length])
  }

  lo(...starts: Index[]): StridedArray {
    const shape = [...this.shape]
    let offset = this.offset
    for (let axis = 0; axis < shape.length; axis++) {
      const start = starts[axis]
      if (typeof start !== 'number' || !(start >= 0)) continue
      offset += this.stride[axis]! * (start | 0)
      shape[axis]! -= start | 0
    }
    return new StridedArray(this.data, shape, this.stride, offset)
  }

  hi(...ends: Index[]): StridedArray {
    const shape = this.shape.map((length, axis) => {
      const end = ends[axis]
      return typeof end !== 'number' || end < 0 ? length : end | 0
    })
    return new StridedArray(this.data, shape, this.stride, this.offset)
  }

  step(...steps: Index[]): StridedArray {
    const shape = [...this.shape]
    const stride = [...this.stride]
    let offset = this.offset
    for (let axis = 0; axis < shape.length; axis++) {
      if (typeof steps[axis] !== 'number') continue
      const step = steps[axis]! | 0
      if (step < 0) {
        offset += stride[axis]! * (shape[axis]! - 1)
        shape[axis] = Math.ceil(-shape[axis]! / step)
      } else {
        shape[axis] = Math.ceil(shape[axis]! / step)
      }
      stride[axis]! *= step
    }
    return new StridedArray(this.data, shape, stride, offset)
  }

  transpose(...axes: Index[]): StridedArray {
    const order = this.shape.map((_, i) => (axes[i] === undefined ? i : axes[i]! | 0))
    return new StridedArray(
      this.data,
      order.map((axis) => this.shape[axis]!),
      order.map((axis) => this.stride[axis]!),
      this.offset,
    )
  }

  pick(...indices: Index[]): StridedArray | ScalarArray {
    const shape: number[] = []
    const stride: number[] = []
    let offset = this.offset
    for (let axis = 0; axis < this.shape.length; axis++) {
      const index = indices[axis]
      if (typeof index === 'number' && index >= 0) {
        offset = Math.trunc(offset + this.stride[axis]! * index) || 0
      } else {
        shape.push(this.shape[axis]!)
        stride.push(this.stride[axis]!)
      }
    }
    if (shape.length === 0) return new ScalarArray(this.data, offset)
    return new StridedArray(this.data, shape, stride, offset)
  }
}

/** What has no axes is the same however it is viewed. */
abstract class AxisFree extends View {
  abstract lo(): AxisFree

  get shape(): number[] {
    return []
  }

  get stride(): number[] {
    return []
  }

  get order(): number[] {
    return []
  }

  hi(): AxisFree {
    return this.lo()
  }

  step(): AxisFree {
    return this.lo()
  }

  transpose(): AxisFree {
    return this.lo()
  }
}

/** Rank 0: one element. */
class ScalarArray extends AxisFree {
  offset: number

  constructor(data: Data, offset: number) {
    super(data)
    this.offset = offset
  }

  get dimension(): number {
    return 0
  }

  get size(): number {
    return 1
  }

  index(): number {
    return this.offset
  }

  get(): unknown {
    return this.read(this.offset)
  }

  override valueOf(): unknown {
    return this.get()
  }

  set(value: unknown): unknown {
    return this.write(this.offset, value)
  }

  lo(): ScalarArray {
    return new ScalarArray(this.data, this.offset)
  }

  pick(): EmptyArray {
    return new EmptyArray(this.data)
  }
}

/** ndarray's array of nothing, which `pick` of a 0-d array gives. */
class EmptyArray extends AxisFree {
  get dimension(): number {
    return -1
  }

  get size(): number {
    return 0
  }

  index(): number {
    return -1
  }

  get(): undefined {}

  set(): undefined {}

  lo(): EmptyArray {
    return new EmptyArray(this.data)
  }

  pick(): null {
    return null
  }
}
