/**
 * einsum: sums of products over named axes. The pattern bound to the operands' shapes gives each tensor a stride by axis, groups
 * and all; src/gemm computes from there on, so that no operand is ever rearranged.
 */
import { EinopsError } from '../../grammar/error.ts'
import { parseEinsum } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import { copyInto } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { contract, type Operand } from '../gemm/contraction.ts'
import { type BoundEpilogue, type Epilogue, noEpilogue } from '../gemm/epilogue.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { allocate, asTensor, type Dtype, dtypeOf, toNdarray } from './array.ts'

export interface EinsumOptions {
  /** Where the result is written, which is then returned: an array of its shape and dtype, without stride 0. */
  readonly out?: NdArray
}

/**
 * Sums products of arrays over named axes. An axis that the output lacks is summed; one that several operands have is multiplied
 * along; one that comes twice in an operand is its diagonal. Groups, as in `(h w)`, may stand in every operand and in the output.
 *
 * @param x one array or several, all of one dtype, with any strides
 * @param pattern `'b i j, b j k -> b i k'`: the axes of each operand, and those of the result
 * @param lengths the lengths of axes that the shapes leave open
 * @returns a new array (or `out`) of the operands' dtype; of whole numbers float64, in which sums are exact up to 2^53, of big
 *   integers the same dtype
 * @throws {EinopsError} when pattern, shapes, lengths or dtypes do not fit
 * @see numpy's `einsum` and einops' `einsum`
 * @example
 * ```ts
 * import ndarray from 'ndarray'
 * import { einsum } from 'tesserae'
 *
 * const image = ndarray(new Float32Array(8 * 3 * 224 * 224), [8, 3, 224, 224])
 * const weight = ndarray(new Float32Array(768 * 768), [768, 768])
 * const tokens = einsum([image, weight], 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d', { s1: 16, s2: 16 })
 * console.log(tokens.shape) // [8, 196, 768]
 * ```
 */
export function einsum(
  x: NdArray | readonly NdArray[],
  pattern: string,
  lengths?: Lengths,
  options: EinsumOptions = {},
): NdArray {
  const operands = (Array.isArray(x) ? x : [x]) as readonly NdArray[]
  if (operands.length === 0) throw new EinopsError({ operation: 'einsum', ...say('list/empty', {}), pattern })
  for (const [i, operand] of operands.entries()) {
    asTensor(operand, 'einsum', operands.length === 1 ? 'the operand' : `operand ${i + 1}`)
  }
  checkDtypes(operands, pattern)
  const plan = einsumPlanOf(parseEinsum(pattern), operands, lengths)
  const { out } = options
  if (out !== undefined) checkOut(out, plan, operands)
  const result = compute(plan, operands, out, {})
  return out ?? (toNdarray(result) as NdArray)
}

/** What the layers use: `einsum` on tensors that are known to be right, with an epilogue. */
export function einsumTensor<D extends Data>(
  x: Tensor<D> | readonly Tensor<D>[],
  pattern: string,
  lengths?: Lengths,
  { out, epilogue = {} }: { readonly out?: Tensor<D>; readonly epilogue?: Epilogue } = {},
): Tensor<D> {
  const operands = (Array.isArray(x) ? x : [x]) as readonly Tensor<D>[]
  return compute(einsumPlanOf(parseEinsum(pattern), operands, lengths), operands, out, epilogue) as Tensor<D>
}

function compute(
  plan: EinsumPlan,
  operands: readonly Tensor[],
  out: Tensor | undefined,
  epilogue: Epilogue,
): Tensor {
  const sources = [...operands, epilogue.bias, epilogue.residual].filter((tensor) => tensor !== undefined)
  const inPlace = out !== undefined && !sources.some((source) => overlap(source, out))
  const result = inPlace ? out : makeResult(plan.outputShape, operands[0]!.data)
  contract({
    lengths: plan.lengths,
    operands: operands.map((operand, i) => asOperand(operand, plan.operandStride(i, operand))),
    output: asOperand(result, plan.outputStride(result)),
    epilogue: bindEpilogue(epilogue, plan),
  })
  if (out === undefined || inPlace) return result
  copyInto(result, out)
  return out
}

function asOperand({ data, offset }: Tensor, stride: readonly number[]): Operand {
  return { data, offset, stride }
}

function bindEpilogue({ scale = 1, bias, activation, residual }: Epilogue, plan: EinsumPlan): BoundEpilogue {
  const bind = (tensor: Tensor | undefined) => (tensor ? asOperand(tensor, plan.outputStride(tensor)) : null)
  return { ...noEpilogue, scale, bias: bind(bias), activation: activation ?? null, residual: bind(residual) }
}

function makeResult(shape: readonly number[], like: Data): Tensor {
  const size = sizeOf(shape)
  const data = isWhole(dtypeOf(like)) ? allocate('float64', size) : allocate(like, size)
  return { ...contiguous(shape), data }
}

/** Dtypes whose sums need a double. */
function isWhole(dtype: Dtype): boolean {
  return dtype.startsWith('int') || dtype.startsWith('uint') || dtype === 'buffer'
}

function checkDtypes(operands: readonly NdArray[], pattern: string): void {
  const expected = dtypeOf(operands[0]!.data)
  operands.forEach(({ data }, i) => {
    const got = dtypeOf(data)
    if (got === expected) return
    throw new EinopsError({
      operation: 'einsum',
      ...say('tensor/dtype', { what: `operand ${i + 1}`, got, expected: `${expected} as operand 1` }),
      pattern,
      hint: conversion(expected),
    })
  })
}

function conversion(dtype: Dtype): string | undefined {
  const name =
    dtype === 'array' ? 'Array' : dtype.startsWith('float') ? `Float${dtype.slice(5)}Array` : undefined
  return name && `ndarray(${name}.from(x.data), x.shape, x.stride, x.offset) converts x`
}

function checkOut(out: NdArray, plan: EinsumPlan, operands: readonly NdArray[]): void {
  asTensor(out, 'einsum', "'out'")
  const { text: pattern } = plan.pattern
  const mistake = (said: ReturnType<typeof say>) => new EinopsError({ operation: 'einsum', ...said, pattern })
  const { outputShape } = plan
  if (
    out.shape.length !== outputShape.length ||
    out.shape.some((length, axis) => length !== outputShape[axis])
  ) {
    throw mistake(say('out/shape', { got: showShape(out.shape), expected: showShape(outputShape) }))
  }
  const first = dtypeOf(operands[0]!.data)
  const expected = isWhole(first) ? 'float64' : first
  const got = dtypeOf(out.data)
  if (got !== expected) throw mistake(say('out/dtype', { got, expected }))
  const repeated = out.stride.findIndex((stride, axis) => stride === 0 && out.shape[axis]! > 1)
  if (repeated >= 0) {
    throw mistake(
      say('out/overlap', {
        got: `stride ${show(0)} of axis ${repeated}`,
        expected: 'an element of its own for each result',
      }),
    )
  }
}
