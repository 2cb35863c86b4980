/**
 * Losses, as PyTorch has them: made of the library's operations, so that their gradients are, too. What is expected stands in an array of the
 * result's shape, so that a loss is one einsum.
 */

import { materialize } from '../copy/copy.ts'
import type { Floats } from '../layout/data.ts'
import { isFloatDtype } from '../layout/dtype.ts'
import { isSameShape, sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { expectOptions, type Kinds, kind, oneOf } from '../nn/options.ts'
import { asValue, present } from '../ops/array.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { rmsNorm } from '../steps/norm.ts'
import { joined } from '../steps/pack.ts'
import { logSoftmax } from '../steps/softmax.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { add, multiply } from '../steps/zip.ts'
import { alike, axesOf, constant, scaled, zerosLike } from './changes.ts'
import { floats, mistake } from './refuse.ts'

const reductions = ['mean', 'sum', 'none'] as const

/** What becomes of the losses of the samples: their mean, their sum, or nothing. */
export type LossReduction = (typeof reductions)[number]

export interface LossOptions {
  /** `'mean'` if not given. */
  readonly reduction?: LossReduction | undefined
}

const loss = <D extends Floats>(value: Value) => present(value) as NdArray<D>

const lossKinds: Kinds<LossOptions> = { reduction: oneOf(reductions) }

export interface CrossEntropyOptions extends LossOptions {
  /** How much of the probability is spread evenly over all classes, 0 to 1; 0 if not given. */
  readonly smoothing?: number | undefined
  /** A class that does not count; −100 if not given. */
  readonly ignore?: number | undefined
}

const crossEntropyKinds: Kinds<CrossEntropyOptions> = {
  ...lossKinds,
  smoothing: kind.share,
  ignore: kind.number,
}

/**
 * −Σ expected probability · log softmax(logits): logits [b, classes] or [b, classes, …] → [], PyTorch's `cross_entropy`.
 *
 * @param logits float32 or float64; the classes are axis 1, of a single sample axis 0
 * @param labels the right classes, an array or a list of whole numbers [b, …], or their probabilities in an array of the logits' shape
 * @returns an array of shape [], the mean over what is not ignored; with `reduction: 'none'` one loss for each sample
 * @throws {EinopsError} when the labels do not fit the logits, or one is no class
 *
 * @example
 * const logits = ndarray(new Float32Array([2, 0, 0, 3]), [2, 2])
 * crossEntropy(logits, [0, 1]).get().toFixed(4) // → '0.0878'
 */
export function crossEntropy<D extends Floats>(
  logits: NdArray<D>,
  labels: NdArray<Data> | readonly number[],
  options: CrossEntropyOptions = {},
): NdArray<D> {
  expectOptions('crossEntropy', options, crossEntropyKinds)
  const { smoothing = 0, reduction = 'mean', ignore = -100 } = options
  const x = floats(logits, 'crossEntropy', "the argument 'logits'")
  if (x.shape.length === 0) throw mistake('crossEntropy', 'the logits have no classes — got shape []')
  const axis = x.shape.length === 1 ? 0 : 1
  const { expected, count } = expectedOf(x, axis, labels, { smoothing, ignore })
  const all = axesOf(x.shape)
  const kept = reduction === 'none' ? axesOf(x.shape, [...x.shape.keys()].toSpliced(axis, 1)) : ''
  const scale = reduction === 'mean' ? -1 / count : -1
  return loss(einsumTensor([logSoftmax(x, { axis }), expected], `${all}, ${all} -> ${kept}`, {}, { scale }))
}

/** The probabilities that are expected, and how many samples count. */
function expectedOf(
  x: Value,
  axis: number,
  given: NdArray<Data> | readonly number[],
  { smoothing, ignore }: { readonly smoothing: number; readonly ignore: number },
): { readonly expected: Value; readonly count: number } {
  const classes = x.shape[axis]!
  const samples = x.shape.toSpliced(axis, 1)
  const labels = Array.isArray(given) ? { data: given, shape: [given.length], stride: [1], offset: 0 } : given
  const target = asValue(labels as Value, 'crossEntropy', "the argument 'labels'")
  if (isSameShape(target.shape, x.shape) && isFloatDtype(typeOf(target))) {
    const even = constant({ shape: [], values: [smoothing / classes] }, x)
    const sharp = scaled(alike(x, target), 1 - smoothing)
    return { expected: smoothing === 0 ? sharp : add(sharp, even), count: sizeOf(samples) }
  }
  const isSingle = x.shape.length === 1 && target.shape.length === 1 && target.shape[0] === 1
  if (!isSameShape(target.shape, samples) && !isSingle) {
    throw mistake(
      'crossEntropy',
      `the labels do not fit the logits — got shape ${showShape(target.shape)}, expected ${showShape(samples)} for classes or ${showShape(x.shape)} for probabilities`,
    )
  }
  const values = materialize(target as Tensor).data as ArrayLike<number | bigint>
  const inner = sizeOf(x.shape.slice(axis + 1))
  const probabilities = new Float64Array(sizeOf(x.shape))
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i]
    const label = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN
    if (label === ignore) continue
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw mistake(
        'crossEntropy',
        `a label is no class — got ${show(value)}, at index ${i} of the batch, expected 0 to ${classes - 1}, or ${ignore} for what does not count`,
      )
    }
    count++
    const start = Math.floor(i / inner) * classes * inner + (i % inner)
    if (smoothing > 0)
      for (let c = 0; c < classes; c++) probabilities[start + c * inner] = smoothing / classes
    probabilities[start + label * inner]! += 1 - smoothing
  }
  return { expected: constant({ shape: x.shape, values: probabilities }, x), count }
}

