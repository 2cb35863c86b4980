/** Sums and products of two tensors, with the broadcasting rule of NumPy: axes are matched from the last one, and an axis of length 1, or a missing one, repeats. */
import { broadcastTo } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { current } from '../wasm/heap.ts'
import { resultTensor } from '../wasm/result.ts'
import { combineInHeap } from './in-heap.ts'
import { offsets } from './walk.ts'

/** `a + b`. */
export function add(a: FloatTensor, b: FloatTensor): FloatTensor {
  return combine(a, b, 'add', (p, q, sum) => {
    for (let i = 0; i < sum.length; i++) sum[i] = p[i]! + q[i]!
  })
}

/** `a · b`, element by element. */
export function multiply(a: FloatTensor, b: FloatTensor): FloatTensor {
  return combine(a, b, 'multiply', (p, q, product) => {
    for (let i = 0; i < product.length; i++) product[i] = p[i]! * q[i]!
  })
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

type RowPair = (a: Float32Array, b: Float32Array, result: Float32Array) => void

function combine(a: FloatTensor, b: FloatTensor, kernel: 'add' | 'multiply', compute: RowPair): FloatTensor {
  const shape = broadcastShape(a.shape, b.shape)
  if (shape === null) {
    throw new Error(`internal: shapes [${a.shape}] and [${b.shape}] do not broadcast`)
  }
  const inHeap = combineInHeap(repeated(a, shape), repeated(b, shape), kernel)
  if (inHeap) return inHeap
  const result = resultTensor(shape)
  const n = shape.at(-1) ?? 1
  const target = current(result.data)
  const p = new Float32Array(n)
  const q = new Float32Array(n)
  const rowsOfA = rows(a, shape)
  const rowsOfB = rows(b, shape)
  for (let r = 0; r < rowsOfA.starts.length && n > 0; r++) {
    gather(current(a.data), rowsOfA.starts[r]!, rowsOfA.step, p)
    gather(current(b.data), rowsOfB.starts[r]!, rowsOfB.step, q)
    const start = result.offset + r * n
    compute(p, q, target.subarray(start, start + n))
  }
  return result
}

/** Where the rows of `x`, repeated to `shape`, begin, and the step within them. */
function rows(x: FloatTensor, shape: readonly number[]): { starts: Float64Array; step: number } {
  const { stride, offset } = broadcastTo(x, shape)
  return {
    starts: offsets({ shape: shape.slice(0, -1), stride: stride.slice(0, -1), offset }),
    step: stride.at(-1) ?? 0,
  }
}

function repeated(x: FloatTensor, shape: readonly number[]): FloatTensor {
  return { data: x.data, ...broadcastTo(x, shape) }
}

function gather(data: Float32Array, start: number, step: number, row: Float32Array): void {
  for (let i = 0; i < row.length; i++) row[i] = data[start + i * step]!
}
