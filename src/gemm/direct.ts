/**
 * Products too thin for packing (matrix times vector, outer and elementwise products, sums): each row of the output is summed in
 * doubles and stored once. The inner loop runs along the output or along the sum, whichever the operands hold closer together.
 */
import { activations } from './activation.ts'
import type { BoundEpilogue } from './epilogue.ts'
import type { Numbers } from './kernel.ts'
import { forEachOffset } from './matrix.ts'
import { dataOf, type Operand } from './operand.ts'
import type { Product } from './pair.ts'

/** How many elements of a row are summed at once. */
const longest = 1024

/** Computes a product without packing. */
export function multiplyDirectly({ lengths, a, b, output, epilogue, groups }: Product): void {
  const { batch, rows, columns, depth } = groups
  const step = (tensor: Operand, label: number | undefined) =>
    label === undefined ? 0 : tensor.stride[label]!
  const kept = [...batch, ...rows, ...columns].sort(
    (x, y) => Math.abs(step(output, y)) - Math.abs(step(output, x)),
  )
  const along = kept.at(-1)
  const summed = depth.at(-1)
  const length = along === undefined ? 1 : lengths[along]!
  const count = summed === undefined ? 1 : lengths[summed]!
  const [dataA, dataB] = [dataOf(a) as Numbers, dataOf(b) as Numbers]
  const [aj, bj] = [step(a, along), step(b, along)]
  const [ak, bk] = [step(a, summed), step(b, summed)]
  const alongOutput = length >= 4 && (count < 4 || Math.abs(aj) + Math.abs(bj) <= Math.abs(ak) + Math.abs(bk))
  const accumulate = alongOutput ? addScaledRows : addDotProducts
  const sums = new Float64Array(Math.min(length, longest))

  const outer = kept.slice(0, -1)
  const outerDepth = depth.slice(0, -1)
  const absent: Operand = { data: [], offset: 0, stride: lengths.map(() => 0) }
  const tensors = [a, b, output, epilogue.bias ?? absent, epilogue.residual ?? absent]
  const over = (labels: readonly number[]) => labels.map((label) => lengths[label]!)
  const strides = (labels: readonly number[]) =>
    tensors.map(({ stride }) => labels.map((label) => stride[label]!))
  const outerStrides = strides(outer)
  const depthStrides = strides(outerDepth).slice(0, 2)
  const store = storeRow(output, epilogue, along)
  forEachOffset(
    over(outer),
    outerStrides,
    tensors.map(({ offset }) => offset),
    (at) => {
      for (let start = 0; start < length; start += longest) {
        const n = Math.min(longest, length - start)
        sums.fill(0, 0, n)
        if (count > 0) {
          forEachOffset(
            over(outerDepth),
            depthStrides,
            [at[0]! + start * aj, at[1]! + start * bj],
            (from) => {
              accumulate(dataA, from[0]!, aj, ak, dataB, from[1]!, bj, bk, n, count, sums)
            },
          )
        }
        store(sums, n, start, at)
      }
    },
  )
}

/** sums[j] += Σₖ a[k, j] · b[k, j], row by row of the depth. */
function addScaledRows(
  a: Numbers,
  fromA: number,
  aj: number,
  ak: number,
  b: Numbers,
  fromB: number,
  bj: number,
  bk: number,
  length: number,
  count: number,
  sums: Float64Array,
): void {
  for (let k = 0; k < count; k++) {
    let p = fromA + k * ak
    let q = fromB + k * bk
    if (aj === 0) {
      const x = a[p]!
      for (let j = 0; j < length; j++, q += bj) sums[j]! += x * b[q]!
    } else if (bj === 0) {
      const y = b[q]!
      for (let j = 0; j < length; j++, p += aj) sums[j]! += a[p]! * y
    } else {
      for (let j = 0; j < length; j++, p += aj, q += bj) sums[j]! += a[p]! * b[q]!
    }
  }
}

/** sums[j] += Σₖ a[k, j] · b[k, j], element by element of the output. */
function addDotProducts(
  a: Numbers,
  fromA: number,
  aj: number,
  ak: number,
  b: Numbers,
  fromB: number,
  bj: number,
  bk: number,
  length: number,
  count: number,
  sums: Float64Array,
): void {
  for (let j = 0; j < length; j++) {
    let p = fromA + j * aj
    let q = fromB + j * bj
    // four sums, so that an addition need not wait for the one before
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    let k = 0
    for (; k + 4 <= count; k += 4, p += 4 * ak, q += 4 * bk) {
      s0 += a[p]! * b[q]!
      s1 += a[p + ak]! * b[q + bk]!
      s2 += a[p + 2 * ak]! * b[q + 2 * bk]!
      s3 += a[p + 3 * ak]! * b[q + 3 * bk]!
    }
    for (; k < count; k++, p += ak, q += bk) s0 += a[p]! * b[q]!
    sums[j]! += s0 + s1 + (s2 + s3)
  }
}

/** Applies the epilogue to a row of sums and writes it along a label; `at` are the offsets of output, bias, residual from 2 on. */
function storeRow(
  output: Operand,
  { scale, bias, activation, residual }: BoundEpilogue,
  along: number | undefined,
) {
  const activate = activation && activations[activation]
  const step = (tensor: Operand | null) =>
    tensor === null || along === undefined ? 0 : tensor.stride[along]!
  const add = (tensor: Operand | null, from: number, start: number, sums: Float64Array, n: number) => {
    if (tensor === null) return
    const data = dataOf(tensor) as Numbers
    const stride = step(tensor)
    for (let j = 0, p = from + start * stride; j < n; j++, p += stride) sums[j]! += data[p]!
  }
  return (sums: Float64Array, n: number, start: number, at: readonly number[]) => {
    if (scale !== 1) for (let j = 0; j < n; j++) sums[j]! *= scale
    add(bias, at[3]!, start, sums, n)
    if (activate) for (let j = 0; j < n; j++) sums[j] = activate(sums[j]!)
    add(residual, at[4]!, start, sums, n)
    const data = dataOf(output) as Numbers
    const stride = step(output)
    for (let j = 0, p = at[2]! + start * stride; j < n; j++, p += stride) data[p] = sums[j]!
  }
}
