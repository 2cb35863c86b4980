/** Sums and products of two tensors, with the broadcasting rule of NumPy: axes are matched from the last one, and an axis of length 1, or a missing one, repeats. */
import { broadcastTo } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/heap.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { type FloatArray, newLike, offsets } from './walk.ts'

/** What is done to two elements. */
export type Arithmetic = 'add' | 'multiply'

const functions: Record<Arithmetic, (a: Float64Array, b: Float64Array) => void> = {
  add: (a, b) => {
    for (let i = 0; i < a.length; i++) a[i]! += b[i]!
  },
  multiply: (a, b) => {
    for (let i = 0; i < a.length; i++) a[i]! *= b[i]!
  },
}

/** The shape that two shapes broadcast to, or null where they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | null {
  const shape: number[] = []
  for (let back = 1; back <= Math.max(a.length, b.length); back++) {
    const m = a.at(-back) ?? 1
    const n = b.at(-back) ?? 1
    if (m !== n && m !== 1 && n !== 1) return null
    shape.unshift(m === 1 ? n : m)
  }
  return shape
}

/** The sum or the product of two tensors whose shapes broadcast to `shape`, row by row in double precision. */
export function combine<D extends FloatArray>(
  a: Tensor<D>,
  b: Tensor<D>,
  shape: readonly number[],
  fn: Arithmetic,
): Tensor<D> {
  computedPlainly()
  const compute = functions[fn]
  const result = newLike(a, shape)
  const n = shape.at(-1) ?? 1
  const target = current(result.data)
  const p = new Float64Array(n)
  const q = new Float64Array(n)
  const rowsOfA = rows(a, shape)
  const rowsOfB = rows(b, shape)
  for (let r = 0; r < rowsOfA.starts.length && n > 0; r++) {
    gather(current(a.data), rowsOfA.starts[r]!, rowsOfA.step, p)
    gather(current(b.data), rowsOfB.starts[r]!, rowsOfB.step, q)
    compute(p, q)
    target.set(p, result.offset + r * n)
  }
  return result
}

/** Where the rows of `x`, repeated to `shape`, begin, and the step within them. */
function rows<D extends FloatArray>(
  x: Tensor<D>,
  shape: readonly number[],
): { starts: Float64Array; step: number } {
  const { stride, offset } = broadcastTo(x, shape)
  return {
    starts: offsets({ shape: shape.slice(0, -1), stride: stride.slice(0, -1), offset }),
    step: stride.at(-1) ?? 0,
  }
}

function gather(data: FloatArray, start: number, step: number, row: Float64Array): void {
  for (let i = 0; i < row.length; i++) row[i] = data[start + i * step]!
}
