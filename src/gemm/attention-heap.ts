/** Attention in linear memory: keys and values of a head are packed once, then pass by block after block of queries. */
import { copyApart } from '../copy/copy.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { type Heap, isResident } from '../wasm/heap.ts'
import type { Walk } from '../wasm/offsets.ts'
import { ProductEngine, type ResidentMatrix } from '../wasm/product.ts'
import { resultTensor } from '../wasm/result.ts'
import { type AttentionProblem, rowsAtOnce } from './attention-problem.ts'
import { forEachOffset } from './matrix.ts'

/** Computes output, and weights where they are wanted; both live in the heap. */
export function attendInHeap(heap: Heap, problem: AttentionProblem): void {
  const { engine } = heap
  const { scale, output, weights } = problem
  const [q, k, v] = [problem.q, problem.k, problem.v].map(brought) as [FloatTensor, FloatTensor, FloatTensor]
  const bias = problem.bias && brought(problem.bias)
  const [n, d] = q.shape.slice(-2) as [number, number]
  const [m, e] = v.shape.slice(-2) as [number, number]
  const block = rowsAtOnce(n, m)
  const scratch = weights ?? resultTensor([block, m])
  const keys = 4 * resultTensor([ProductEngine.packedBytes(d, m) / 4]).offset
  const values = 4 * resultTensor([ProductEngine.packedBytes(m, e) / 4]).offset
  const tensors = [q, k, v, output, weights ?? q, bias ?? q]
  forEachOffset(
    q.shape.slice(0, -2),
    tensors.map(({ stride }) => stride.slice(0, -2)),
    tensors.map(({ offset }) => offset),
    (at) => {
      engine.packColumns(transposed(matrix(k, at[1]!, m)), d, m, keys)
      engine.packColumns(matrix(v, at[2]!, m), m, e, values)
      for (let row = 0; row < n; row += block) {
        const rows = Math.min(block, n - row)
        const part = (tensor: FloatTensor, offset: number) =>
          matrix(tensor, offset + row * tensor.stride.at(-2)!, rows)
        const scores = weights ? part(weights, at[4]!) : matrix(scratch, scratch.offset, rows)
        // scores: [rows, m] = scale · q [rows, d] · k [m, d] + bias
        const query = part(q, at[0]!)
        engine.multiply({
          m: rows,
          n: m,
          k: d,
          a: query,
          b: { panels: keys },
          target: scores,
          scale,
          bias: bias && part(bias, at[5]!),
        })
        heap.rows.softmax(scores.origin, rows, m)
        // output: [rows, e] = scores [rows, m] · v [m, e]
        engine.multiply({
          m: rows,
          n: e,
          k: m,
          a: scores,
          b: { panels: values },
          target: part(output, at[3]!),
        })
      }
    },
  )
}

/** The tensor itself where it lives in the heap, else a copy there. */
function brought(tensor: FloatTensor): FloatTensor {
  if (isResident(tensor.data)) return tensor
  const copy = resultTensor(tensor.shape)
  copyApart(tensor, copy)
  return copy
}

/** The last two axes of a tensor from an element on. */
function matrix({ shape, stride }: FloatTensor, offset: number, rows: number): ResidentMatrix {
  return {
    origin: 4 * offset,
    rows: axis(rows, stride.at(-2)!),
    columns: axis(shape.at(-1)!, stride.at(-1)!),
  }
}

function axis(length: number, stride: number): Walk {
  return { lengths: [length], strides: [stride] }
}

function transposed({ origin, rows, columns }: ResidentMatrix): ResidentMatrix {
  return { origin, rows: columns, columns: rows }
}
