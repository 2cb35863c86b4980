/**
 * The slopes of what runs along rows, said plainly: how a change `g` of the result becomes a change of the input. In double precision, each result
 * rounded once; what the kernels in linear memory are tested against.
 */

import { erfc } from '../gemm/erf.ts'
import type { Floats } from '../layout/data.ts'
import { permute, sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/heap.ts'
import type { MapFunction } from './functions.ts'
import type { NormForm } from './norm.ts'
import { newLike, offsets, valuesOf } from './walk.ts'

/** The derivative of each function. */
export const slopes: Readonly<Record<MapFunction, (x: number) => number>> = {
  gelu: (x) =>
    Math.abs(x) === Number.POSITIVE_INFINITY
      ? Number(x > 0)
      : 0.5 * erfc(-x * Math.SQRT1_2) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
  'gelu-tanh': (x) => {
    const c = 2 * Math.sqrt(2 / Math.PI)
    return logisticSlope(x, c * (x + 0.044715 * x * x * x), c * (1 + 3 * 0.044715 * x * x))
  },
  // 0 at 0, as in PyTorch
  relu: (x) => (x > 0 ? 1 : x <= 0 ? 0 : Number.NaN),
  silu: (x) => logisticSlope(x, x, 1),
  'quick-gelu': (x) => logisticSlope(x, 1.702 * x, 1.702),
  exp: Math.exp,
  sin: Math.cos,
  cos: (x) => -Math.sin(x),
  // 0 at 0, as PyTorch has it of a standard deviation: of elements that are all the same
  sqrt: (x) => (x === 0 ? 0 : 0.5 / Math.sqrt(x)),
}

/** The derivative of `x σ(u)`, given u and its derivative: σ + x u′ σ (1 − σ). */
function logisticSlope(x: number, u: number, du: number): number {
  const sigma = 1 / (1 + Math.exp(-u))
  const rest = 1 / (1 + Math.exp(u)) // 1 − σ, which does not cancel
  const bend = sigma * rest
  return bend === 0 ? sigma : sigma + x * du * bend
}

/** `g · f′(x)`. */
export function mapSlope<D extends Floats>(g: Tensor<D>, x: Tensor<D>, fn: MapFunction): Tensor<D> {
  const slope = slopes[fn]
  return ofRows(g, x, x.shape.length === 0 ? [] : [x.shape.length - 1], (g, x) => {
    for (let i = 0; i < g.length; i++) g[i]! *= slope(x[i]!)
  })
}

/** Of softmax, given its result: `y (g − Σ g y)`; of its logarithm `g − exp(y) Σ g`. */
export function softmaxSlope<D extends Floats>(
  g: Tensor<D>,
  y: Tensor<D>,
  { axis, log }: { readonly axis: number; readonly log: boolean },
): Tensor<D> {
  return ofRows(g, y, y.shape.length === 0 ? [] : [axis], (g, y) => {
    let sum = 0
    for (let i = 0; i < g.length; i++) sum += log ? g[i]! : g[i]! * y[i]!
    for (let i = 0; i < g.length; i++) g[i] = log ? g[i]! - Math.exp(y[i]!) * sum : y[i]! * (g[i]! - sum)
  })
}

/**
 * Of a norm, with respect to what is normalised: where x̂ are the normalised values and h = g · weight,
 * `(h − mean(h) − x̂ mean(h x̂)) / σ`; without the first mean where nothing is centred.
 */
export function normSlope<D extends Floats>(
  g: Tensor<D>,
  x: Tensor<D>,
  { axes, eps, centred }: NormForm,
  weight: Tensor<D> | null,
): Tensor<D> {
  const factors = weight && valuesOf(weight)
  return ofRows(g, x, axes, (g, x) => {
    const n = x.length
    let mean = 0
    if (centred) {
      for (let i = 0; i < n; i++) mean += x[i]!
      mean /= n
    }
    let squares = 0
    for (let i = 0; i < n; i++) squares += (x[i]! - mean) ** 2
    const scale = 1 / Math.sqrt(squares / n + eps)
    let sum = 0
    let along = 0
    for (let i = 0; i < n; i++) {
      if (factors) g[i]! *= factors[i]!
      x[i] = (x[i]! - mean) * scale
      sum += g[i]!
      along += g[i]! * x[i]!
    }
    const level = centred ? sum / n : 0
    for (let i = 0; i < n; i++) g[i] = scale * (g[i]! - level - x[i]! * (along / n))
  })
}

/** Applies `compute` to the rows of two tensors of one shape along `axes`; what it makes of the first one's are the result's. */
function ofRows<D extends Floats>(
  g: Tensor<D>,
  x: Tensor<D>,
  axes: readonly number[],
  compute: (g: Float64Array, x: Float64Array) => void,
): Tensor<D> {
  const result = newLike(x, x.shape)
  if (sizeOf(x.shape) === 0) return result
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  const tensors = [g, x, result]
  const inside = tensors.map((tensor) => offsets({ ...permute(tensor, axes), offset: 0 }))
  const starts = tensors.map((tensor) => offsets(permute(tensor, others)))
  const [gs, xs, target] = tensors.map(({ data }) => current(data as Floats)) as [Floats, Floats, Floats]
  const [p, q] = [new Float64Array(inside[0]!.length), new Float64Array(inside[0]!.length)]
  for (let r = 0; r < starts[0]!.length; r++) {
    for (let i = 0; i < p.length; i++) {
      p[i] = gs[starts[0]![r]! + inside[0]![i]!]!
      q[i] = xs[starts[1]![r]! + inside[1]![i]!]!
    }
    compute(p, q)
    for (let i = 0; i < p.length; i++) target[starts[2]![r]! + inside[2]![i]!] = p[i]!
  }
  return result
}
