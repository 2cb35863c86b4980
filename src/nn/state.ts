/**
 * Parameters in and out of a model by name. A state dict is compared with the model as a whole before anything is
 * copied, so that a mistake leaves the model as it was and one message names all that does not fit. Parameters are then
 * replaced one by one, because a second copy of a whole model is what memory has no room for.
 */

import { nearest } from '../../grammar/suggest.ts'
import { type Described, describedIn, expectDict } from '../checkpoint/described.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import type { StateDict } from '../checkpoint/read.ts'
import type { NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { type Kinds, kind, mistakeIn } from '../ops/kinds.ts'
import { holdsReals, type Parameter } from './parameter.ts'

export interface LoadOptions {
  /** Whether a name that only one side has is an error; true if not given. */
  readonly strict?: boolean
}

const kinds: Kinds<LoadOptions> = { strict: kind.flag }

/** How many of the parameters that do not fit an error lists. */
const MOST_SHOWN = 20

/** Among how many names the one that was meant is looked for. */
const MOST_COMPARED = 1000

/** What a lenient load left out. */
export interface LoadReport {
  /** Names of parameters that kept their values. */
  readonly missing: readonly string[]
  /** Names in the dict that no parameter has. */
  readonly unexpected: readonly string[]
}

/** Copies of parameters as a plain object without a prototype, so that no name can collide with one of `Object`'s. */
export function saveState(
  parameters: Iterable<readonly [string, Parameter]>,
): Record<string, NdArray<Float32Array>> {
  const dict = Object.create(null) as Record<string, NdArray<Float32Array>>
  for (const [name, parameter] of parameters) {
    const { shape, stride, offset } = parameter
    dict[name] = toNdarray({ shape, stride, offset, data: parameter.copy() })
  }
  return dict
}

/**
 * Copies the arrays of `dict` into the parameters of the same names; a dict that does not fit changes nothing.
 *
 * @throws CheckpointError listing all that does not fit
 * @throws RangeError where JavaScript's memory runs out on the way; each parameter then has either its old or its new values
 */
export function loadState(
  model: string,
  parameters: ReadonlyMap<string, Parameter>,
  dict: StateDict,
  options: LoadOptions,
): LoadReport {
  const operation = `${model}.loadStateDict`
  expectDict(dict, operation)
  const mistake = mistakeIn(options, kinds)
  if (mistake !== undefined) throw new CheckpointError({ operation, ...mistake })
  const { pairs, ...report } = matched(operation, parameters, describedIn(dict), options)
  for (const [name, parameter] of pairs) parameter.assign(dict[name]!)
  return report
}

/**
 * The parameters that there are tensors for.
 *
 * @throws CheckpointError listing all that does not fit
 */
export function matched(
  operation: string,
  parameters: ReadonlyMap<string, Parameter>,
  given: ReadonlyMap<string, Described>,
  { strict = true }: LoadOptions = {},
): LoadReport & { readonly pairs: readonly (readonly [name: string, parameter: Parameter])[] } {
  const missing = [...parameters.keys()].filter((name) => !given.has(name))
  const unexpected = [...given.keys()].filter((name) => !parameters.has(name))
  const pairs = [...parameters].filter(([name]) => given.has(name))
  const misfits = pairs.flatMap(([name, parameter]) => misfit(name, parameter, given.get(name)!))
  const unfit = misfits.map(({ name }) => name)
  const problems: Problem[] = [
    ...(strict ? missing.map((name) => () => describe('missing', name, unexpected)) : []),
    ...(strict ? unexpected.map((name) => () => describe('unexpected', name, missing)) : []),
    ...misfits.map(
      ({ text }) =>
        () =>
          text,
    ),
  ]
  if (problems.length > 0) {
    const depth = depthsApart(parameters.keys(), given.keys())
    throw mismatch(operation, problems, depth, { missing, unexpected, unfit })
  }
  return { missing, unexpected, pairs }
}

/** What keeps a tensor from being the parameter's values, if anything does. */
function misfit(
  name: string,
  parameter: Parameter,
  { shape, dtype }: Described,
): { readonly name: string; readonly text: string }[] {
  if (!holdsReals(dtype)) return [{ name, text: `unfit ${name} — got ${dtype}, expected float32` }]
  if (parameter.accepts(shape)) return []
  return [{ name, text: `misshapen ${name} — got [${shape}], expected [${parameter.shape}]` }]
}

/** What does not fit, put into words only where it is shown: looking for the name that was meant takes long. */
type Problem = () => string

/** A name on one side only, with the one of the other side that it was probably meant to be. */
function describe(problem: string, name: string, others: readonly string[]): string {
  const other = nearest(name, others.slice(0, MOST_COMPARED))
  return `${problem} ${name}${other === undefined ? '' : ` — did you mean '${other}'?`}`
}

/** Which lists of layers have other lengths, as `depth 12, not 2 (blocks)`: most of what does not fit follows from that. */
function depthsApart(own: Iterable<string>, given: Iterable<string>): string {
  const [ours, theirs] = [depthsOf(own), depthsOf(given)]
  return [...ours]
    .flatMap(([list, depth]) => {
      const other = theirs.get(list) ?? depth
      return other === depth ? [] : [`depth ${other}, not ${depth} (${list})`]
    })
    .join(', ')
}

/** How many layers there are in each list, by the list's name. */
function depthsOf(names: Iterable<string>): Map<string, number> {
  const depths = new Map<string, number>()
  for (const name of names) {
    const [, list, index] = /^(\D*[^.\d])\.(\d+)\./.exec(name) ?? []
    if (list !== undefined) depths.set(list, Math.max(depths.get(list) ?? 0, Number(index) + 1))
  }
  return depths
}

function mismatch(
  operation: string,
  problems: readonly Problem[],
  depth: string,
  values: Readonly<Record<string, readonly string[]>>,
): CheckpointError {
  const rest = problems.length - MOST_SHOWN
  const shown = problems.slice(0, rest > 1 ? MOST_SHOWN : undefined).map((problem) => problem())
  if (rest > 1) shown.push(`and ${rest} more`)
  const count = problems.length === 1 ? '1 parameter does' : `${problems.length} parameters do`
  return new CheckpointError({
    code: 'state/mismatch',
    operation,
    what: [`${depth === '' ? '' : `${depth} — `}${count} not fit, nothing was loaded`, ...shown].join('\n  '),
    values,
  })
}
