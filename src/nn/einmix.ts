/**
 * einops' EinMix: a linear map along any axes, named in a pattern. It is an einsum of the input and a weight, plus a
 * bias: `Linear` is `EinMix('… i -> … o', { weightShape: 'o i', biasShape: 'o' })`. Rules and initialisation are those of
 * einops (`layers/_einmix.py`).
 */

import {
  type Axis,
  axesOf,
  didYouMean,
  EinopsError,
  type Expression,
  parseEinsum,
  type Span,
} from '../../grammar/index.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import { einsumTensor } from '../ops/einsum.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import type { Lengths } from './einops.ts'
import { newParameter, uniform } from './init.ts'
import { Module } from './module.ts'
import { each, expectOptions, type Kinds, kind, needed } from './options.ts'
import type { Parameter } from './parameter.ts'

export interface EinMixOptions {
  /** The axes of the weight: those the map sums over, makes, or has weights of their own for. */
  readonly weightShape: string
  /** The axes of the output for which there are biases of their own; no bias if not given. */
  readonly biasShape?: string | null | undefined
  /** The lengths of the weight's and the bias' axes, and of others that the input does not determine. */
  readonly lengths?: Lengths | undefined
  readonly seed?: number | undefined
}

const kinds: Kinds<EinMixOptions> = {
  weightShape: needed(kind.anything),
  ...each(kind.anything, 'biasShape', 'lengths'),
  seed: kind.seed,
}

/**
 * A linear map of the axes that the pattern drops to those that it makes.
 *
 * @param pattern `input -> output`; groups and `...` as in `rearrange`
 * @throws {EinopsError} when patterns and lengths do not fit together, or the input does not fit the pattern
 *
 * @example
 * const mix = new EinMix('b t (h c) -> b (t o)', { weightShape: 'h c o', biasShape: 'o', lengths: { h: 2, c: 3, o: 5 } })
 * mix.weight.shape // → [2, 3, 5]
 * mix.forward(ndarray(new Float32Array(4 * 7 * 6), [4, 7, 6])).shape // → [4, 35]
 */
