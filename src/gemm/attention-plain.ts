/** Attention by two products and a softmax for each block of rows: where there is no WebAssembly, and what that is tested against. */
import { allocate, type Floats } from '../layout/data.ts'
import type { Layout } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/heap.ts'
import { computedPlainly } from '../wasm/recording.ts'
import type { AttentionProblem } from './attention-problem.ts'
import { contract } from './contraction.ts'
import { noEpilogue } from './epilogue.ts'
import { forEachOffset } from './matrix.ts'
import type { Operand } from './operand.ts'

/** Computes output, and weights where they are wanted. */
export function attendPlainly<D extends Floats>(problem: AttentionProblem<D>): void {
  computedPlainly()
  const { q, k, v, bias, weights, output, scale } = problem
  const [n, d] = q.shape.slice(-2) as [number, number]
  const [m, e] = v.shape.slice(-2) as [number, number]
  const block = rowsAtOnce(n, m)
  const scores = weights ?? {
    data: allocate(output.data, block * m),
    shape: [block, m],
    stride: [m, 1],
    offset: 0,
  }
  const tensors: readonly Tensor<D>[] = [q, k, v, output, weights ?? q, bias ?? q]
  forEachOffset(
    q.shape.slice(0, -2),
    tensors.map(({ stride }) => stride.slice(0, -2)),
    tensors.map(({ offset }) => offset),
    (at) => {
      for (let row = 0; row < n; row += block) {
        const rows = Math.min(block, n - row)
        const from = (tensor: number) => at[tensor]! + row * down(tensors[tensor]!)
        const start = weights ? from(4) : 0
        // scores: [rows, m] = scale · q [rows, d] · k [m, d] + bias
        contract({
          lengths: [rows, m, d],
          operands: [
            operand(q, from(0), [down(q), 0, across(q)]),
            operand(k, at[1]!, [0, down(k), across(k)]),
          ],
          output: operand(scores, start, [m, 1, 0]),
          epilogue: {
            ...noEpilogue,
            scale,
            bias: bias && operand(bias, from(5), [down(bias), across(bias), 0]),
          },
        })
        softmaxRows(current(scores.data), start, rows, m)
        // output: [rows, e] = scores [rows, m] · v [m, e]
        contract({
          lengths: [rows, e, m],
          operands: [operand(scores, start, [m, 0, 1]), operand(v, at[2]!, [0, across(v), down(v)])],
          output: operand(output, from(3), [down(output), across(output), 0]),
          epilogue: noEpilogue,
        })
      }
    },
  )
}

const down = ({ stride }: Layout) => stride.at(-2)!
const across = ({ stride }: Layout) => stride.at(-1)!

function operand({ data }: Tensor, offset: number, stride: readonly number[]): Operand {
  return { data, offset, stride }
}

/** Subtracts each row's maximum, exponentiates and divides by the sum: [rows, length], contiguous, in place. */
function softmaxRows(data: Floats, offset: number, rows: number, length: number): void {
  for (let row = 0; row < rows; row++) {
    const start = offset + row * length
    let maximum = Number.NEGATIVE_INFINITY
    for (let i = start; i < start + length; i++) if (!(data[i]! <= maximum)) maximum = data[i]!
    let sum = 0
    for (let i = start; i < start + length; i++) {
      const power = Math.exp(data[i]! - maximum)
      data[i] = power
      sum += power
    }
    const factor = 1 / sum
    for (let i = start; i < start + length; i++) data[i]! *= factor
  }
}

/** Scores that exist at once, unless the rows are longer: 192 kB, which the second-level cache holds. */
const scoresAtOnce = 48 * 1024
const leastRows = 16

/** How many rows of scores exist at once: all blocks about as long, the last one not left with a few. */
function rowsAtOnce(n: number, m: number): number {
  const most = Math.max(leastRows, Math.floor(scoresAtOnce / Math.max(1, m)))
  return Math.ceil(n / Math.max(1, Math.ceil(n / most)))
}
