/**
 * Binding a pattern to a shape and lengths: the left side is laid against the shape, dimension by dimension, and at
 * most one unknown length of each group follows from the others; then the right side is looked up.
 */

import type {
  Axis,
  Expression,
  Item,
  NamedAxis,
  ShapePattern,
  Span,
  TransformPattern,
} from '../../grammar/ast.ts'
import { type Advice, EinopsError } from '../../grammar/error.ts'
import { axesOf } from '../../grammar/expression.ts'
import { type Said, say } from '../../grammar/sentences.ts'
import { separateAxes } from '../../grammar/suggest.ts'
import { divisorHint, mismatchHint } from './hints.ts'
import { mostAxes } from './layout.ts'
import { type Lengths, readLengths } from './lengths.ts'
import { Plan, type PlanAxis } from './plan.ts'

/** The text that mistakes are shown in, and what it is bound to. */
export interface Binding {
  readonly operation: string
  readonly text: string
  readonly shape: readonly number[]
  readonly lengths: Lengths | undefined
  /** The given lengths by name, checked. */
  readonly given: ReadonlyMap<string, number>
}

/**
 * The plan of a pattern for one shape.
 *
 * @throws {EinopsError} when shape or lengths do not fit the pattern
 */
export function bindTransform(pattern: TransformPattern, shape: readonly number[], lengths?: Lengths): Plan {
  const { operation, text, left, right } = pattern
  const given = checkLengths(pattern, lengths, shape)
  const binding: Binding = { operation, text, shape, lengths, given }
  const found = new Map<string, PlanAxis[]>() // the ellipsis under '...'
  const anonymous: PlanAxis[] = []
  for (const [label, axes] of bindExpression(left, binding)) {
    if (label === null) anonymous.push(...axes)
    else found.set(label, axes)
  }
  const used = new Set<PlanAxis>()
  const dimensions: PlanAxis[][] = []
  for (const item of right.items) {
    if (item.kind === 'ellipsis') dimensions.push(...take(item).map((axis) => [axis]))
    else dimensions.push(item.kind === 'group' ? item.axes.flatMap(take) : take(item))
  }
  const reduced = [...found.values(), anonymous].flat().filter((axis) => !used.has(axis))
  reduced.sort((a, b) => a.dimension - b.dimension || b.step - a.step)
  const names = new Map<string, number>()
  for (const axis of [...axesOf(left), ...axesOf(right)]) {
    if (axis.kind === 'axis') names.set(axis.name, found.get(axis.name)?.[0]?.length ?? given.get(axis.name)!)
  }
  const kept = dimensions.flat()
  if (dimensions.length > mostAxes) throw mistake(binding, tooManyAxes(dimensions.length), right.span)
  checkSize(kept, binding, right.span)
  return new Plan({ pattern, shape, lengths: names, dimensions, reduced })

  function take(axis: Axis): PlanAxis[] {
    if (axis.kind === 'number') return axis.length === 1 ? [] : [newAxis(String(axis.length), axis.length)]
    const label = axis.kind === 'ellipsis' ? '...' : axis.name
    const known = found.get(label)
    if (known !== undefined) {
      for (const one of known) used.add(one)
      return known
    }
    return [newAxis(label, lengthOfNew(axis as NamedAxis, binding))]
  }
}

/**
 * The given lengths by name, after checking them against the pattern alone.
 *
 * @throws {EinopsError} for what is no whole number or no axis of the pattern
 */
export function checkLengths(
  { operation, text, left, right }: TransformPattern,
  lengths: Lengths | undefined,
  shape?: readonly number[],
): ReadonlyMap<string, number> {
  const names = new Map<string, Span>()
  for (const axis of [...axesOf(right), ...axesOf(left)]) {
    if (axis.kind === 'axis') names.set(axis.name, axis.span)
  }
  const span = { start: 0, end: text.length }
  return readLengths(lengths, names, { operation, pattern: text, span, shape })
}

/**
 * Lays an expression against a shape: each axis with its label, `'...'` for the ellipsis, null for numbers; a 1 is no
 * axis.
 */
export function* bindExpression(
  { items, span }: Expression,
  binding: Binding,
): Generator<[label: string | null, axes: PlanAxis[]]> {
  const { shape } = binding
  const ellipsis = items.findIndex(({ kind }) => kind === 'ellipsis')
  const named = ellipsis < 0 ? items.length : items.length - 1
  if (ellipsis < 0 ? shape.length !== named : shape.length < named) {
    const expected = `${ellipsis < 0 ? '' : 'at least '}${named}, as in '${binding.text.slice(span.start, span.end)}'`
    const part = binding.text.slice(span.start, span.end)
    const hint =
      separateAxes(binding.text, part, shape.length) ??
      (shape.length > named ? "'...' stands for dimensions that need no name" : undefined)
    const said = say('shape/rank', { got: shape.length, expected })
    throw mistake(binding, { ...said, values: { ...said.values, rank: named } }, span, hint)
  }
  let dimension = 0
  for (const item of items) {
    if (item.kind !== 'ellipsis') {
      yield* bindItem(item, dimension++, binding)
      continue
    }
    const axes: PlanAxis[] = []
    for (let i = named; i < shape.length; i++) {
      axes.push({ label: `...${i - named}`, length: shape[dimension]!, dimension: dimension++, step: 1 })
    }
    yield ['...', axes]
  }
}

