/** reduce: rearrange that drops axes, folding the elements along them. */

import type { TransformPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { parseTransform } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import { nearest } from '../../grammar/suggest.ts'
import type { Checked, LengthsOf, NoLengths, ResultShape } from '../../grammar/types/index.ts'
import { copyInto, materialize } from '../copy/copy.ts'
import { foldInto } from '../copy/fold.ts'
import { overlap } from '../copy/memory.ts'
import { type ReductionName, reductionNames, resultDtype } from '../copy/reduction.ts'
import { dtypeOf } from '../layout/data.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Plan } from '../layout/plan.ts'
import { planOf } from '../layout/plans.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, toNdarray } from './array.ts'
import { kindOfElements } from './elements.ts'
import { asInput, dataOf, gather, type Input, type InputArgument, trustedInput } from './input.ts'
import { checkOptions, checkOut, type Options, type TensorOptions } from './options.ts'
import { allocateResult } from './result.ts'
import { leftOf, transform } from './transform.ts'
import type { ArrayOf, ArrayOrList, DataOf, SameKind, ShapeOf, SumsOf } from './typed.ts'

/** A function that folds the given axes of an array; its result has the other axes in their order. */
export type ReductionFunction = (view: NdArray, axes: number[]) => NdArray

export type Reduction = ReductionName | ReductionFunction

/** The buffer of a result: a function may not be called, where nothing is to reduce. */
type Reduced<D extends Data, R extends Reduction> = R extends 'any' | 'all'
  ? Uint8Array
  : R extends 'min' | 'max'
    ? D
    : R extends ReductionName
      ? SumsOf<D>
      : R extends (...args: never[]) => NdArray<infer E>
        ? D | E
        : Data

/**
 * Folds the elements along the axes that only the left side has, and rearranges the others.
 *
 * @param x an array of any dtype and strides, or a list of equal arrays, which counts as one array with a new first axis
 * @param pattern `left -> right`; numbers on the left are anonymous axes that are dropped
 * @param reduction `'min'`, `'max'`, `'sum'`, `'mean'`, `'prod'`, `'any'`, `'all'`, or a function that gets a view whose
 *   last axes are those to drop, and their indices
 * @param lengths lengths of axes that the shape does not determine
 * @param options `copy`: `'auto'`, `'always'` or `'never'` (a view is possible only where no axis is dropped); `out`: an
 *   array to write into, which is then returned
 * @returns a new array of the shape that the right side describes. `sum`, `prod` and `mean` of integers are float64 (of
 *   big integers they stay big integers), `any` and `all` are uint8 (NaN counts as true), all else keeps its dtype. NaN
 *   propagates through `min` and `max`. Sums of floats are computed in float64 and rounded once.
 * @throws {EinopsError} when the pattern is wrong or does not fit the shape, for `min` and `max` of no elements, for the
 *   mean of big integers, or when an option cannot be met
 * @see einops `reduce`
 *
 * @example
 * const images = ndarray(new Float32Array(8 * 3 * 224 * 224), [8, 3, 224, 224])
 * reduce(images, 'b c h w -> b c', 'mean').shape // [8, 3]
 * reduce(images, 'b c (h 2) (w 2) -> b c h w', 'max').shape // [8, 3, 112, 112]
 */
export function reduce<
  const X extends ArrayOrList,
  P extends string,
  R extends Reduction,
  const L extends object = NoLengths,
>(
  x: X,
  pattern: Checked<'reduce', P, L, ShapeOf<X>>,
  reduction: R,
  lengths?: LengthsOf<'reduce', P, L>,
  options?: Options<SameKind<Reduced<DataOf<X>, R>>>,
): ArrayOf<Reduced<DataOf<X>, R>, ResultShape<'reduce', P, L, ShapeOf<X>>>
export function reduce(
  x: ArrayOrList,
  pattern: string,
  reduction: Reduction,
  lengths?: Lengths,
  options?: Options,
): NdArray<Data> {
  const parsed = parseTransform(pattern, 'reduce')
  checkReduction(reduction, parsed)
  const checked = checkOptions(options, 'reduce')
  const result = reduceInput(asInput(x, 'reduce', leftOf(parsed)), parsed, reduction, lengths, checked)
  return checked.out ?? toNdarray(result)
}

/** The same on trusted tensors. */
export function reduceTensor<D extends Data>(
  x: InputArgument<D>,
  pattern: string,
  reduction: Reduction,
  lengths?: Lengths,
  options: TensorOptions = {},
): Tensor<D> {
  const parsed = parseTransform(pattern, 'reduce')
  return reduceInput(trustedInput(x), parsed, reduction, lengths, options) as Tensor<D>
}

/** Refuses what is neither the name of a reduction nor a function. */
export function checkReduction(reduction: unknown, { text }: TransformPattern): void {
  if (typeof reduction === 'function' || reductionNames.includes(reduction as ReductionName)) return
  const expected = reductionNames.map((name) => `'${name}'`).join(', ')
  throw new EinopsError({
    operation: 'reduce',
    pattern: text,
    span: { start: 0, end: text.length },
    ...say('reduction/unknown', { got: show(reduction), expected }),
    hint: hintAbout(reduction),
  })
}

/** What other libraries call a reduction. */
const synonyms: ReadonlyMap<string, ReductionName> = new Map([
  ['maximum', 'max'],
  ['amax', 'max'],
  ['minimum', 'min'],
  ['amin', 'min'],
  ['avg', 'mean'],
  ['average', 'mean'],
  ['add', 'sum'],
  ['mul', 'prod'],
  ['product', 'prod'],
])

function hintAbout(reduction: unknown): string | undefined {
  if (typeof reduction !== 'string') return "the order is reduce(x, pattern, 'max', lengths)"
  if (/^(median|std|var|norm|logsumexp|arg(max|min))$/i.test(reduction))
    return `a function (view, axes) => array can compute the ${reduction}`
  const near = synonyms.get(reduction.toLowerCase()) ?? nearest(reduction, reductionNames)
  return near === undefined ? undefined : `did you mean '${near}'?`
}

function reduceInput(
  input: Input,
  pattern: TransformPattern,
  reduction: Reduction,
  lengths: Lengths | undefined,
  options: TensorOptions,
): Tensor {
  const plan = planOf(pattern, input.shape, lengths)
  if (typeof reduction === 'function') {
    if (plan.reduced.length === 0) return transform(input, pattern, lengths, options)
    return reduceBy(reduction, gather(input, 'reduce'), plan, options)
  }
  const { copy = 'auto', out } = options
  const dtype = dtypeOf(dataOf(input))
  const target = resultDtype(reduction, dtype)
  if (target === null) {
    throw mistake(plan, say('reduction/dtype', { reduction, dtype, expected: "'sum', or another dtype" }))
  }
  const unchanged =
    plan.reduced.length === 0 && target === dtype && reduction !== 'any' && reduction !== 'all'
  if (unchanged) return transform(input, pattern, lengths, options)
  if (copy === 'never') throw mistake(plan, say('option/copy', {}), 'a reduction computes new elements')
  const empty = plan.reduced.some(({ length }) => length === 0) && plan.outputSize > 0
  if (empty && (reduction === 'min' || reduction === 'max'))
    throw mistake(plan, say('reduction/empty', { reduction }))
  if (out !== undefined) checkOut(out, plan.outputShape, target, 'reduce')

  const source = gather(input, 'reduce')
  if (reduction === 'sum' || reduction === 'prod' || reduction === 'mean') {
    const kind = kindOfElements(source)
    const isRight = kind === null || kind === 'numbers' || (kind === 'big integers' && reduction !== 'mean')
    if (!isRight) throw mistake(plan, say('reduction/dtype', { reduction, dtype: kind, expected: 'numbers' }))
  }
  const direct = out !== undefined && !overlap(source, out)
  const result = direct ? out : newResult(plan, target === dtype ? source.data : target)
  const kept = { ...plan.unmerged(result), data: result.data }
  foldInto(reduction, source.data, plan.kept(source), plan.dropped(source), kept)
  if (out === undefined || direct) return result
  copyInto(result, out)
  return out
}

/** Lets a function fold the last axes of a view, and gives its result the shape of the right side. */
function reduceBy(
  reduction: ReductionFunction,
  source: Tensor,
  plan: Plan,
  { copy, out }: TensorOptions,
): Tensor {
  if (copy === 'never') throw mistake(plan, say('option/copy', {}), 'a reduction computes new elements')
  const kept = plan.kept(source)
  const dropped = plan.dropped(source)
  // of a tensor in a model's memory the function gets a copy: that memory may move, and is nobody's to write to
  const view = toNdarray({
    data: source.data,
    shape: [...kept.shape, ...dropped.shape],
    stride: [...kept.stride, ...dropped.stride],
    offset: source.offset,
  })
  const axes = dropped.shape.map((_, i) => kept.shape.length + i)
  const folded = asTensor<Data>(reduction(view as NdArray, axes), 'reduce', "the reduction function's result")
  const got = showShape(folded.shape)
  const expected = showShape(kept.shape)
  if (got !== expected) throw mistake(plan, say('reduction/result', { got, expected }))
  if (out !== undefined) {
    checkOut(out, plan.outputShape, dtypeOf(folded.data), 'reduce')
    copyInto(folded, { ...plan.unmerged(out), data: out.data })
    return out
  }
  return { ...contiguous(plan.outputShape), data: materialize(folded).data }
}

function newResult(plan: Plan, kind: Data | string): Tensor {
  const like =
    kind === 'float64' ? new Float64Array(0) : kind === 'uint8' ? new Uint8Array(0) : (kind as Data)
  return { ...contiguous(plan.outputShape), data: allocateResult(like, sizeOf(plan.outputShape), 'reduce') }
}

function mistake(plan: Plan, said: ReturnType<typeof say>, hint?: string): EinopsError {
  const { text, left } = plan.pattern
  return new EinopsError({
    operation: 'reduce',
    pattern: text,
    span: left.span,
    ...said,
    shape: plan.shape,
    hint,
  })
}
