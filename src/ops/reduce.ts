/** reduce: rearrange that drops axes, folding the elements along them. */

import type { TransformPattern } from '../../grammar/ast.ts'
import { type Advice, EinopsError } from '../../grammar/error.ts'
import { parseTransform } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import { meant, nearest } from '../../grammar/suggest.ts'
import type { Checked, LengthsOf, NoLengths, ResultShape } from '../../grammar/types/index.ts'
import { copyInto } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { type ReductionName, reductionNames, resultDtype } from '../copy/reduction.ts'
import { classOf, dtypeOf } from '../layout/data.ts'
import { isFloatDtype } from '../layout/dtype.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Plan } from '../layout/plan.ts'
import { planOf } from '../layout/plans.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { foldBy, foldByFunction, foldTo, newFold } from '../steps/fold.ts'
import { currentMachine, expectHost } from '../steps/machine.ts'
import { converted } from '../steps/rearrange.ts'
import { type HostValue, tensorOf, type Value } from '../steps/value.ts'
import { asTensor, present, toNdarray } from './array.ts'
import { kindOfElements, mixed } from './elements.ts'
import { asInput, dtypeIn, gather, type Input, type InputArgument, trustedInput } from './input.ts'
import { kind } from './kinds.ts'
import {
  checkOptions,
  checkOut,
  type DtypeName,
  mayConvert,
  type Options,
  optionKinds,
  type TensorOptions,
} from './options.ts'
import { isSpreadName, type SpreadName, spread, spreadNames, spreadSteps } from './spread.ts'
import { leftOf, transform } from './transform.ts'
import type { ArrayOf, ArrayOrList, Converted, DataOf, OneDtype, ShapeOf, SumsOf } from './typed.ts'

/** A function that folds the given axes of an array; its result has the other axes in their order. */
export type ReductionFunction<D extends Data = Data> = (view: NdArray<D>, axes: number[]) => NdArray<Data>

export type Reduction<D extends Data = Data> = ReductionName | SpreadName | ReductionFunction<D>

const names: readonly string[] = [...reductionNames, ...spreadNames]

export interface ReduceOptions<D extends Data = Data, T extends DtypeName = never> extends Options<D, T> {
  /** Of `'std'` and `'variance'`: what the number of elements is lessened by in the divisor; 0 if not given, 1 for a sample of more. */
  readonly correction?: number | undefined
}

const reduceKinds = { ...optionKinds, correction: kind.count }

type ReduceTensorOptions = TensorOptions & Pick<ReduceOptions, 'correction'>

/** A function of which it is not known what arrays it takes. */
// biome-ignore lint/suspicious/noExplicitAny: those that the array's dtype says, which the signatures see to
export type AnyReduction = Reduction<any>

/** The buffer of a result: a function may not be called, where nothing is to reduce. */
type Reduced<D extends Data, R extends AnyReduction> = R extends 'any' | 'all'
  ? Uint8Array
  : R extends 'min' | 'max'
    ? D
    : R extends ReductionName | SpreadName
      ? SumsOf<D>
      : R extends (...args: never[]) => NdArray<infer E>
        ? D | E
        : Data

