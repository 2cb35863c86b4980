/**
 * einsum: sums of products over named axes. The pattern bound to the operands' shapes gives each tensor a stride by axis, groups and
 * all; src/gemm computes from there on, so that no operand is ever rearranged.
 */
import { EinopsError } from '../../grammar/error.ts'
import { type EinsumPattern, parseEinsum } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, LengthsOf, NoLengths, ResultShape } from '../../grammar/types/index.ts'
import { copyApart } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { resultDtype } from '../copy/reduction.ts'
import type { Located } from '../gemm/bound-pair.ts'
import { bindContraction, contract } from '../gemm/contraction.ts'
import type { BoundEpilogue, Epilogue } from '../gemm/epilogue.ts'
import type { Contraction, Operand } from '../gemm/operand.ts'
import { isWeighted } from '../gemm/weight.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import type { Lengths } from '../layout/lengths.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, type Dtype, dtypeOf, toNdarray } from './array.ts'
import { bindingOf } from './einsum-bindings.ts'
import { checkOptions, checkOut } from './options.ts'
import { newResult } from './result.ts'
import type { ArrayOf, ArrayOrList, DataOf, SameKind, ShapesOf, SumsOf } from './typed.ts'

export interface EinsumOptions<D extends Data = Data> {
  /** As for every operation; a contraction computes new elements, so `'never'` is an error. */
  readonly copy?: 'auto' | 'always' | 'never' | undefined
  /** An array of the result's shape and dtype, without stride 0: the result is written into it and it is returned. */
  readonly out?: NdArray<D> | undefined
}

/** Of an operation on tensors. */
export interface EinsumTensorOptions {
  readonly out?: Tensor | undefined
  /** What happens to each element of the result on its way to memory. */
  readonly epilogue?: Epilogue | undefined
}

/**
 * Sums products of arrays over named axes. An axis that the output lacks is summed; one that several operands have is multiplied
 * along; one that comes twice in an operand is its diagonal. Groups and unit axes may stand in every operand and in the output.
 *
 * @param x one array or several, all of one dtype, with any strides
 * @param pattern `a, b -> c`: the axes of each operand and of the result
 * @param lengths lengths of axes that the shapes do not determine
 * @param options `out`: an array to write into, which is then returned
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
export function einsum<const X extends ArrayOrList, P extends string, const L extends object = NoLengths>(
  x: X,
  pattern: Checked<'einsum', P, L, ShapesOf<X>>,
  lengths?: LengthsOf<'einsum', P, L>,
  options?: EinsumOptions<SameKind<SumsOf<DataOf<X>>>>,
): ArrayOf<SumsOf<DataOf<X>>, ResultShape<'einsum', P, L, ShapesOf<X>>>
export function einsum(
  x: ArrayOrList,
  pattern: string,
  lengths?: Lengths,
  options?: EinsumOptions,
): NdArray<Data> {
  const parsed = parseEinsum(pattern)
  const { out, copy } = checkOptions(options, 'einsum')
  const operands = asOperands(x, parsed)
  const plan = einsumPlanOf(parsed, operands, lengths)
  if (copy === 'never') throw noView(parsed, operands)
  if (out !== undefined) checkOut(out, plan.outputShape, sumDtype(operands[0]!), 'einsum')
  const result = compute(plan, operands, { out })
  return out ?? toNdarray(result)
}

/** The same on trusted tensors, with an epilogue. */
export function einsumTensor<D extends Data>(
  x: Tensor<D> | readonly Tensor<D>[],
  pattern: string,
  lengths?: Lengths,
  options: EinsumTensorOptions = {},
): Tensor<D> {
  const operands = isList(x) ? x : [x]
  const plan = einsumPlanOf(parseEinsum(pattern), operands, lengths)
  return compute(plan, operands, options) as Tensor<D>
}

function noView({ text, output }: EinsumPattern, operands: readonly Tensor[]): EinopsError {
  return new EinopsError({
    operation: 'einsum',
    ...say('option/copy', {}),
    pattern: text,
    span: output.span,
    shape: operands.map(({ shape }) => shape),
    hint: 'a contraction computes new elements',
  })
}

function compute(
  plan: EinsumPlan,
  operands: readonly Tensor[],
  { out, epilogue = {} }: EinsumTensorOptions,
): Tensor {
  const sources = [...operands, epilogue.bias, epilogue.residual]
  const direct = out !== undefined && !sources.some((source) => source && overlap(source, out))
  const result = direct ? out : newResult(resultKind(operands[0]!), plan.outputShape, 'einsum')
  multiply(plan, operands, result, epilogue)
  if (out === undefined || direct) return result
  copyApart(result, out)
  return out
}