export class EinMix extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly lengths: Lengths
  readonly #product: string
  readonly #regroup: string

  constructor(pattern: string, options: EinMixOptions) {
    super()
    expectOptions(this, options, kinds)
    const { weightShape, biasShape = null, lengths = {} } = options
    const mix = readMix(pattern, { weightShape, biasShape, lengths })
    const { left, weight, right, biasAxes } = mix
    const lengthOf = (name: string) => lengths[name]!
    const summed = weight.filter((name) => !right.names.has(name))
    const fanIn = summed.reduce((product, name) => product * lengthOf(name), 1)
    const draw = (variance: number) => uniform({ low: -Math.sqrt(variance), high: Math.sqrt(variance) })
    this.lengths = lengths
    this.weight = newParameter(weight.map(lengthOf), draw(3 / fanIn), { seed: options.seed })
    const biasLengths = right.axes.flatMap((axis) =>
      axis.kind === 'axis' ? [biasAxes.has(axis.name) ? lengthOf(axis.name) : 1] : [],
    )
    this.bias = biasShape === null ? null : newParameter(biasLengths, draw(1 / fanIn), { seed: options.seed })
    // the product gives the output's axes one by one, where a bias broadcasts; joining them into groups moves nothing
    const flat = right.axes.flatMap((axis) => (axis.kind === 'number' ? [] : [textOf(axis)])).join(' ')
    this.#product = `${left.text}, ${weightShape} -> ${flat}`
    this.#regroup = `${flat} -> ${right.text}`
  }

  override compute(x: FloatTensor): FloatTensor {
    const epilogue = this.bias === null ? {} : { bias: this.bias }
    const product = einsumTensor([x, this.weight], this.#product, this.lengths, { epilogue })
    return rearrangeTensor(product, this.#regroup)
  }
}

interface Side {
  readonly text: string
  readonly axes: readonly Axis[]
  readonly names: ReadonlySet<string>
  readonly span: Span
  readonly spanOf: (name: string) => Span
}

interface Mix {
  readonly left: Side
  readonly weight: readonly string[]
  readonly right: Side
  readonly biasAxes: ReadonlySet<string>
}

/** The pattern's parts after einops' rules. */
function readMix(
  pattern: string,
  { weightShape, biasShape, lengths }: { weightShape: string; biasShape: string | null; lengths: Lengths },
): Mix {
  const [leftText = '', rightText] = pattern.split('->', 2)
  const source: Source = { pattern, leftText, weightShape, lengths }
  const reject: Reject = (what, span, hint) => {
    throw new EinopsError({
      code: 'layer/einmix',
      operation: 'EinMix',
      what,
      pattern,
      lengths,
      span: placed(source, span),
      hint,
    })
  }
  const { operands, output } = readWhole(source)
  const [input, weight] = operands
  if (input === undefined || weight === undefined || operands.length !== 2) {
    return reject(`the pattern has commas — got ${operands.length} operands, expected input -> output`)
  }
  const left = sideOf(leftText, input)
  const right = sideOf(rightText ?? '', output)
  const weightAxes = axesOf(weight)
  const ellipses = [left, right].map(({ axes }) => axes.find(({ kind }) => kind === 'ellipsis'))

  for (const expression of [input, weight, output]) checkAxes(expression, reject)
  const grouped = weight.items.find(({ kind }) => kind === 'group')
  if (grouped !== undefined)
    reject(
      `parentheses in the weight's shape — got '${weightShape}', expected names only`,
      grouped.span,
      `weightShape: '${weightShape.replace(/[()]/g, ' ').replace(/\s+/g, ' ').trim()}'`,
    )
  for (const axis of weightAxes) {
    if (axis.kind === 'ellipsis')
      reject(
        `'...' in the weight's shape — got '${weightShape}', expected every axis by name`,
        axis.span,
        'a weight is one array, whatever the input: the axes under ... share it',
      )
    if (axis.kind === 'number')
      reject("a number in the weight's shape — got 1, expected names only", axis.span)
  }
  if ((ellipses[0] === undefined) !== (ellipses[1] === undefined)) {
    reject(
      "'...' on one side — got it once, expected it on both sides",
      (ellipses[0] ?? ellipses[1])!.span,
      'EinMix keeps the dimensions under ...; name those that it should sum over',
    )
  }
  for (const axis of weightAxes) {
    if (axis.kind !== 'axis') continue
    const { name } = axis
    if (!Object.hasOwn(lengths, name)) {
      reject(
        `the length of weight axis '${name}' is missing — got no '${name}', expected it in the lengths`,
        right.names.has(name) ? right.spanOf(name) : axis.span,
        `pass { ${name}: … } in lengths`,
      )
    }
    if (!left.names.has(name) && !right.names.has(name)) {
      reject(
        `weight axis '${name}' is redundant — got it in the weight only, expected it on a side`,
        axis.span,
        `weightShape is '${weightShape}'; take '${name}' out of it, or put it into the pattern`,
      )
    }
  }
  const weightNames = weightAxes.flatMap((axis) => (axis.kind === 'axis' ? [axis.name] : []))
  for (const [name, length] of Object.entries(lengths)) {
    if (!left.names.has(name) && !weightNames.includes(name)) {
      reject(
        `length '${name}' is not used — got ${name}: ${length}, expected axes of the input or the weight`,
        undefined,
        didYouMean(name, [...left.names, ...weightNames]),
      )
    }
    if (!Number.isSafeInteger(length) || length < 0) {
      reject(`bad length of axis '${name}' — got ${length}, expected a whole number, 0 or more`)
    }
  }
  const biasAxes = new Set(biasShape?.split(/\s+/).filter((name) => name !== ''))
  checkBias(biasAxes, right, lengths, reject)
  return { left, weight: weightNames, right, biasAxes }
}

type Reject = (what: string, span?: Span, hint?: string) => never

/** What the user wrote. */
interface Source {
  readonly pattern: string
  readonly leftText: string
  readonly weightShape: string
  readonly lengths: Lengths
}

/** The pattern with the weight as second operand. */
function readWhole(source: Source): {
  readonly operands: readonly Expression[]
  readonly output: Expression
} {
  const { pattern, leftText, weightShape } = source
  const hasArrow = pattern.length > leftText.length
  const whole = hasArrow ? `${leftText}, ${weightShape}${pattern.slice(leftText.length)}` : pattern
  try {
    return parseEinsum(whole)
  } catch (error) {
    if (!(error instanceof EinopsError)) throw error
    const { code, message } = error
    const unknown = code === 'pattern/output-only'
    const hint = unknown ? `a new axis stands in weightShape, which is '${weightShape}'` : error.hint
    const what = message.split('\n', 1)[0]!.replace(/^einsum: /, '')
    const span = hasArrow ? placed(source, error.span) : error.span
    throw new EinopsError({ code, operation: 'EinMix', what, pattern, span, hint })
  }
}

/** Where a part of the whole stands in the user's pattern; of the weight's shape, which is not in it, everywhere. */
function placed({ pattern, leftText, weightShape }: Source, span?: Span): Span {
  const inserted = weightShape.length + 2
  if (span === undefined) return { start: 0, end: pattern.length }
  if (span.end <= leftText.length) return span
  if (span.start < leftText.length + inserted) return { start: 0, end: pattern.length }
  return { start: span.start - inserted, end: span.end - inserted }
}

/** No name twice in an expression: no diagonals. */
function checkAxes(expression: Expression, reject: Reject): void {
  const seen = new Set<string>()
  for (const axis of axesOf(expression)) {
    if (axis.kind !== 'axis') continue
    if (seen.has(axis.name)) {
      reject(
        `axis '${axis.name}' stands twice — got a second '${axis.name}', expected each name once`,
        axis.span,
      )
    }
    seen.add(axis.name)
  }
}

function checkBias(biasAxes: ReadonlySet<string>, right: Side, lengths: Lengths, reject: Reject): void {
  for (const name of biasAxes) {
    if (!right.names.has(name)) {
      reject(
        `bias axis '${name}' is not in the output — got '${name}', expected an axis of the right side`,
        right.span,
        `one of ${[...right.names].map((axis) => `'${axis}'`).join(', ')}: a bias is added to the output`,
      )
    }
    if (!Object.hasOwn(lengths, name)) {
      reject(`the length of bias axis '${name}' is missing — got no '${name}', expected it in the lengths`)
    }
  }
  const isBias = (axis: Axis) => axis.kind === 'axis' && biasAxes.has(axis.name)
  const ellipsis = right.axes.findIndex(({ kind }) => kind === 'ellipsis')
  const early = right.axes.slice(0, Math.max(0, ellipsis)).find(isBias)
  if (early !== undefined) {
    reject(
      `bias axis '${textOf(early)}' stands before '...' — got it there, expected all bias axes behind`,
      early.span,
    )
  }
}

function sideOf(text: string, expression: Expression): Side {
  const axes = axesOf(expression)
  const spans = new Map(axes.flatMap((axis) => (axis.kind === 'axis' ? [[axis.name, axis.span]] : [])))
  return {
    text,
    axes,
    names: new Set(spans.keys()),
    span: expression.span,
    spanOf: (name) => spans.get(name)!,
  }
}

function textOf(axis: Axis): string {
  return axis.kind === 'axis' ? axis.name : axis.kind === 'ellipsis' ? '...' : String(axis.length)
}
