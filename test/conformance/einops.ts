/**
 * Replays vectors recorded from the reference einops: inputs, pattern and result, or a call that must be rejected. A
 * case with anything in it that is not known here has failed, so that a new kind of case cannot pass unseen.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ndarray, { type NdArray } from 'ndarray'
import * as tesserae from 'tesserae'
import * as nn from 'tesserae/nn'
import type { Outcome } from './outcome.ts'

interface TensorJson {
  readonly shape: number[]
  readonly dtype?: string
  readonly stride?: number[]
  readonly offset?: number
  readonly data?: readonly (number | string)[]
}

type InputJson = TensorJson | readonly InputJson[]

export interface Case {
  readonly id: string
  readonly op: string
  readonly pattern: string
  readonly axes?: Record<string, number>
  readonly reduction?: string
  readonly input?: TensorJson
  readonly inputs?: readonly InputJson[]
  readonly packed_shapes?: number[][]
  readonly output?: TensorJson
  readonly outputs?: readonly TensorJson[]
  readonly result?: Record<string, number>
  readonly tolerance?: { readonly rtol: number; readonly atol: number }
  readonly error?: { readonly class: string; readonly message: string }
  readonly rule?: string
  readonly call?: string
  readonly weight_shape?: string
  readonly bias_shape?: string
  readonly tags?: readonly string[]
}

const knownFields = new Set(
  `id op pattern axes reduction input inputs packed_shapes output outputs result tolerance error rule call
  weight_shape bias_shape tags note`.split(/\s+/),
)

/** Calls that the reference rejects only because it cannot do them (README, "errors.json"). */
const limitsOfTheReference = new Set([
  'reduction/mean-of-integers',
  'pack/ambiguous-zero',
  'einsum/too-many-axes',
  'einsum/composite',
  'einsum/singleton',
])

/** Every case of a folder, in the order of its files. */
export function* replayEinops(folder: string, only?: readonly string[]): Generator<Outcome> {
  for (const name of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    if (only !== undefined && !only.some((letters) => name.startsWith(letters))) continue
    let cases: Case[]
    try {
      cases = readCases(join(folder, name))
    } catch (error) {
      yield { id: name, status: 'failed', reason: String(error) }
      continue
    }
    for (const one of cases) yield replayCase(one)
  }
}

export function readCases(path: string): Case[] {
  const file = JSON.parse(readFileSync(path, 'utf8'))
  if (file.format !== 1 || !Array.isArray(file.cases)) throw new Error('not a file of cases of format 1')
  return file.cases
}

/** Runs one case. */
export function replayCase(one: Case): Outcome {
  const { id } = one
  const unknown = Object.keys(one).filter((field) => !knownFields.has(field))
  if (unknown.length > 0) return failed(id, `unknown field ${unknown.join(', ')}`)
  try {
    return one.error === undefined ? replayAccepted(one) : replayRejected(one)
  } catch (error) {
    return failed(id, error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  }
}

function replayAccepted(one: Case): Outcome {
  const { id } = one
  let got: unknown
  try {
    got = call(one)
  } catch (error) {
    if (error instanceof tesserae.EinopsError && one.tags?.includes('quirk')) {
      return { id, status: 'allowed', reason: 'a quirk of the reference, rejected here' }
    }
    throw error
  }
  const difference = compare(one, got)
  return difference === undefined ? { id, status: 'passed' } : failed(id, difference)
}

function replayRejected(one: Case): Outcome {
  const { id, rule, pattern } = one
  if (/[\t\n\r]/.test(pattern)) {
    return {
      id,
      status: 'allowed',
      reason: 'patterns may have tabs and lines here, which the reference refuses',
    }
  }
  try {
    call(one)
  } catch (error) {
    if (error instanceof NotUnderstood) return failed(id, error.message)
    if (!(error instanceof tesserae.EinopsError)) return failed(id, `rejected by a foreign error: ${error}`)
    const pointed = error.pattern === undefined || (error.pattern === pattern && error.message.includes('^'))
    return pointed ? { id, status: 'passed' } : failed(id, `no caret in:\n${error.message}`)
  }
  if (rule !== undefined && limitsOfTheReference.has(rule)) {
    return { id, status: 'allowed', reason: `accepted here, a limit of the reference (${rule})` }
  }
  return failed(id, `'${pattern}' was accepted, expected: ${one.error!.message}`)
}

class NotUnderstood extends Error {}

/** The call that a case describes; what a user could write only by ignoring the types is written so here. */
function call(one: Case): unknown {
  const { op, pattern, axes, reduction } = one
  const lengths = axes === undefined || Object.keys(axes).length === 0 ? undefined : axes
  switch (op) {
    case 'rearrange':
      return tesserae.rearrange(anyInput(one), pattern, lengths)
    case 'repeat':
      return tesserae.repeat(anyInput(one), pattern, lengths)
    case 'reduce':
      return tesserae.reduce(anyInput(one), pattern, reduction as tesserae.Reduction, lengths)
    case 'einsum':
      return callEinsum(one)
    case 'pack':
      return tesserae.pack(listInput(one), pattern)
    case 'unpack':
      return tesserae.unpack(anyInput(one), one.packed_shapes!, pattern)
    case 'parse_shape':
      return tesserae.parseShape(shapeInput(one), pattern)
    case 'Rearrange':
      return callLayer(one, new nn.Rearrange(pattern, lengths))
    case 'Reduce':
      return callLayer(one, new nn.Reduce(pattern, reduction as tesserae.Reduction, lengths))
    case 'EinMix':
      return callLayer(one, makeEinMix(one))
    default:
      throw new NotUnderstood(`unknown operation '${op}'`)
  }
}

/** einsum takes operands, then the pattern; `call` names calls that leave out or exchange them. */
function callEinsum(one: Case): unknown {
  const { call, pattern, axes } = one
  const einsum = tesserae.einsum as (...args: unknown[]) => unknown
  switch (call) {
    case undefined:
      return einsum(listInput(one), pattern, axes)
    case 'pattern_first':
      return einsum(pattern, listInput(one))
    case 'no_tensors':
      return einsum(pattern)
    case 'no_pattern':
      return einsum(listInput(one))
    default:
      throw new NotUnderstood(`unknown call '${call}'`)
  }
}

function makeEinMix({ pattern, axes = {}, weight_shape, bias_shape }: Case): nn.EinMix {
  if (weight_shape === undefined) throw new NotUnderstood('no weight_shape')
  const biasShape = bias_shape === undefined ? {} : { biasShape: bias_shape }
  return new nn.EinMix(pattern, { weightShape: weight_shape, ...biasShape, lengths: axes })
}

/** Without an input the constructor is the whole call; with one, the constructor must have accepted. */
function callLayer({ input }: Case, layer: nn.Module): unknown {
  return input === undefined ? layer : layer.forward(readTensor(input) as NdArray<Float32Array>)
}

/** `input`, or the list `inputs`. */
function anyInput({ input, inputs }: Case): NdArray {
  if ((input === undefined) === (inputs === undefined)) throw new NotUnderstood('neither input nor inputs')
  return (input === undefined ? inputs!.map(readInput) : readInput(input)) as NdArray
}

function listInput({ inputs }: Case): NdArray[] {
  if (inputs === undefined) throw new NotUnderstood('no inputs')
  return inputs.map(readInput) as NdArray[]
}

/** An array of a shape alone: all its elements are one. */
function shapeInput({ input }: Case): NdArray {
  if (input === undefined) throw new NotUnderstood('no input')
  return ndarray(
    new Float32Array(1),
    input.shape,
    input.shape.map(() => 0),
    0,
  )
}

function readInput(json: InputJson): NdArray | unknown[] {
  return Array.isArray(json) ? json.map(readInput) : readTensor(json as TensorJson)
}

function readTensor({ shape, dtype, stride, offset, data }: TensorJson): NdArray {
  const size = data?.length ?? shape.reduce((size, length) => size * length, 1)
  const buffer = makeBuffer(dtype ?? 'float32', size)
  for (let i = 0; data !== undefined && i < size; i++) buffer[i] = readNumber(data[i]!)
  return ndarray(buffer, shape, stride, offset)
}

function makeBuffer(dtype: string, size: number): Float32Array | Float64Array | Int32Array | Uint8Array {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size)
    case 'float64':
      return new Float64Array(size)
    case 'int32':
      return new Int32Array(size)
    case 'uint8':
      return new Uint8Array(size)
    default:
      throw new NotUnderstood(`unknown dtype '${dtype}'`)
  }
}

