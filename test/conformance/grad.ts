/** Replays gradients of the pattern language recorded from PyTorch: in float64 within 1e-10, and in float32 within 1e-5. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ndarray, { type NdArray } from 'ndarray'
import * as tesserae from 'tesserae'
import { gradients } from 'tesserae/train'
import type { Outcome } from './outcome.ts'

interface Numbers {
  readonly shape: number[]
  readonly data: readonly number[]
}

export interface GradientCase {
  readonly id: string
  readonly op: string
  readonly pattern: string
  readonly lengths: Record<string, number>
  readonly reduction?: string
  readonly inputs: readonly Numbers[]
  readonly output: Numbers
  /** Row-major, of the output's shape and of the inputs'. */
  readonly cotangent: readonly number[]
  readonly grads: readonly (readonly number[])[]
}

type Floats = NdArray<Float32Array | Float64Array>

const knownFields = new Set('id op pattern lengths reduction inputs output cotangent grads note'.split(' '))

/** Every case of a folder, in the order of its files. */
export function* replayGradients(folder: string): Generator<Outcome> {
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue
    for (const one of readGradients(join(folder, name))) yield replayGradient(one)
  }
}

export function readGradients(path: string): GradientCase[] {
  return JSON.parse(readFileSync(path, 'utf8')).cases
}

/** Runs one case in both precisions. */
export function replayGradient(one: GradientCase): Outcome {
  const { id } = one
  const unknown = Object.keys(one).filter((field) => !knownFields.has(field))
  if (unknown.length > 0) return { id, status: 'failed', reason: `unknown field ${unknown.join(', ')}` }
  try {
    for (const [Elements, rtol] of [
      [Float64Array, 1e-10],
      [Float32Array, 1e-5],
    ] as const) {
      const array = ({ shape, data }: Numbers): Floats => ndarray(Elements.from(data), shape)
      const inputs = one.inputs.map(array)
      const problem =
        difference('output', call(one, inputs), one.output, rtol) ??
        gradients((...x: Floats[]) => call(one, x), inputs, array({ ...one.output, data: one.cotangent }))
          .map((got, i) => difference(`gradient ${i}`, got, { ...one.inputs[i]!, data: one.grads[i]! }, rtol))
          .find((found) => found !== undefined)
      if (problem !== undefined) return { id, status: 'failed', reason: `${Elements.name}: ${problem}` }
    }
    return { id, status: 'passed' }
  } catch (error) {
    return { id, status: 'failed', reason: error instanceof Error ? `${error.stack}` : String(error) }
  }
}

function call({ op, pattern, lengths, reduction }: GradientCase, inputs: readonly Floats[]): Floats {
  switch (op) {
    case 'rearrange':
      return tesserae.rearrange(inputs[0]!, pattern, lengths) as Floats
    case 'repeat':
      return tesserae.repeat(inputs[0]!, pattern, lengths) as Floats
    case 'reduce':
      return tesserae.reduce(inputs[0]!, pattern, reduction as tesserae.Reduction, lengths) as Floats
    case 'einsum':
      return tesserae.einsum(inputs, pattern, lengths) as Floats
    default:
      throw new Error(`${op} is not known`)
  }
}

/** What is wrong, if anything; relative to the largest number of the array, since sums cancel. */
function difference(what: string, got: Floats, want: Numbers, rtol: number): string | undefined {
  if (got.shape.join() !== want.shape.join())
    return `${what} has shape [${got.shape}], expected [${want.shape}]`
  const values = tesserae.rearrange(got, '... -> (...)', undefined, { copy: 'always' }).data
  const scale = want.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  for (const [i, b] of want.data.entries()) {
    if (!(Math.abs(values[i]! - b) <= rtol * scale))
      return `${what}, element ${i}: ${values[i]}, expected ${b}`
  }
  return undefined
}
