/**
 * einsum: sums of products over named axes. The pattern bound to the operands' shapes gives each tensor a stride by axis, groups and
 * all; src/gemm computes from there on, so that no operand is ever rearranged.
 */

import { EinopsError } from '../../grammar/error.ts'
import { type EinsumPattern, parseEinsum } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, LengthsOf, NoLengths, ResultShape } from '../../grammar/types/index.ts'
import { type Dtype, isSameDtype } from '../layout/dtype.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { contractInto, contraction, type Store, sumDtype } from '../steps/contract.ts'
import { expectHost } from '../steps/machine.ts'
import { type HostValue, tensorOf, typeOf, type Value } from '../steps/value.ts'
import { asValue, present } from './array.ts'
import { kindOfElements, mixed } from './elements.ts'
import { kind } from './kinds.ts'
import { checkOptions, checkOut, optionKinds } from './options.ts'
import type { ArrayOf, ArrayOrList, DataOf, OneDtype, SameKind, ShapesOf, SumsOf } from './typed.ts'

export interface EinsumOptions<D extends Data = Data, B extends boolean = boolean> {
  /** As for every operation; a contraction computes new elements, so `'never'` is an error. */
  readonly copy?: 'auto' | 'always' | 'never' | undefined
  /** An array of the result's shape and dtype, without stride 0: the result is written into it and it is returned. */
  readonly out?: NdArray<D> | undefined
  /** Whether a dimension of length 1 fits any length of its axis, as in NumPy: `true` if not given. */
  readonly broadcast?: B | undefined
}

const einsumKinds = { copy: optionKinds.copy, out: optionKinds.out, broadcast: kind.flag }

/**
 * Sums products of arrays over named axes. An axis that the output lacks is summed; one that several operands have is multiplied
 * along; one that comes twice in an operand is its diagonal. Groups and unit axes may stand in every operand and in the output.
 *
 * @param x one array or several, all of one dtype, with any strides
 * @param pattern `a, b -> c`: the axes of each operand and of the result
 * @param lengths lengths of axes that the shapes do not determine
 * @param options `out`: an array to write into, which is then returned; `broadcast: false`: an axis has one length everywhere, also where that is 1
 * @returns an array of the operands' dtype, except that integers give float64, in which sums are exact up to 2^53 (big integers stay
 *   big integers)
 * @throws {EinopsError} when the pattern is wrong or does not fit the shapes, the dtypes differ, or an option cannot be met
 * @see einops `einsum`, NumPy `einsum`
 *
 * @example
 * const image = ndarray(new Float32Array(3 * 224 * 224), [1, 3, 224, 224])
 * const weight = ndarray(new Float32Array(192 * 768), [192, 768])
 * const tokens = einsum([image, weight], 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d', { s1: 16, s2: 16 })
 * tokens.shape // [1, 196, 192]
 */
export function einsum<
  const X extends ArrayOrList,
  P extends string,
  const L extends object = NoLengths,
  B extends boolean = true,
>(
  x: X & OneDtype<'einsum', X>,
  pattern: Checked<'einsum', P, L, ShapesOf<X>, B>,
  lengths?: LengthsOf<'einsum', P, L>,
  options?: EinsumOptions<SameKind<SumsOf<DataOf<X>>>, B>,
): ArrayOf<SumsOf<DataOf<X>>, ResultShape<'einsum', P, L, ShapesOf<X>, B>>
export function einsum(
  x: ArrayOrList,
  pattern: string,
  lengths?: Lengths,
  options?: EinsumOptions,
): NdArray<Data> {
  const { out, copy, broadcast } = checkOptions(options, 'einsum', einsumKinds)
  const parsed = broadcast === false ? strictly(parseEinsum(pattern)) : parseEinsum(pattern)
  const operands = asOperands(x, parsed)
  const plan = einsumPlanOf(parsed, operands, lengths)
  if (copy === 'never') throw noView(parsed, operands)
  if (out !== undefined) checkOut(out, plan.outputShape, sumDtype(typeOf(operands[0]!)), 'einsum')
  if (out === undefined) return present(contraction(plan, operands))
  expectHost('einsum', "writing into 'out'")
  contractInto(plan, operands as readonly Tensor[], out)
  return out
}