function* bindItem(
  item: Exclude<Item, { kind: 'ellipsis' }>,
  dimension: number,
  binding: Binding,
): Generator<[string | null, PlanAxis[]]> {
  const axes = item.kind === 'group' ? item.axes : [item]
  const lengths = solve(item, dimension, binding)
  let step = lengths.reduce((product, length) => product * length, 1)
  for (const [i, axis] of axes.entries()) {
    const length = lengths[i]!
    // of an empty dimension no step is ever taken
    step = length === 0 || step === 0 ? 0 : step / length
    if (axis.kind === 'axis') yield [axis.name, [{ label: axis.name, length, dimension, step }]]
    else if (length !== 1) yield [null, [{ label: String(length), length, dimension, step }]]
  }
}

/** The lengths of an item's axes, which multiply to the dimension's. */
function solve(item: Exclude<Item, { kind: 'ellipsis' }>, dimension: number, binding: Binding): number[] {
  const total = binding.shape[dimension]!
  const axes = item.kind === 'group' ? item.axes : [item]
  const lengths = axes.map((axis) =>
    axis.kind === 'number' ? axis.length : axis.kind === 'axis' ? binding.given.get(axis.name) : undefined,
  )
  const known = lengths.reduce<number>((product, length) => product * (length ?? 1), 1)
  const unknown = axes.filter((_, i) => lengths[i] === undefined)
  const text = binding.text.slice(item.span.start, item.span.end)
  if (unknown.length > 1) throw cannotInfer(item, unknown, binding)
  const axis = unknown[0]
  if (axis === undefined) {
    if (known === total) return lengths as number[]
    throw mistake(
      binding,
      say('shape/mismatch', { dimension, item: text, got: total, expected: known }),
      item.span,
      mismatchHint(item, total, known, (name) => binding.given.has(name)),
    )
  }
  if (known === 0)
    throw mistake(
      binding,
      say('shape/zero-divisor', { axis: labelOf(axis), item: text }),
      item.span,
      `any length of '${labelOf(axis)}' gives 0 there, so give it too`,
    )
  if (total % known !== 0) {
    throw mistake(
      binding,
      say('shape/not-divisible', { dimension, item: text, got: total, divisor: known }),
      item.span,
      divisorHint(item, total, known, (name) => binding.given.has(name)),
    )
  }
  return lengths.map((length) => length ?? total / known)
}

function cannotInfer(
  { span }: Item,
  unknown: readonly Axis[],
  binding: Omit<Binding, 'shape' | 'given'>,
): EinopsError {
  const item = binding.text.slice(span.start, span.end)
  const axes = unknown.map(labelOf)
  const missing = axes.slice(1).map((axis) => `'${axis}'`)
  const said = say('shape/cannot-infer', { item, count: axes.length, axes: axes.join(', ') })
  return mistake(binding, said, span, `give the length of ${missing.join(' and ')}`)
}

/**
 * Checks lengths against a pattern as far as that can be done before there is a shape: their names and values, and that at most one axis of each
 * group is without one, as einops' layers do.
 *
 * @throws {EinopsError} where no input could be right
 */
export function checkBeforehand(pattern: TransformPattern, lengths: Lengths | undefined): void {
  const given = checkLengths(pattern, lengths)
  for (const item of pattern.left.items) {
    if (item.kind !== 'group') continue
    const unknown = item.axes.filter((axis) => axis.kind === 'axis' && !given.has(axis.name))
    if (unknown.length > 1) throw cannotInfer(item, unknown, { ...pattern, lengths })
  }
}

/** What is said where a result has more axes than an array can have. */
export function tooManyAxes(got: number): Said {
  return say('shape/rank', { got, expected: `at most ${mostAxes}` })
}

function labelOf(axis: Axis): string {
  return axis.kind === 'axis' ? axis.name : axis.kind === 'number' ? String(axis.length) : '...'
}

function newAxis(label: string, length: number): PlanAxis {
  return { label, length, dimension: -1, step: 0 }
}

function lengthOfNew(axis: NamedAxis, binding: Binding): number {
  const length = binding.given.get(axis.name)
  if (length !== undefined) return length
  throw mistake(
    binding,
    say('length/missing', { axis: axis.name }),
    axis.span,
    `pass { ${axis.name}: … } after the pattern`,
  )
}

/** Refuses what no index could count, also where an axis of length 0 hides it. */
function checkSize(axes: readonly PlanAxis[], binding: Binding, span: Span): void {
  const size = axes.reduce((product, { length }) => product * Math.max(1, length), 1)
  if (size > Number.MAX_SAFE_INTEGER) throw mistake(binding, say('shape/too-large', { got: size }), span)
}

function mistake(
  { operation, text, shape, lengths }: Partial<Pick<Binding, 'shape'>> & Omit<Binding, 'shape' | 'given'>,
  said: Said,
  span: Span,
  hint?: string | Advice,
): EinopsError {
  return new EinopsError({ operation, ...said, pattern: text, span, shape, lengths, hint })
}

/**
 * The lengths of the named axes of a single expression that a shape matches; `_` is nobody's name.
 *
 * @throws {EinopsError} when shape or lengths do not fit the pattern
 */
export function bindShape(
  { text, shape: expression }: ShapePattern,
  operation: string,
  shape: readonly number[],
  lengths?: Lengths,
): Map<string, number> {
  const names = new Map<string, Span>()
  for (const axis of axesOf(expression)) {
    if (axis.kind === 'axis' && axis.name !== '_') names.set(axis.name, axis.span)
  }
  const span = { start: 0, end: text.length }
  const given = readLengths(lengths, names, { operation, pattern: text, span, shape })
  const found = new Map<string, number>()
  for (const [label, axes] of bindExpression(expression, { operation, text, shape, lengths, given })) {
    if (label !== null && label !== '_' && label !== '...') found.set(label, axes[0]!.length)
  }
  return found
}
