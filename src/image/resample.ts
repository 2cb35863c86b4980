/**
 * Resampling along one axis: every output element is a weighted sum of a few neighbouring input elements. The weights
 * are Pillow's (libImaging/Resample.c, `precompute_coeffs`), which torch's antialiased interpolation shares, and
 * torch's where nothing is antialiased (aten/native/UpSample.h).
 */
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'

export const interpolations = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const

export type Interpolation = (typeof interpolations)[number]

/**
 * How an axis changes its length, and which of the new elements are wanted: from `from` up to, not including, `to`. All of
 * them stand for `extent` of the old ones, beginning at `start`; neither need be whole.
 */
export interface Span {
  readonly inLength: number
  readonly start: number
  readonly extent: number
  readonly outLength: number
  readonly from: number
  readonly to: number
}

/** Weights of one axis: wanted output `i` is the sum of `weights[i·width + t] · input[starts[i] + t]` over `t < counts[i]`. */
export interface Taps {
  readonly inLength: number
  /** How many outputs are wanted. */
  readonly count: number
  readonly starts: Int32Array
  readonly counts: Int32Array
  /** The most taps of any output. */
  readonly width: number
  readonly weights: Float64Array
}

/** A filter is 0 beyond its support on both sides. */
interface Filter {
  readonly support: number
  at(x: number): number
}