/** The same on trusted values; `store` is what happens to each element of the result on its way to memory. */
export function einsumTensor(
  x: Value | readonly Value[],
  pattern: string,
  lengths?: Lengths,
  store?: Store,
): Value {
  const operands = isList(x) ? x : [x]
  return contraction(einsumPlanOf(parseEinsum(pattern), operands, lengths), operands, store)
}

const strict = new WeakMap<EinsumPattern, EinsumPattern>()

/** The same pattern without broadcasting, one for each, which has plans of its own. */
function strictly(pattern: EinsumPattern): EinsumPattern {
  const known = strict.get(pattern) ?? { ...pattern, broadcast: false }
  strict.set(pattern, known)
  return known
}

function noView({ text, output }: EinsumPattern, operands: readonly Value[]): EinopsError {
  return new EinopsError({
    operation: 'einsum',
    ...say('option/copy', {}),
    pattern: text,
    span: output.span,
    shape: operands.map(({ shape }) => shape),
    hint: 'a contraction computes new elements',
  })
}

function isList<T>(x: T | readonly T[]): x is readonly T[] {
  return Array.isArray(x)
}

/** One array or a list of arrays, checked: as many as the pattern has operands, of one dtype. */
function asOperands(x: ArrayOrList, { text, operands }: EinsumPattern): readonly Value[] {
  const list: readonly Value[] = isList(x) ? x : [x]
  const wholeInput = { pattern: text, span: { start: 0, end: text.indexOf('->') } }
  if (list.length !== operands.length) {
    const values = { got: list.length, expected: operands.length }
    const hint = isList(x) ? undefined : 'several operands are one list: einsum([x, y], pattern)'
    throw new EinopsError({ operation: 'einsum', ...wholeInput, ...say('operand/count', values), hint })
  }
  const found: Value[] = []
  for (const [i, operand] of list.entries()) {
    const what = list.length === 1 ? 'the operand' : `operand ${i + 1}`
    const place = { pattern: text, span: operands[i]!.span }
    found.push(asValue(operand, 'einsum', what, place))
    const got = typeOf(found[i]!)
    const expected = typeOf(found[0]!)
    if (isSameDtype(got, expected)) continue
    throw new EinopsError({
      operation: 'einsum',
      ...place,
      ...say('tensor/dtype', { what, got, expected: `${expected}, as operand 1` }),
      hint: conversion(expected, got),
    })
  }
  if (typeOf(found[0]!) === 'array' || typeOf(found[0]!) === 'generic') checkElements(found, text, operands)
  return found
}

/** Of plain arrays and containers the elements have to be of one kind: numbers and big integers do not mix. */
function checkElements(list: readonly Value[], text: string, operands: EinsumPattern['operands']): void {
  let expected: string | null = null
  for (const [i, operand] of list.entries()) {
    const got = kindOfElements(tensorOf(operand as HostValue))
    expected ??= got
    if (got === null || (got === expected && got !== mixed)) continue
    throw new EinopsError({
      operation: 'einsum',
      pattern: text,
      span: operands[i]!.span,
      ...say('tensor/dtype', {
        what: `operand ${i + 1}`,
        got,
        expected: expected === mixed ? 'one of them' : String(expected),
      }),
    })
  }
}

/** How to bring two operands to one dtype: the float that holds more, or doubles. */
function conversion(a: Dtype, b: Dtype): string | undefined {
  if (a === 'generic' || b === 'generic') return undefined
  const target = ['float64', 'float32', 'float16'].find((float) => a === float || b === float)
  const converted = [a, b].filter((dtype) => dtype !== target)
  return `x of dtype ${converted.join(' or ')} is converted by rearrange(x, '... -> ...', {}, { dtype: '${target ?? 'float64'}' })`
}