function readNumber(value: number | string): number {
  if (typeof value === 'number') return value
  if (!['NaN', 'Infinity', '-Infinity', '-0'].includes(value))
    throw new NotUnderstood(`unknown number '${value}'`)
  return Number(value)
}

/** How a result differs from what the case wants, or undefined. */
function compare(one: Case, got: unknown): string | undefined {
  const { op, output, outputs, result, packed_shapes } = one
  if (op === 'pack' && output !== undefined) {
    const [packed, shapes] = got as [NdArray, number[][]]
    const same = JSON.stringify(shapes) === JSON.stringify(packed_shapes)
    return same ? compareTensors(packed, output, one) : `packed shapes ${JSON.stringify(shapes)}`
  }
  if (op === 'unpack' && outputs !== undefined) {
    const arrays = got as NdArray[]
    if (arrays.length !== outputs.length) return `${arrays.length} arrays, expected ${outputs.length}`
    return outputs.map((want, i) => compareTensors(arrays[i]!, want, one)).find((text) => text !== undefined)
  }
  if (op === 'parse_shape' && result !== undefined) {
    const sorted = (lengths: object) => JSON.stringify(Object.entries(lengths).sort())
    const same = sorted(got as object) === sorted(result)
    return same ? undefined : `${JSON.stringify(got)}, expected ${JSON.stringify(result)}`
  }
  if (output !== undefined) return compareTensors(got as NdArray, output, one)
  throw new NotUnderstood('no result to compare with')
}

function compareTensors(got: NdArray, want: TensorJson, { tolerance }: Case): string | undefined {
  if (JSON.stringify(got.shape) !== JSON.stringify(want.shape)) {
    return `shape [${got.shape}], expected [${want.shape}]`
  }
  const values = inOrder(got)
  for (const [i, value] of values.entries()) {
    const expected = readNumber(want.data![i]!)
    if (!agree(value, expected, tolerance)) return `element ${i} is ${value}, expected ${expected}`
  }
  return values.length === want.data!.length
    ? undefined
    : `${values.length} elements, expected ${want.data!.length}`
}

function agree(got: number, want: number, tolerance: Case['tolerance']): boolean {
  if (Object.is(got, want) || (got === want && want !== 0)) return true
  if (got === want) return !Object.is(want, -0) // 0 for −0 only where −0 was not written
  if (tolerance === undefined) return false
  return Math.abs(got - want) <= tolerance.atol + tolerance.rtol * Math.abs(want)
}

/** All elements in row-major order, read one by one. */
function inOrder(array: NdArray): number[] {
  const size = array.shape.reduce((size, length) => size * length, 1)
  return Array.from({ length: size }, (_, i) => {
    const index = array.shape.map(() => 0)
    let rest = i
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % array.shape[axis]!
      rest = Math.floor(rest / array.shape[axis]!)
    }
    return Number(array.get(...index))
  })
}

function failed(id: string, reason: string): Outcome {
  return { id, status: 'failed', reason }
}
