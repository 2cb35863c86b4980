/** The rules of EinMix's patterns, those of einops (`layers/_einmix.py`), and what is said where one is not kept. */

import {
  type Advice,
  type Axis,
  axesOf,
  didYouMean,
  EinopsError,
  type Expression,
  fill,
  parseEinsum,
  type Span,
} from '../../grammar/index.ts'

type Lengths = Readonly<Record<string, number>>

interface Side {
  readonly text: string
  readonly axes: readonly Axis[]
  readonly names: ReadonlySet<string>
  readonly span: Span
  readonly spanOf: (name: string) => Span
}

/** The parts of a pattern that follows the rules. */
export interface Mix {
  readonly left: Side
  readonly weight: readonly string[]
  readonly right: Side
  readonly biasAxes: ReadonlySet<string>
}

/**
 * The pattern's parts.
 *
 * @throws {EinopsError} when pattern, weight's shape, bias' shape and lengths do not go together
 */
export function readMix(
  pattern: string,
  { weightShape, biasShape, lengths }: { weightShape: string; biasShape: string | null; lengths: Lengths },
): Mix {
  const [leftText = '', rightText] = pattern.split('->', 2)
  const source: Source = { pattern, leftText, weightShape, lengths }
  const reject: Reject = (sentence, values, span, hint) => {
    throw new EinopsError({
      code: 'layer/einmix',
      operation: 'EinMix',
      ...fill(sentence, values),
      pattern,
      lengths,
      span: placed(source, span),
      hint,
    })
  }
  const { operands, output } = readWhole(source)
  const [input, weight] = operands
  if (input === undefined || weight === undefined || operands.length !== 2) {
    return reject('the pattern has commas — got {got} operands, expected input -> output', {
      got: operands.length,
    })
  }
  const left = sideOf(leftText, input)
  const right = sideOf(rightText ?? '', output)
  const weightAxes = axesOf(weight)
  const ellipses = [left, right].map(({ axes }) => axes.find(({ kind }) => kind === 'ellipsis'))

  for (const expression of [input, weight, output]) checkAxes(expression, reject)
  for (const { kind, ...item } of input.items) {
    const unknown = (('axes' in item && item.axes) || []).flatMap((axis) =>
      axis.kind === 'axis' && !Object.hasOwn(lengths, axis.name) ? [axis.name] : [],
    )
    if (unknown.length > 1) {
      const values = { count: unknown.length, axes: unknown.join(', ') }
      const missing = unknown.slice(1).map((name) => `'${name}'`)
      reject(
        'cannot infer a group of the input — got {count} unknown lengths ({axes}), expected at most one',
        values,
        item.span,
        `give the length of ${missing.join(' and ')}`,
      )
    }
  }
  const grouped = weight.items.find(({ kind }) => kind === 'group')
  if (grouped !== undefined)
    reject(
      "parentheses in the weight's shape — got '{weightShape}', expected names only",
      { weightShape },
      grouped.span,
      `weightShape: '${weightShape.replace(/[()]/g, ' ').replace(/\s+/g, ' ').trim()}'`,
    )
  for (const axis of weightAxes) {
    if (axis.kind === 'ellipsis')
      reject(
        "'...' in the weight's shape — got '{weightShape}', expected every axis by name",
        { weightShape },
        axis.span,
        'a weight is one array, whatever the input: the axes under ... share it',
      )
    if (axis.kind === 'number')
      reject("a number in the weight's shape — got 1, expected names only", {}, axis.span)
  }
  if ((ellipses[0] === undefined) !== (ellipses[1] === undefined)) {
    reject(
      "'...' on one side — got it once, expected it on both sides",
      {},
      (ellipses[0] ?? ellipses[1])!.span,
      'EinMix keeps the dimensions under ...; name those that it should sum over',
    )
  }
  for (const axis of weightAxes) {
    if (axis.kind !== 'axis') continue
    const { name } = axis
    if (!Object.hasOwn(lengths, name)) {
      reject(
        "the length of weight axis '{axis}' is missing — got no '{axis}', expected it in the lengths",
        { axis: name },
        right.names.has(name) ? right.spanOf(name) : axis.span,
        `pass { ${name}: … } in lengths`,
      )
    }
    if (!left.names.has(name) && !right.names.has(name)) {
      reject(
        "weight axis '{axis}' is redundant — got it in the weight only, expected it on a side",
        { axis: name },
        axis.span,
        `weightShape is '${weightShape}'; take '${name}' out of it, or put it into the pattern`,
      )
    }
  }
  const weightNames = weightAxes.flatMap((axis) => (axis.kind === 'axis' ? [axis.name] : []))
  for (const [name, length] of Object.entries(lengths)) {
    if (!left.names.has(name) && !weightNames.includes(name)) {
      reject(
        "length '{axis}' is not used — got {axis}: {got}, expected axes of the input or the weight",
        { axis: name, got: length },
        undefined,
        didYouMean(name, [...left.names, ...weightNames]),
      )
    }
    if (!Number.isSafeInteger(length) || length < 0) {
      reject("bad length of axis '{axis}' — got {got}, expected a whole number, 0 or more", {
        axis: name,
        got: length,
      })
    }
  }
  const biasAxes = new Set(biasShape?.split(/\s+/).filter((name) => name !== ''))
  checkBias(biasAxes, right, lengths, reject)
  return { left, weight: weightNames, right, biasAxes }
}

type Reject = (
  sentence: string,
  values: Readonly<Record<string, string | number>>,
  span?: Span,
  hint?: string | Advice,
) => never

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
    const { code, what, values } = error
    const unknown = code === 'pattern/output-only'
    const hint = unknown ? `a new axis stands in weightShape, which is '${weightShape}'` : error.hint
    const span = hasArrow ? placed(source, error.span) : error.span
    throw new EinopsError({ code, operation: 'EinMix', what, values, pattern, span, hint })
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
        "axis '{axis}' stands twice — got a second '{axis}', expected each name once",
        { axis: axis.name },
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
        "bias axis '{axis}' is not in the output — got '{axis}', expected an axis of the right side",
        { axis: name },
        right.span,
        `one of ${[...right.names].map((axis) => `'${axis}'`).join(', ')}: a bias is added to the output`,
      )
    }
    if (!Object.hasOwn(lengths, name)) {
      reject("the length of bias axis '{axis}' is missing — got no '{axis}', expected it in the lengths", {
        axis: name,
      })
    }
  }
  const isBias = (axis: Axis) => axis.kind === 'axis' && biasAxes.has(axis.name)
  const ellipsis = right.axes.findIndex(({ kind }) => kind === 'ellipsis')
  const early = right.axes.slice(0, Math.max(0, ellipsis)).find(isBias)
  if (early !== undefined) {
    reject(
      "bias axis '{axis}' stands before '...' — got it there, expected all bias axes behind",
      { axis: textOf(early) },
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

/** An axis as the pattern has it. */
export function textOf(axis: Axis): string {
  return axis.kind === 'axis' ? axis.name : axis.kind === 'ellipsis' ? '...' : String(axis.length)
}
