/**
 * Thin products in plain TypeScript, straight from where their operands stand: each element of the output is a sum of doubles, stored once. What the kernel in
 * linear memory is tested against (src/wasm/assembly/shared/thin.ts), and what computes where that does not: tensors of other dtypes, small ones that are not in
 * linear memory, activations.
 */
import { fillOffsets, type Walk } from '../wasm/offsets.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { activations } from './activation.ts'
import type { BoundEpilogue } from './epilogue.ts'
import type { Elements } from './kernel.ts'
import { forEachOffset } from './matrix.ts'
import { dataOf } from './operand.ts'
import type { Product } from './pair.ts'
import { planThin, type ThinLoop } from './thin-plan.ts'

/** Everything that the innermost loops need. */
interface Sums {
  readonly a: Elements
  readonly b: Elements
  readonly output: Elements
  /** Null where a sum goes to memory as it is. */
  readonly finish: Finish | null
  /** Three loops over the output. */
  readonly x: ThinLoop
  readonly y: ThinLoop
  readonly z: ThinLoop
  readonly depth: { readonly length: number; readonly a: number; readonly b: number }
  /** Where the innermost loop over terms begins. */
  readonly outerA: Int32Array | Float64Array
  readonly outerB: Int32Array | Float64Array
}

/** What becomes of a sum, given where bias and residual are. */
type Finish = (sum: number, bias: number, residual: number) => number

type Compute = (sums: Sums, a: number, b: number, output: number, bias: number, residual: number) => void

const none: ThinLoop = { length: 1, a: 0, b: 0, output: 0, bias: 0, residual: 0 }

/** Computes a product without packing. */
export function multiplyDirectly(product: Product): void {
  computedPlainly()
  const { output, epilogue } = product
  const { form, a, b, loops, depth, outerA, outerB } = planThin(product)
  const padded = [none, none, ...loops].slice(-Math.max(3, loops.length))
  const [x, y, z] = padded.slice(-3) as [ThinLoop, ThinLoop, ThinLoop]
  const outer = padded.slice(0, -3)
  const sums: Sums = {
    ...{ a: dataOf(a) as Elements, b: dataOf(b) as Elements, output: dataOf(output) as Elements },
    ...{ finish: finishing(epilogue), x, y, z, depth },
    ...{ outerA: tableOf(outerA), outerB: tableOf(outerB) },
  }
  const single = sums.finish === null && depth.length === 1 && sums.outerA.length === 1
  const compute: Compute = form === 'dots' ? dots : single ? products : sumsInOrder
  const { bias, residual } = epilogue
  forEachOffset(
    outer.map(({ length }) => length),
    (['a', 'b', 'output', 'bias', 'residual'] as const).map((tensor) => outer.map((loop) => loop[tensor])),
    [a.offset, b.offset, output.offset, bias?.offset ?? 0, residual?.offset ?? 0],
    ([a, b, output, bias, residual]) => compute(sums, a!, b!, output!, bias!, residual!),
  )
}

function tableOf(walk: Walk): Int32Array {
  const table = new Int32Array(walk.lengths.reduce((n, length) => n * length, 1))
  fillOffsets(walk, 0, table)
  return table
}

function finishing({ scale, bias, activation, residual }: BoundEpilogue): Finish | null {
  if (scale === 1 && bias === null && activation === null && residual === null) return null
  const biases = bias && (dataOf(bias) as Elements)
  const residuals = residual && (dataOf(residual) as Elements)
  const activate = activation && activations[activation]
  return (sum, b, r) => {
    let value = sum * scale
    if (biases) value += biases[b]!
    if (activate) value = activate(value)
    if (residuals) value += residuals[r]!
    return value
  }
}

/** A product each; 0 is added, as to a sum. */
function products({ a, b, output, x, y, z }: Sums, atA: number, atB: number, at: number): void {
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      let p = atA + i * x.a + j * y.a
      let q = atB + i * x.b + j * y.b
      let t = at + i * x.output + j * y.output
      for (let l = z.length; l > 0; l--, p += z.a, q += z.b, t += z.output) output[t] = a[p]! * b[q]! + 0
    }
  }
}

/** The terms of each sum one after the other. */
function sumsInOrder(
  sums: Sums,
  atA: number,
  atB: number,
  at: number,
  atBias: number,
  atResidual: number,
): void {
  const { a, b, output, finish, x, y, z, depth, outerA, outerB } = sums
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      let from = atA + i * x.a + j * y.a
      let other = atB + i * x.b + j * y.b
      let t = at + i * x.output + j * y.output
      for (let l = 0; l < z.length; l++, from += z.a, other += z.b, t += z.output) {
        let sum = 0
        for (let o = 0; o < outerA.length; o++) {
          let p = from + outerA[o]!
          let q = other + outerB[o]!
          for (let k = depth.length; k > 0; k--, p += depth.a, q += depth.b) sum += a[p]! * b[q]!
        }
        output[t] = finish
          ? finish(
              sum,
              atBias + i * x.bias + j * y.bias + l * z.bias,
              atResidual + i * x.residual + j * y.residual + l * z.residual,
            )
          : sum
      }
    }
  }
}

/** Eight sums for each element, and one of what is left, in the order of the kernel's lanes. */
function dots(sums: Sums, atA: number, atB: number, at: number, atBias: number, atResidual: number): void {
  const { a, b, output, finish, x, y, z, depth, outerA, outerB } = sums
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      for (let l = 0; l < z.length; l++) {
        const from = atA + i * x.a + j * y.a + l * z.a
        const other = atB + i * x.b + j * y.b + l * z.b
        let s0 = 0
        let s1 = 0
        let s2 = 0
        let s3 = 0
        let s4 = 0
        let s5 = 0
        let s6 = 0
        let s7 = 0
        let rest = 0
        for (let o = 0; o < outerA.length; o++) {
          let p = from + outerA[o]!
          let q = other + outerB[o]!
          let k = depth.length
          for (; k >= 8; k -= 8, p += 8, q += 8) {
            s0 += a[p]! * b[q]!
            s1 += a[p + 1]! * b[q + 1]!
            s2 += a[p + 2]! * b[q + 2]!
            s3 += a[p + 3]! * b[q + 3]!
            s4 += a[p + 4]! * b[q + 4]!
            s5 += a[p + 5]! * b[q + 5]!
            s6 += a[p + 6]! * b[q + 6]!
            s7 += a[p + 7]! * b[q + 7]!
          }
          for (; k > 0; k--, p++, q++) rest += a[p]! * b[q]!
        }
        const sum = s0 + s2 + (s4 + s6) + (s1 + s3 + (s5 + s7)) + rest
        const t = at + i * x.output + j * y.output + l * z.output
        output[t] = finish
          ? finish(
              sum,
              atBias + i * x.bias + j * y.bias + l * z.bias,
              atResidual + i * x.residual + j * y.residual + l * z.residual,
            )
          : sum
      }
    }
  }
}
