/**
 * add, subtract, multiply and divide: arithmetic element by element. What is repeated along what is said by the names of axes, not by their
 * places: a pattern is einsum's, and every axis of it stands in the output.
 */
import type { ZipOperation } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { type EinsumPattern, parseZip } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, LengthsOf, NoLengths, ResultShape } from '../../grammar/types/index.ts'
import { copyApart } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { allocate, dtypeOf } from '../layout/data.ts'
import { isBigDtype } from '../layout/dtype.ts'
import { einsumPlanOf } from '../layout/einsum-plans.ts'
import { contiguous } from '../layout/layout.ts'
import type { Lengths } from '../layout/lengths.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { zipInto } from '../rows/zip.ts'
import { currentMachine, expectHost } from '../steps/machine.ts'
import { newResult, resultKind } from '../steps/result.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { asTensor, asValue, present, toNdarray } from './array.ts'
import {
  checkOptions,
  checkOut,
  type DtypeName,
  mayConvert,
  type Options,
  type TensorOptions,
} from './options.ts'
import type { ArrayOf, Converted, OneDtype, OperandShapes, SumsOf } from './typed.ts'
import { expectOneDtype, expectWhole, kindOf, zipSteps } from './zip-steps.ts'

/** An array, or a number, which is an operand without axes and of any dtype. */
export type ZipOperand = NdArray<Data> | number

/** The buffer of the arrays among operands. */
export type ZipData<X extends readonly unknown[]> = X[number] extends infer E
  ? E extends NdArray<infer D>
    ? D
    : never
  : never

/** One of the four operations. */
export type Zip<O extends ZipOperation> = <
  const X extends readonly ZipOperand[],
  P extends string,
  const L extends object = NoLengths,
  T extends DtypeName = never,
  Out extends Data = never,
>(
  x: X & OneDtype<O, X, T | Out>,
  pattern: Checked<O, P, L, OperandShapes<X>>,
  lengths?: LengthsOf<O, P, L>,
  options?: Options<Out, T>,
) => ArrayOf<Converted<SumsOf<ZipData<X>>, T, Out>, ResultShape<O, P, L, OperandShapes<X>>>

/**
 * Sums of arrays element by element, repeated along the axes that they lack.
 *
 * @param x a list of arrays of one dtype and of numbers
 * @param pattern `a, b -> c`: the axes of each operand and of the result; every axis stands in the result. Groups and unit axes may stand
 *   everywhere, an operand without axes is a number or a 0-d array
 * @param lengths lengths of axes that the shapes do not determine
 * @param options `dtype`: what the results become, whatever the operands' dtypes; `out`: an array to write into, which is then returned
 * @returns a new array of the operands' dtype, except that integers give float64 (big integers stay big integers)
 * @throws {EinopsError} when the pattern is wrong or does not fit the shapes, dtypes differ and none was asked for, or an option cannot be met
 *
 * @example
 * const tokens = fromNested([[[1, 2], [3, 4]]])
 * const bias = fromNested([10, 20])
 * toNested(add([tokens, bias], 'b n d, d -> b n d')) // → [[[11, 22], [13, 24]]]
 * toNested(add([bias, 1], 'd, -> d')) // → [11, 21]
 */
export const add: Zip<'add'> = (x, pattern, lengths, options) =>
  zip('add', x, pattern, lengths as Lengths, options) as never

/**
 * The first operand less the others, element by element; as {@link add}.
 *
 * @param x a list of arrays of one dtype and of numbers
 * @param pattern `a, b -> c`: the axes of each operand and of the result; every axis stands in the result
 * @param lengths lengths of axes that the shapes do not determine
 * @param options `dtype`: what the results become; `out`: an array to write into, which is then returned
 * @returns a new array of the operands' dtype, except that integers give float64 (big integers stay big integers)
 * @throws {EinopsError} as `add`
 *
 * @example
 * const rows = fromNested([[1, 2, 3], [4, 5, 9]])
 * const centred = subtract([rows, reduce(rows, 'b d -> b', 'mean')], 'b d, b -> b d')
 * toNested(centred) // → [[-1, 0, 1], [-2, -1, 3]]
 */
