/**
 * Attention: softmax(scale · q kᵀ + bias) v (Vaswani et al., arXiv:1706.03762, section 3.2.1), for one block of query rows after the
 * other, so that the weights [n, m] of a head never exist as a whole unless they are asked for. q, k and v are read where they stand:
 * as views of one fused qkv they cost no copy.
 */
import { contiguous, type Layout, permute, sizeOf } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { contract, type Operand } from './contraction.ts'
import { noEpilogue } from './epilogue.ts'
import { forEachOffset } from './matrix.ts'

export interface AttentionOptions {
  /** What the scores are multiplied by; 1/√d if not given. */
  readonly scale?: number | undefined
  /** Added to the scores: broadcasts against [...batch, n, m] as in numpy; −Infinity masks. */
  readonly bias?: FloatTensor | undefined
  /** Whether the weights are wanted as well. */
  readonly weights?: boolean
}

export interface AttentionResult {
  /** [...batch, n, e]; in memory n stands before the last batch axis, so that 'b h n e -> b n (h e)' is a view. */
  readonly output: FloatTensor
  /** [...batch, n, m], or null where they were not wanted. */
  readonly weights: FloatTensor | null
}

/** Rows of scores that exist at once. */
const rowBlock = 48

/**
 * Every query looks at all keys and takes the mean of the values, weighted by softmax(scale · q kᵀ + bias).
 *
 * q: [...batch, n, d], k: [...batch, m, d], v: [...batch, m, e], any strides
 */
export function attention(
  q: FloatTensor,
  k: FloatTensor,
  v: FloatTensor,
  options: AttentionOptions = {},
): AttentionResult {
  const batch = q.shape.slice(0, -2)
  const [n, d] = q.shape.slice(-2) as [number, number]
  const [m, e] = v.shape.slice(-2) as [number, number]
  const { scale = d ** -0.5 } = options

  const output = newTensor(headsInside([...batch, n, e]))
  const weights = options.weights ? newTensor(contiguous([...batch, n, m])) : null
  const bias = options.bias ? broadcastTo([...batch, n, m], options.bias) : null
  const scratch = weights ? null : new Float32Array(Math.min(n, rowBlock) * m)

  const tensors = [q, k, v, output, weights ?? q, bias ?? q]
  const [query, key, value, result, wanted, added] = tensors.map(inner)
  forEachOffset(
    batch,
    tensors.map(({ stride }) => stride.slice(0, -2)),
    tensors.map(({ offset }) => offset),
    (at) => {
      for (let row = 0; row < n; row += rowBlock) {
        const rows = Math.min(rowBlock, n - row)
        const from = (matrix: InnerMatrix, tensor: number) => at[tensor]! + row * matrix.down
        const scores = scratch
          ? { data: scratch, offset: 0, down: m, across: 1 }
          : { ...wanted!, offset: from(wanted!, 4) }
        // scores: [rows, m] = scale · q [rows, d] · k [m, d] + bias
        const { down, across } = scores
        contract({
          lengths: [rows, m, d],
          operands: [
            operand(query!, from(query!, 0), [query!.down, 0, query!.across]),
            operand(key!, at[1]!, [0, key!.down, key!.across]),
          ],
          output: operand(scores, scores.offset, [down, across, 0]),
          epilogue: {
            ...noEpilogue,
            scale,
            bias: bias && operand(added!, from(added!, 5), [added!.down, added!.across, 0]),
          },
        })
        softmaxRows(scores.data, scores.offset, rows, m)
        // output: [rows, e] = scores [rows, m] · v [m, e]
        contract({
          lengths: [rows, e, m],
          operands: [
            operand(scores, scores.offset, [down, 0, across]),
            operand(value!, at[2]!, [0, value!.across, value!.down]),
          ],
          output: operand(result!, from(result!, 3), [result!.down, result!.across, 0]),
          epilogue: noEpilogue,
        })
      }
    },
  )
  return { output, weights }
}

/** The last two axes of a tensor. */
interface InnerMatrix {
  readonly data: Float32Array
  readonly down: number
  readonly across: number
}

function inner({ data, stride }: FloatTensor): InnerMatrix {
  return { data, down: stride.at(-2)!, across: stride.at(-1)! }
}

function operand({ data }: { data: Float32Array }, offset: number, stride: readonly number[]): Operand {
  return { data, offset, stride }
}

/** Subtracts each row's maximum, exponentiates and divides by the sum: rows [rows, length], contiguous, in place. */
function softmaxRows(data: Float32Array, offset: number, rows: number, length: number): void {
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

/** [...batch, head, n, e] with memory in the order [...batch, n, head, e]. */
function headsInside(shape: readonly number[]): Layout {
  const axes = shape.map((_, axis) => axis)
  const head = shape.length - 3
  if (head < 0) return contiguous(shape)
  const swapped = axes.with(head, head + 1).with(head + 1, head)
  return permute(contiguous(swapped.map((axis) => shape[axis]!)), swapped)
}

/** The tensor repeated to a shape as numpy does: missing axes in front, axes of length 1 with stride 0. */
function broadcastTo(shape: readonly number[], tensor: FloatTensor): FloatTensor {
  const missing = shape.length - tensor.shape.length
  const stride = shape.map((_, axis) => {
    const own = axis - missing
    return own < 0 || tensor.shape[own] === 1 ? 0 : tensor.stride[own]!
  })
  return { data: tensor.data, shape, stride, offset: tensor.offset }
}

function newTensor(layout: Layout): FloatTensor {
  return { ...layout, data: new Float32Array(sizeOf(layout.shape)) }
}