/**
 * Folds the elements along the axes that only the left side has, and rearranges the others.
 *
 * @param x an array of any dtype and strides, or a list of equal arrays, which counts as one array with a new first axis
 * @param pattern `left -> right`; numbers on the left are anonymous axes that are dropped
 * @param reduction `'min'`, `'max'`, `'sum'`, `'mean'`, `'prod'`, `'any'`, `'all'`, `'std'`, `'variance'`, or a function that gets a view whose
 *   last axes are those to drop, and their indices
 * @param lengths lengths of axes that the shape does not determine
 * @param options `copy`: `'auto'`, `'always'` or `'never'` (a view is possible only where no axis is dropped); `dtype`:
 *   what the results become; `out`: an array to write into, of any dtype, which is then returned
 * @returns a new array of the shape that the right side describes. `sum`, `prod`, `mean`, `std` and `variance` of integers are
 *   float64 (of big integers sums and products stay big integers), `any` and `all` are uint8 (NaN counts as true), all else keeps its dtype. NaN
 *   propagates through `min` and `max`. Sums of floats are computed in float64 and rounded once.
 * @throws {EinopsError} when the pattern is wrong or does not fit the shape, for `min` and `max` of no elements, for the
 *   mean and the spread of big integers, or when an option cannot be met
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
  const R extends Reduction<DataOf<X>>,
  const L extends object = NoLengths,
  T extends DtypeName = never,
  O extends Data = never,
>(
  x: X & OneDtype<'reduce', X, T | O>,
  pattern: Checked<'reduce', P, L, ShapeOf<X>>,
  reduction: R,
  lengths?: LengthsOf<'reduce', P, L>,
  options?: ReduceOptions<O, T>,
): ArrayOf<Converted<Reduced<DataOf<X>, R>, T, O>, ResultShape<'reduce', P, L, ShapeOf<X>>>
export function reduce(
  x: ArrayOrList,
  pattern: string,
  reduction: AnyReduction,
  lengths?: Lengths,
  options?: ReduceOptions<Data, DtypeName>,
): NdArray<Data> {
  const parsed = parseTransform(pattern, 'reduce')
  checkReduction(reduction, parsed)
  const checked = checkOptions(options, 'reduce', reduceKinds)
  const input = asInput(x, 'reduce', leftOf(parsed), mayConvert(checked))
  const result = reduceInput(input, parsed, reduction, lengths, checked)
  return checked.out ?? present(result)
}

/** The same on trusted values. */
export function reduceTensor(
  x: InputArgument,
  pattern: string,
  reduction: AnyReduction,
  lengths?: Lengths,
  options: ReduceTensorOptions = {},
): Value {
  return reduceInput(trustedInput(x), parseTransform(pattern, 'reduce'), reduction, lengths, options)
}

/** Refuses what is neither the name of a reduction nor a function. */
export function checkReduction(reduction: unknown, { text }: TransformPattern): void {
  if (typeof reduction === 'function' || names.includes(reduction as string)) return
  const expected = names.map((name) => `'${name}'`).join(', ')
  throw new EinopsError({
    operation: 'reduce',
    pattern: text,
    span: { start: 0, end: text.length },
    ...say('reduction/unknown', { got: show(reduction), expected }),
    hint: hintAbout(reduction),
  })
}