export const subtract: Zip<'subtract'> = (x, pattern, lengths, options) =>
  zip('subtract', x, pattern, lengths as Lengths, options) as never

/**
 * Products of arrays element by element, repeated along the axes that they lack; as {@link add}.
 *
 * @param x a list of arrays of one dtype and of numbers
 * @param pattern `a, b -> c`: the axes of each operand and of the result; every axis stands in the result
 * @param lengths lengths of axes that the shapes do not determine
 * @param options `dtype`: what the results become; `out`: an array to write into, which is then returned
 * @returns a new array of the operands' dtype, except that integers give float64 (big integers stay big integers)
 * @throws {EinopsError} as `add`
 *
 * @example
 * const image = fromNested([[[0.5, 1, 1]]])
 * toNested(multiply([image, fromNested([2, 3, 4])], 'h w c, c -> h w c')) // → [[[1, 3, 4]]]
 */
export const multiply: Zip<'multiply'> = (x, pattern, lengths, options) =>
  zip('multiply', x, pattern, lengths as Lengths, options) as never

/**
 * The first operand by the others, element by element; as {@link add}. Integers give fractions in float64; big integers have none.
 *
 * @param x a list of arrays of one dtype and of numbers
 * @param pattern `a, b -> c`: the axes of each operand and of the result; every axis stands in the result
 * @param lengths lengths of axes that the shapes do not determine
 * @param options `dtype`: what the results become; `out`: an array to write into, which is then returned
 * @returns a new array of the operands' dtype, except that integers give float64
 * @throws {EinopsError} as `add`, and for big integers
 *
 * @example
 * const pixels = ndarray(Uint8Array.of(0, 51, 255), [3])
 * toNested(divide([pixels, 255], 'c, -> c')) // → [0, 0.2, 1]
 */
export const divide: Zip<'divide'> = (x, pattern, lengths, options) =>
  zip('divide', x, pattern, lengths as Lengths, options) as never

function zip(
  operation: ZipOperation,
  x: readonly ZipOperand[],
  pattern: string,
  lengths: Lengths | undefined,
  options: Options<Data, DtypeName> | undefined,
): NdArray<Data> {
  const parsed = parseZip(pattern, operation)
  const checked = checkOptions(options, operation)
  if (currentMachine() !== null && Array.isArray(x) && x.length === parsed.operands.length) {
    if (checked.out !== undefined) expectHost(operation, "writing into 'out'")
    const values = x.map((one, i) =>
      typeof one === 'number' ? one : asValue(one, operation, `operand ${i + 1}`),
    )
    if (!mayConvert(checked)) expectOneDtype(parsed, values.map(dtypeOrNone))
    return present(zipSteps(operation, parsed, values, lengths, checked.dtype))
  }
  const operands = asOperands(x, parsed)
  if (!mayConvert(checked)) {
    expectOneDtype(
      parsed,
      operands.map(({ data, number }) => (number === undefined ? dtypeOf(data) : null)),
    )
  }
  const result = compute(operands, parsed, operation, lengths, checked)
  return checked.out ?? toNdarray(result)
}

const dtypeOrNone = (value: Value | number) => (typeof value === 'number' ? null : typeOf(value))

/** An operand; a number has no dtype of its own and takes that of the arrays. */
interface Operand extends Tensor {
  readonly number?: number
}

