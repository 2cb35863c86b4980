/**
 * Replays vectors recorded from PyTorch, timm and vit-pytorch: parameters and inputs of a layer or model, and what it
 * gave. Each result must agree within its tolerance; a case of a class that is not known here has failed, so that a new
 * kind of case cannot pass unseen.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NdArray } from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import type { Outcome } from './outcome.ts'
import { runners } from './vit-classes.ts'
import { learn as learner } from './vit-gradients.ts'

export type FloatArray = NdArray<Float32Array>

export interface VitCase {
  readonly class: string
  readonly config: Readonly<Record<string, unknown>>
  /** Tensors by name, without the prefix. */
  readonly param: Readonly<Record<string, FloatArray>>
  readonly input: Readonly<Record<string, FloatArray>>
  readonly equiv: Readonly<Record<string, FloatArray>>
  readonly torch: Readonly<Record<string, FloatArray>>
}

/** What a class gives: arrays by the vectors' names, `output.y` or `mid.tokens`. */
export type Results = Readonly<Record<string, NdArray>>

export interface Tolerance {
  readonly atol: number
  /** Adam amplifies rounding noise of single elements; the mean over all is the sharper test. */
  readonly mean_abs_diff_max?: number
  readonly rtol: number
  readonly ignore_rows?: readonly (readonly [number, number])[]
}

/** Every case of a folder; `only` are the letters their names begin with. */
export function* replayVit(folder: string, only?: readonly string[]): Generator<Outcome> {
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json') || name === 'index.json') continue
    const id = name.slice(0, -'.json'.length)
    if (only !== undefined && !only.some((letters) => id.startsWith(letters))) continue
    yield* replayCase(folder, id)
  }
}

function* replayCase(folder: string, id: string): Generator<Outcome> {
  try {
    const sidecar = JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8'))
    const tensors = readSafetensors(readFileSync(join(folder, `${id}.safetensors`))) as Record<
      string,
      FloatArray
    >
    const expected = Object.entries(tensors).filter(([name]) => /^(output|mid|grad|after)\./.test(name))
    const runner = id.startsWith('g_')
      ? ([null, learner] as const)
      : runners.find(([classes]) => classes.test(sidecar.class))
    if (runner === undefined) {
      yield { id, status: 'failed', reason: `class ${sidecar.class} is not known` }
      return
    }
    const results = runner[1]({
      labels: sidecar.labels ?? [],
      class: sidecar.class,
      config: sidecar.config ?? {},
      param: group(tensors, 'param.'),
      input: group(tensors, 'input.'),
      equiv: group(tensors, 'equiv.'),
      torch: group(tensors, 'torch.'),
    })
    const problems: string[] = []
    const nameless: string[] = []
    for (const [name, want] of expected) {
      const got = results[name]
      if (got !== undefined) problems.push(...difference(name, got, want, toleranceOf(sidecar, name)))
      else if (!name.startsWith('mid.')) problems.push(`${name} is not understood`)
      else nameless.push(name)
    }
    if (problems.length > 0) yield { id, status: 'failed', reason: problems.join('; ') }
    else yield { id, status: 'passed' }
    for (const name of nameless)
      yield { id: `${id}/${name}`, status: 'not comparable', reason: 'has no public name' }
  } catch (error) {
    yield { id, status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

function group(tensors: Record<string, FloatArray>, prefix: string): Record<string, FloatArray> {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  )
}

/** The tolerance of a tensor, with the rows that hold only rounding noise. */
function toleranceOf(
  {
    tolerance,
    ignore_rows = {},
  }: { tolerance: Record<string, Tolerance>; ignore_rows?: Record<string, [number, number]> },
  name: string,
): Tolerance | undefined {
  const own = tolerance[name]
  const rows = ignore_rows[name]
  return own && rows ? { ...own, ignore_rows: [...(own.ignore_rows ?? []), rows] } : own
}

/** What is wrong with a result, if anything: |got − want| ≤ atol + rtol·|want| for every element. */
export function difference(
  name: string,
  got: NdArray,
  want: FloatArray,
  tolerance: Tolerance | undefined,
): string[] {
  if (tolerance === undefined) return [`${name} has no tolerance`]
  if (got.shape.join() !== want.shape.join())
    return [`${name} has shape [${got.shape}], expected [${want.shape}]`]
  const { atol, rtol, ignore_rows = [], mean_abs_diff_max } = tolerance
  let sum = 0
  let count = 0
  for (const index of indices(want.shape)) {
    if (ignore_rows.some(([from, to]) => index[0]! >= from && index[0]! < to)) continue
    const a = got.get(...index)
    const b = want.get(...index)
    count++
    if (Object.is(a, b) || a === b) continue
    sum += Math.abs(a - b)
    const excess = Math.abs(a - b) / (atol + rtol * Math.abs(b))
    // also where one is NaN
    if (!(excess <= 1))
      return [`${name}[${index}] is ${a}, expected ${b}: ${excess.toPrecision(3)} times the tolerance`]
  }
  if (mean_abs_diff_max !== undefined && !(sum / count <= mean_abs_diff_max))
    return [`${name} is off by ${sum / count} in the mean, allowed are ${mean_abs_diff_max}`]
  return []
}

function* indices(shape: readonly number[]): Generator<number[]> {
  const index = shape.map(() => 0)
  if (shape.includes(0)) return
  for (;;) {
    yield index
    let axis = shape.length - 1
    while (axis >= 0 && ++index[axis]! === shape[axis]) index[axis--] = 0
    if (axis < 0) return
  }
}