/** Computes the result: by what is known of tensors that stand in memory alike, or from the strides. */
function multiply(plan: EinsumPlan, operands: readonly Tensor[], result: Tensor, epilogue: Epilogue): void {
  const bias = epilogue.bias ?? null
  const residual = epilogue.residual ?? null
  const tensors = [...operands, result, bias, residual]
  const contraction = (): Contraction => ({
    lengths: plan.lengths,
    operands: operands.map((operand, i) => asOperand(operand, plan.operandStride(i, operand))),
    output: asOperand(result, plan.outputStride(result)),
    epilogue: bindEpilogue(epilogue, plan),
  })
  if (!tensors.every(isTyped)) {
    contract(contraction())
    return
  }
  const added = { bias: bias && located(bias), residual: residual && located(residual) }
  bindingOf(plan, tensors, epilogue, () => bindContraction(contraction())).multiply({
    operands: operands.map(located),
    output: located(result),
    epilogue: added,
  })
}

/** Whether the elements of a tensor, if there is one, are in a typed array, so that its kind says what they are. */
function isTyped(tensor: Tensor | null): boolean {
  return tensor === null || isWeighted(tensor) || ArrayBuffer.isView(tensor.data)
}

function located(tensor: Tensor): Located {
  const { offset } = tensor
  return isWeighted(tensor)
    ? { data: noElements, offset, weight: tensor.weight }
    : { data: tensor.data, offset }
}

function asOperand(tensor: Tensor, stride: readonly number[]): Operand {
  return { ...located(tensor), stride }
}

const noElements = new Float32Array(0)

function bindEpilogue({ scale = 1, bias, activation, residual }: Epilogue, plan: EinsumPlan): BoundEpilogue {
  const bind = (tensor: Tensor | undefined) => (tensor ? asOperand(tensor, plan.outputStride(tensor)) : null)
  return { scale, bias: bind(bias), activation: activation ?? null, residual: bind(residual) }
}

/** A buffer of the kind that the result has. */
function resultKind(operand: Tensor): Data {
  if (isWeighted(operand)) return noElements
  return sumDtype(operand) === dtypeOf(operand.data) ? operand.data : new Float64Array(0)
}

function sumDtype({ data }: Tensor): Dtype {
  return resultDtype('sum', dtypeOf(data))! // every dtype has sums
}

function isList<T>(x: T | readonly T[]): x is readonly T[] {
  return Array.isArray(x)
}

/** One array or a list of arrays, checked: as many as the pattern has operands, of one dtype. */
function asOperands<D extends Data>(
  x: NdArray<D> | readonly NdArray<D>[],
  { text, operands }: EinsumPattern,
): readonly NdArray<D>[] {
  const list = isList(x) ? x : [x]
  const wholeInput = { pattern: text, span: { start: 0, end: text.indexOf('->') } }
  if (list.length !== operands.length) {
    const values = { got: list.length, expected: operands.length }
    const hint = isList(x) ? undefined : 'several operands are one list: einsum([x, y], pattern)'
    throw new EinopsError({ operation: 'einsum', ...wholeInput, ...say('operand/count', values), hint })
  }
  for (const [i, operand] of list.entries()) {
    const what = list.length === 1 ? 'the operand' : `operand ${i + 1}`
    const place = { pattern: text, span: operands[i]!.span }
    asTensor(operand, 'einsum', what, place)
    const got = dtypeOf(operand.data)
    const expected = dtypeOf(list[0]!.data)
    if (got === expected) continue
    throw new EinopsError({
      operation: 'einsum',
      ...place,
      ...say('tensor/dtype', { what, got, expected: `${expected}, as operand 1` }),
      hint: conversion(expected, got),
    })
  }
  return list
}

/** How to bring two operands to one dtype: the float that holds more, or doubles. */
function conversion(a: Dtype, b: Dtype): string | undefined {
  if (a === 'generic' || b === 'generic') return undefined
  const target = ['float64', 'float32', 'float16'].find((float) => a === float || b === float)
  const converted = [a, b].filter((dtype) => dtype !== target)
  const name = `Float${(target ?? 'float64').slice(5)}Array`
  const values = converted.some((dtype) => dtype.startsWith('big')) ? 'x.data, Number' : 'x.data'
  return `x of dtype ${converted.join(' or ')} is converted by ndarray(${name}.from(${values}), x.shape, x.stride, x.offset)`
}