/** What other libraries call a reduction. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['maximum', 'max'],
  ['amax', 'max'],
  ['minimum', 'min'],
  ['amin', 'min'],
  ['avg', 'mean'],
  ['average', 'mean'],
  ['add', 'sum'],
  ['mul', 'prod'],
  ['product', 'prod'],
  ['var', 'variance'],
  ['stddev', 'std'],
])

function hintAbout(reduction: unknown): string | Advice | undefined {
  if (typeof reduction !== 'string') return "the order is reduce(x, pattern, 'max', lengths)"
  if (/^arg(max|min)$/i.test(reduction))
    return `${reduction.toLowerCase()}(x, pattern) is an operation of its own`
  if (/^(median|norm|logsumexp)$/i.test(reduction))
    return `a function (view, axes) => array can compute the ${reduction}`
  const near = synonyms.get(reduction.toLowerCase()) ?? nearest(reduction, names)
  return near === undefined ? undefined : meant(reduction, near)
}

function reduceInput(
  input: Input,
  pattern: TransformPattern,
  reduction: AnyReduction,
  lengths: Lengths | undefined,
  options: ReduceTensorOptions,
): Value {
  const plan = planOf(pattern, input.shape, lengths)
  if (typeof reduction === 'function') {
    if (plan.reduced.length === 0) return transform(input, pattern, lengths, options)
    return reduceBy(reduction, gather(input, 'reduce'), plan, options)
  }
  const { copy = 'auto', out, dtype: wanted, correction } = options
  const isSpread = isSpreadName(reduction)
  if (correction !== undefined && !isSpread) {
    const values = { option: 'correction', got: correction, expected: "none but for 'std' and 'variance'" }
    throw mistake(plan, say('option/value', values))
  }
  const dtype = dtypeIn(input)
  const target = resultDtype(isSpread ? 'mean' : reduction, dtype)
  if (target === null) {
    throw mistake(plan, say('reduction/dtype', { reduction, dtype, expected: "'sum', or another dtype" }))
  }
  if (isSpread) {
    const kind = out === undefined ? (wanted ?? target) : 'float64'
    const source = gather(input, 'reduce')
    // steps convert to dtypes of the platform: half floats of a polyfill are computed by the function
    const isPlain = !isFloatDtype(target) || classOf(kind) === undefined
    if (currentMachine() === null || copy === 'never' || out !== undefined || isPlain) {
      return writeFolded(spread(reduction, correction ?? 0, kind), source, plan, options)
    }
    const result = spreadSteps(reduction, correction ?? 0, source, plan)
    return kind === 'float64' ? result : converted(result, kind)
  }
  const unchanged =
    plan.reduced.length === 0 && target === dtype && reduction !== 'any' && reduction !== 'all'
  if (unchanged) return transform(input, pattern, lengths, options)
  if (copy === 'never') throw mistake(plan, say('option/copy', {}), 'a reduction computes new elements')
  const empty = plan.reduced.some(({ length }) => length === 0) && plan.outputSize > 0
  if (empty && (reduction === 'min' || reduction === 'max'))
    throw mistake(plan, say('reduction/empty', { reduction }))
  if (out !== undefined) checkOut(out, plan.outputShape, null, 'reduce')
  const source = gather(input, 'reduce')
  if ((dtype === 'array' || dtype === 'generic') && ['sum', 'prod', 'mean'].includes(reduction)) {
    const found = kindOfElements(tensorOf(source as HostValue))
    if (found === mixed || (found === 'big integers' && reduction === 'mean'))
      throw mistake(plan, say('reduction/dtype', { reduction, dtype: found, expected: 'numbers' }))
  }
  if (out === undefined) return foldBy(source, plan, reduction, wanted === target ? null : (wanted ?? null))
  expectHost('reduce', "writing into 'out'")
  const tensor = tensorOf(source as HostValue)
  const apart = overlap(tensor, out) ? newFold(plan, reduction, out.data, dtypeOf(out.data)) : out
  foldTo({ plan, reduction }, tensor, apart)
  if (apart !== out) copyInto(apart, out)
  return out
}

/** Lets a function fold the last axes of a view, and gives its result the shape of the right side. */
function reduceBy(reduction: ReductionFunction, source: Value, plan: Plan, options: TensorOptions): Value {
  const fold = (view: Tensor, axes: number[]): Tensor => {
    // of a tensor in a model's memory the function gets a copy: that memory may move, and is nobody's to write to
    const what = "the reduction function's result"
    const folded = asTensor<Data>(reduction(toNdarray(view) as NdArray, axes), 'reduce', what)
    const got = showShape(folded.shape)
    const expected = showShape(view.shape.slice(0, view.shape.length - axes.length))
    if (got !== expected) throw mistake(plan, say('reduction/result', { got, expected }))
    return folded
  }
  return writeFolded(fold, source, plan, options)
}

/** What a function of a view's last axes gives, new or written into an array. */
function writeFolded(
  fold: (view: Tensor, axes: number[]) => Tensor,
  source: Value,
  plan: Plan,
  { copy, out, dtype }: TensorOptions,
): Value {
  if (copy === 'never') throw mistake(plan, say('option/copy', {}), 'a reduction computes new elements')
  if (out === undefined) {
    const result = foldByFunction(source, plan, fold)
    return dtype === undefined ? result : converted(result, dtype)
  }
  expectHost('reduce', "writing into 'out'")
  const result = foldByFunction(source, plan, fold) as Tensor
  checkOut(out, plan.outputShape, null, 'reduce')
  copyInto(result, out)
  return out
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