function compute(
  operands: readonly Operand[],
  pattern: EinsumPattern,
  operation: ZipOperation,
  lengths: Lengths | undefined,
  { copy, out, dtype }: TensorOptions,
): Tensor {
  const plan = einsumPlanOf(pattern, operands, lengths)
  if (copy === 'never') {
    throw mistake(pattern, operands, say('option/copy', {}), 'arithmetic computes new elements')
  }
  if (out !== undefined) checkOut(out, plan.outputShape, null, operation)
  const kind = computedKind(operands)
  const computed = dtypeOf(kind)
  expectWhole(
    pattern,
    operands.map((operand) => operand.number ?? operand),
    computed,
  )
  const like = out?.data ?? resultKind(kind, dtype ?? null, operation)
  // numbers are converted as they are written; big integers, and what takes several steps, at the end
  const isConverted =
    dtypeOf(like) !== computed && (isBigDtype(computed) || isBigDtype(dtypeOf(like)) || operands.length > 2)
  const isDirect = out !== undefined && !isConverted && !operands.some((operand) => overlap(operand, out))
  const result = isDirect ? out : newResult(isConverted ? kind : like, plan.outputShape, operation)
  const { lengths: shape } = plan
  const target = { ...result, shape, stride: plan.outputStride(result), data: result.data }
  const [first, second, ...others] = operands.map(
    (operand, i): Tensor => ({
      ...asComputed(operand, kind),
      shape,
      stride: plan.operandStride(i, operand),
    }),
  )
  if (second === undefined) copyApart(first!, target)
  else zipInto(operation, first!, second, target)
  for (const other of others) zipInto(operation, target, other, target)
  if (isDirect || (out === undefined && !isConverted)) return result
  const written = out ?? newResult(like, plan.outputShape, operation)
  copyApart(result, written)
  return written
}

/** A buffer of the kind that operands are computed in: where dtypes differ, and of integers, float64. */
function computedKind(operands: readonly Operand[]): Data {
  const arrays = operands.filter(({ number }) => number === undefined)
  const dtypes = arrays.map(({ data }) => dtypeOf(data))
  return kindOf(dtypes) === dtypes[0] ? arrays[0]!.data : new Float64Array(0)
}

/** An operand as it is computed with: numbers take the dtype of arrays, and big integers beside numbers are numbers. */
function asComputed(operand: Operand, kind: Data): { data: Data; offset: number } {
  const { data, offset, number } = operand
  if (number === undefined && (isBigDtype(dtypeOf(kind)) || !isBigDtype(dtypeOf(data))))
    return { data, offset }
  const all = { ...contiguous([data.length]), data }
  const copy = {
    ...all,
    data: allocate<Data>(number === undefined ? new Float64Array(0) : kind, data.length),
  }
  copyApart(all, copy)
  return { data: copy.data, offset }
}

function asOperands(
  x: readonly ZipOperand[],
  { text, operands, operation }: EinsumPattern,
): readonly Operand[] {
  const span = { start: 0, end: text.indexOf('->') }
  if (!Array.isArray(x))
    throw new EinopsError({ operation, pattern: text, span, ...say('list/type', { got: show(x) }) })
  if (x.length !== operands.length) {
    const said = say('operand/count', { got: x.length, expected: operands.length })
    throw new EinopsError({ operation, pattern: text, span, ...said })
  }
  return x.map((operand: ZipOperand, i): Operand => {
    if (typeof operand === 'number')
      return { ...contiguous([]), data: Float64Array.of(operand), number: operand }
    const what = `operand ${i + 1}`
    const place = { pattern: text, span: operands[i]!.span }
    if (typeof operand === 'bigint') {
      const said = say('tensor/type', { what, got: show(operand) })
      const hint = `fromNested(${show(operand)}) makes an array without axes of it`
      throw new EinopsError({ operation, ...place, ...said, hint })
    }
    return asTensor<Data>(operand, operation, what, place)
  })
}

function mistake(
  { text, output, operation }: EinsumPattern,
  operands: readonly Tensor[],
  said: ReturnType<typeof say>,
  hint: string,
): EinopsError {
  const shape = operands.map((operand) => operand.shape)
  return new EinopsError({ operation, pattern: text, span: output.span, ...said, shape, hint })
}