/**
 * −(t log σ(x) + (1 − t) log(1 − σ(x))), of logits and of probabilities of one shape, PyTorch's `binary_cross_entropy_with_logits`.
 *
 * @param logits float32 or float64
 * @param targets 0 to 1, of the logits' shape
 * @returns an array of shape []; with `reduction: 'none'` of the logits' shape
 * @throws {EinopsError} when the shapes differ
 *
 * @example
 * const logits = ndarray(new Float32Array([0, 2]), [2])
 * binaryCrossEntropy(logits, ndarray(new Float32Array([1, 1]), [2])).get().toFixed(4) // → '0.4100'
 */
export function binaryCrossEntropy<D extends Floats>(
  logits: NdArray<D>,
  targets: NdArray<Data>,
  options: LossOptions = {},
): NdArray<D> {
  expectOptions('binaryCrossEntropy', options, lossKinds)
  const [x, t] = pairOf(logits, targets, 'binaryCrossEntropy')
  // two classes, whose logits are x and 0
  const both = (a: Value, b: Value) => joined([a, b], { before: 0, after: x.shape.length })
  const rest = add(scaled(t, -1), constant({ shape: [], values: [1] }, x))
  return reduced(logSoftmax(both(x, zerosLike(x)), { axis: 0 }), both(t, rest), options, -1, x.shape)
}

/**
 * (x − y)², PyTorch's `mse_loss`.
 *
 * @param x float32 or float64
 * @param y of the same shape
 * @returns an array of shape []; with `reduction: 'none'` of the shape of both
 * @throws {EinopsError} when the shapes differ
 *
 * @example
 * const x = ndarray(new Float32Array([1, 3]), [2])
 * mse(x, ndarray(new Float32Array([1, 1]), [2])).get() // → 2
 */
export function mse<D extends Floats>(
  x: NdArray<D>,
  y: NdArray<Data>,
  options: LossOptions = {},
): NdArray<D> {
  expectOptions('mse', options, lossKinds)
  const [a, b] = pairOf(x, y, 'mse')
  const difference = add(a, scaled(b, -1))
  if (options.reduction === 'none') return loss(multiply(difference, difference))
  return reduced(difference, difference, options, 1, a.shape)
}

/**
 * 1 − cos of the angle between the last axes of two arrays, as PyTorch's `cosine_embedding_loss` has it for pairs that belong together.
 *
 * @param x [..., d], float32 or float64
 * @param y of the same shape
 * @returns an array of shape []; with `reduction: 'none'` one loss for each vector
 * @throws {EinopsError} when the shapes differ, or are []
 *
 * @example
 * const x = ndarray(new Float32Array([1, 0]), [1, 2])
 * cosine(x, ndarray(new Float32Array([0, 5]), [1, 2])).get() // → 1
 */
export function cosine<D extends Floats>(
  x: NdArray<D>,
  y: NdArray<Data>,
  options: LossOptions = {},
): NdArray<D> {
  expectOptions('cosine', options, lossKinds)
  const { reduction = 'mean' } = options
  const [a, b] = pairOf(x, y, 'cosine')
  if (a.shape.length === 0) throw mistake('cosine', 'numbers have no angle — got shape [], expected [..., d]')
  const [p, q] = [a, b].map((value) => rmsNorm(value, { eps: 1e-12 })) as [Value, Value]
  const d = a.shape.at(-1)!
  const count = sizeOf(a.shape) / d
  const all = axesOf(a.shape)
  const kept = reduction === 'none' ? axesOf(a.shape.slice(0, -1)) : ''
  const scale = -1 / (reduction === 'mean' ? d * count : d)
  const one = constant({ shape: [], values: [reduction === 'sum' ? count : 1] }, a)
  return loss(add(einsumTensor([p, q], `${all}, ${all} -> ${kept}`, {}, { scale }), one))
}

/** Σ a · b, or its mean over `shape`, or for each element of `shape`, which are the last axes. */
function reduced<D extends Floats>(
  a: Value,
  b: Value,
  { reduction = 'mean' }: LossOptions,
  sign: number,
  shape: readonly number[],
): NdArray<D> {
  const all = axesOf(a.shape)
  const first = a.shape.length - shape.length
  const kept = axesOf(a.shape, reduction === 'none' ? [...a.shape.keys()].slice(first) : [])
  const scale = reduction === 'mean' ? sign / sizeOf(shape) : sign
  return loss(einsumTensor([a, b], `${all}, ${all} -> ${kept}`, {}, { scale }))
}

function pairOf(x: NdArray<Data>, y: NdArray<Data>, operation: string): [Value, Value] {
  const [a, b] = [floats(x, operation, 'the first array'), asValue(y, operation, 'the second array')]
  if (isSameShape(a.shape, b.shape)) return [a, alike(a, b)]
  throw mistake(operation, `the shapes differ — got ${showShape(a.shape)} and ${showShape(b.shape)}`)
}