const filters: Record<Exclude<Interpolation, 'nearest'>, Filter> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  hamming: {
    support: 1,
    at: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0),
  },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: (x) => keys(Math.abs(x), -0.5) },
  lanczos: { support: 3, at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/** R. G. Keys, "Cubic convolution interpolation for digital image processing" (1981), with its parameter `a`. */
function keys(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a
  return 0
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Weights of the filter widened by the scale, so that a smaller image has no aliases. */
export function antialiasedTaps(span: Span, name: Exclude<Interpolation, 'nearest'>): Taps {
  const { inLength, start: origin, extent, outLength } = span
  const { support, at } = filters[name]
  const scale = extent / outLength
  const widening = Math.max(scale, 1)
  return collectTaps(span, (i) => {
    const center = origin + (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - support * widening + 0.5))
    const end = Math.min(inLength, Math.trunc(center + support * widening + 0.5))
    const weights = Array.from({ length: end - start }, (_, t) => at((start + t - center + 0.5) / widening))
    const sum = weights.reduce((a, b) => a + b, 0)
    return { start, weights: sum === 0 ? weights : weights.map((weight) => weight / sum) }
  })
}

/** Weights that pick one element: Pillow's choice, the one under the centre, or torch's, under the left edge. */
export function nearestTaps(span: Span, choice: 'pillow' | 'torch'): Taps {
  const { inLength, start: origin, extent, outLength } = span
  const scale = extent / outLength
  let centre = origin + scale * 0.5 // summed up step by step, as Pillow does: its rounding decides where two are equally near
  for (let i = 0; i < span.from; i++) centre += scale
  return collectTaps(span, (i) => {
    const start = Math.floor(choice === 'pillow' ? centre : origin + i * scale)
    centre += scale
    return { start: Math.min(inLength - 1, start), weights: [1] }
  })
}

/** torch's weights without antialiasing: a filter of fixed width, the border repeated, `a` = −0.75. */
export function pointTaps(
  span: Span,
  name: 'bilinear' | 'bicubic',
  { alignCorners }: { readonly alignCorners: boolean },
): Taps {
  const { inLength, outLength } = span
  const scale = alignCorners ? (outLength > 1 ? (inLength - 1) / (outLength - 1) : 0) : inLength / outLength
  return collectTaps(span, (i) => {
    const exact = alignCorners ? i * scale : (i + 0.5) * scale - 0.5
    const position = name === 'bilinear' ? Math.max(0, exact) : exact
    const first = Math.floor(position) - (name === 'bilinear' ? 0 : 1)
    const count = name === 'bilinear' ? 2 : 4
    const clamp = (index: number) => Math.min(inLength - 1, Math.max(0, index))
    const start = clamp(first)
    const weights = new Array<number>(clamp(first + count - 1) - start + 1).fill(0)
    for (let t = 0; t < count; t++) {
      const distance = Math.abs(position - (first + t))
      weights[clamp(first + t) - start]! += name === 'bilinear' ? 1 - distance : keys(distance, -0.75)
    }
    return { start, weights }
  })
}

function collectTaps(
  { inLength, from, to }: Span,
  tapsOf: (i: number) => { start: number; weights: readonly number[] },
): Taps {
  const count = to - from
  const all = Array.from({ length: count }, (_, i) => tapsOf(from + i))
  const width = all.reduce((most, { weights }) => Math.max(most, weights.length), 1)
  const taps = {
    inLength,
    count,
    width,
    starts: new Int32Array(count),
    counts: new Int32Array(count),
    weights: new Float64Array(count * width),
  }
  for (const [i, { start, weights }] of all.entries()) {
    taps.starts[i] = start
    taps.counts[i] = weights.length
    taps.weights.set(weights, i * width)
  }
  return taps
}

/** Resamples one axis of a contiguous float tensor; sums in double precision. */
export function resampleFloats<D extends Float32Array | Float64Array>(
  x: Tensor<D>,
  axis: number,
  taps: Taps,
): Tensor<D> {
  const shape = x.shape.with(axis, taps.count)
  const Floats = x.data.constructor as new (size: number) => D
  const data = new Floats(sizeOf(shape))
  resampleInto(data, x, axis, taps, taps.weights)
  return { ...contiguous(shape), data }
}

/** Bits after the point of Pillow's fixed-point weights. */
const PRECISION = 32 - 8 - 2
const HALF = 1 << (PRECISION - 1)

/** Resamples one axis of a contiguous uint8 tensor in Pillow's fixed-point arithmetic, bit for bit. */
export function resampleBytes(x: Tensor<Uint8Array>, axis: number, taps: Taps): Tensor<Uint8Array> {
  const shape = x.shape.with(axis, taps.count)
  const data = new Uint8ClampedArray(sizeOf(shape)) // which is how Pillow ends: below 0 is 0, above 255 is 255
  // rounded half away from zero
  const weights = Int32Array.from(taps.weights, (w) => Math.trunc(w * 2 ** PRECISION + (w < 0 ? -0.5 : 0.5)))
  resampleInto(data, x, axis, taps, weights)
  return { ...contiguous(shape), data: new Uint8Array(data.buffer) }
}

type Elements = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array
type Sums = Int32Array | Float64Array

/** A run of the output at `at`, the first run of the input that it is the sum of, and its weights. */
interface Run {
  at: number
  from: number
  tap: number
  count: number
}

/**
 * Weighted sums along one axis, in fixed point where the weights are integers. Whole runs of elements behind the axis (a
 * row of the image, when rows are resampled) are summed up together; runs of three, which are colours, one by one.
 */
function resampleInto(
  y: Elements,
  { data: x, shape, offset }: Tensor<Elements>,
  axis: number,
  { inLength, count, starts, counts, width }: Taps,
  weights: Sums,
): void {
  const outer = sizeOf(shape.slice(0, axis))
  const inner = sizeOf(shape.slice(axis + 1))
  const isFixed = weights instanceof Int32Array
  const sums = isFixed ? new Int32Array(inner) : new Float64Array(inner)
  const run: Run = { at: 0, from: 0, tap: 0, count: 0 }
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      run.from = offset + (o * inLength + starts[i]!) * inner
      run.tap = i * width
      run.count = counts[i]!
      if (inner === 3) sumColor(y, x, weights, run, isFixed)
      else sumMany(y, x, weights, run, isFixed, sums)
      run.at += inner
    }
  }
}

function sumMany(y: Elements, x: Elements, weights: Sums, run: Run, isFixed: boolean, sums: Sums): void {
  const { at, from, tap, count } = run
  const inner = sums.length
  sums.fill(isFixed ? HALF : 0)
  for (let t = 0; t < count; t++) {
    const weight = weights[tap + t]!
    const start = from + t * inner
    for (let k = 0; k < inner; k++) sums[k]! += x[start + k]! * weight
  }
  for (let k = 0; k < inner; k++) y[at + k] = isFixed ? sums[k]! >> PRECISION : sums[k]!
}

function sumColor(y: Elements, x: Elements, weights: Sums, run: Run, isFixed: boolean): void {
  const { at, from, tap, count } = run
  let red = isFixed ? HALF : 0
  let green = red
  let blue = red
  for (let t = 0; t < count; t++) {
    const weight = weights[tap + t]!
    const color = from + 3 * t
    red += x[color]! * weight
    green += x[color + 1]! * weight
    blue += x[color + 2]! * weight
  }
  y[at] = isFixed ? red >> PRECISION : red
  y[at + 1] = isFixed ? green >> PRECISION : green
  y[at + 2] = isFixed ? blue >> PRECISION : blue
}
