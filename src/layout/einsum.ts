/**
 * Binding an einsum pattern to the shapes of its operands: every axis gets a length, from the lengths that were given, from a
 * dimension that is that axis alone, or as the one unknown of a group. As in numpy, dimensions under `...` are aligned at their
 * ends, and a dimension of length 1 fits any length of its axis.
 */

import type { EinsumPattern, Expression, Item, Span } from '../../grammar/ast.ts'
import { type Advice, EinopsError } from '../../grammar/error.ts'
import { axesOf } from '../../grammar/expression.ts'
import { type Said, say } from '../../grammar/sentences.ts'
import { separateAxes } from '../../grammar/suggest.ts'
import { tooManyAxes } from './bind.ts'
import { EinsumPlan } from './einsum-plan.ts'
import { divisorHint, productOf } from './hints.ts'
import { mostAxes } from './layout.ts'
import { type Lengths, readLengths } from './lengths.ts'

/** A dimension of an operand or of the output, and the axes it is made of, the last one fastest. */
interface Dimension {
  readonly axes: readonly number[]
  readonly length: number
  readonly where: string
  readonly index: number
  readonly item: Item
}

/** An axis of the pattern, or one dimension under an ellipsis. */
interface AxisInfo {
  readonly name: string
  length: number | undefined
  /** Where the length is from, for the error messages. */
  from: string
  /** Whether a dimension of length 1 is this axis alone. */
  unit: boolean
}

/**
 * The plan of a pattern for shapes and lengths.
 *
 * @throws {EinopsError} when they do not fit the pattern
 */
export function bindEinsum(
  pattern: EinsumPattern,
  shapes: readonly (readonly number[])[],
  lengths?: Lengths,
): EinsumPlan {
  return new Binder(pattern, shapes, lengths).bind()
}

class Binder {
  readonly pattern: EinsumPattern
  readonly shapes: readonly (readonly number[])[]
  readonly lengths: Lengths | undefined
  readonly axes: AxisInfo[] = []
  readonly byName = new Map<string, number>()
  /** How many dimensions `...` stands for: as many as in the operand that has most. */
  ellipsisRank = 0

  constructor(pattern: EinsumPattern, shapes: readonly (readonly number[])[], lengths: Lengths | undefined) {
    this.pattern = pattern
    this.shapes = shapes
    this.lengths = lengths
  }

  bind(): EinsumPlan {
    const { operands, output, text, operation } = this.pattern
    if (operands.length !== this.shapes.length) {
      const said = say('operand/count', { got: this.shapes.length, expected: operands.length })
      throw this.mistake(said, { start: 0, end: text.indexOf('->') })
    }
    const axes = operands.flatMap(axesOf).filter((axis) => axis.kind === 'axis')
    const names = new Map(axes.map(({ name, span }) => [name, span]))
    const span = { start: 0, end: text.length }
    const given = readLengths(this.lengths, names, {
      operation,
      pattern: text,
      span,
      shape: this.shapes,
    })
    for (const [name, length] of given)
      Object.assign(this.axes[this.axisOf(name)]!, { length, from: 'the lengths' })

    for (const [i, operand] of operands.entries()) this.countEllipsis(operand, this.shapes[i]!)
    const inputs = operands.map((operand, i) =>
      this.dimensions(operand, this.shapes[i]!, whereIs(i, operands.length)),
    )
    const dimensions = inputs.flat()
    this.readLoneAxes(dimensions)
    this.solveGroups(dimensions)
    this.checkUnits(dimensions)
    const result = this.outputDimensions(output)
    const axisLengths = this.axes.map(({ length }) => length!)
    if (result.length > mostAxes) throw this.mistake(tooManyAxes(result.length), output.span)
    this.checkSize(result.flat(), output.span)
    return new EinsumPlan({
      pattern: this.pattern,
      shapes: this.shapes,
      axes: this.axes.map(({ name }) => name),
      lengths: axisLengths,
      operands: inputs.map((operand) => operand.map(({ axes }) => axes)),
      output: result,
    })
  }

  axisOf(name: string): number {
    let index = this.byName.get(name)
    if (index === undefined) {
      index = this.axes.push({ name, length: undefined, from: '', unit: false }) - 1
      this.byName.set(name, index)
    }
    return index
  }

  /** The axis of dimension `fromEnd` under the ellipsis; operands with fewer of them lack the first ones. */
  ellipsisAxis(fromEnd: number): number {
    return this.axisOf(`...${this.ellipsisRank - fromEnd}`)
  }

  countEllipsis({ items, span }: Expression, shape: readonly number[]): void {
    const open = items.some(({ kind }) => kind === 'ellipsis')
    const named = items.length - (open ? 1 : 0)
    if (open ? shape.length < named : shape.length !== named) {
      const expected = `${open ? 'at least ' : ''}${named}, as in '${this.pattern.text.slice(span.start, span.end)}'`
      const said = say('shape/rank', { got: shape.length, expected })
      const part = this.pattern.text.slice(span.start, span.end)
      const hint = separateAxes(this.pattern.text, part, shape.length)
      throw this.mistake({ ...said, values: { ...said.values, rank: named } }, span, hint)
    }
    if (open) this.ellipsisRank = Math.max(this.ellipsisRank, shape.length - named)
  }

  dimensions({ items }: Expression, shape: readonly number[], where: string): Dimension[] {
    const found: Dimension[] = []
    const add = (item: Item, axes: readonly number[]) => {
      const index = found.length
      found.push({ axes, length: shape[index]!, where, index, item })
    }
    for (const item of items) {
      if (item.kind === 'ellipsis') {
        for (let left = shape.length - items.length + 1; left > 0; left--)
          add(item, [this.ellipsisAxis(left)])
      } else {
        const axes = item.kind === 'group' ? item.axes : [item]
        add(
          item,
          axes.flatMap((axis) => (axis.kind === 'axis' ? this.axisOf(axis.name) : [])),
        )
      }
    }
    return found
  }

  /** Lengths that stand in a shape as they are. */
  readLoneAxes(dimensions: readonly Dimension[]): void {
    for (const dimension of dimensions) {
      const [index, ...more] = dimension.axes
      if (index === undefined || more.length > 0) continue
      const axis = this.axes[index]!
      const { length, where } = dimension
      if (length === 1 && this.pattern.broadcast !== false) axis.unit = true
      else if (axis.length === undefined) Object.assign(axis, { length, from: where })
      else if (axis.length !== length) throw this.twoLengths(axis, dimension)
    }
  }

  /** Lengths that follow from a group, in as many rounds as bring anything new. */
  solveGroups(dimensions: readonly Dimension[]): void {
    let left = dimensions.filter(({ axes }) => axes.length !== 1)
    for (let settled = false; left.length > 0; ) {
      const waiting = left.filter((dimension) => !this.solve(dimension))
      if (waiting.length === left.length) {
        if (settled) throw this.cannotInfer(waiting[0]!)
        // nothing longer than 1 is known of these
        for (const axis of this.axes) if (axis.unit) axis.length ??= 1
        settled = true
      }
      left = waiting
    }
    for (const axis of this.axes) axis.length ??= 1
  }

  /** Finds the one unknown length of a group or checks its product; false where more than one is unknown. */
  solve(dimension: Dimension): boolean {
    const { item, length, index } = dimension
    const unknown = dimension.axes.filter((axis) => this.axes[axis]!.length === undefined)
    if (unknown.length > 1) return false
    const known = dimension.axes.reduce((product, axis) => product * (this.axes[axis]!.length ?? 1), 1)
    const text = this.textOf(item)
    if (unknown.length === 0) {
      if (known === length) return true
      throw this.mistake(
        say('shape/mismatch', { dimension: index, item: text, got: length, expected: known }),
        item.span,
        item.kind === 'group' && known > 1 ? productOf(item, known, () => true) : undefined,
      )
    }
    const axis = this.axes[unknown[0]!]!
    if (known === 0) throw this.mistake(say('shape/zero-divisor', { axis: axis.name, item: text }), item.span)
    if (length % known !== 0) {
      const said = say('shape/not-divisible', { dimension: index, item: text, got: length, divisor: known })
      const isKnown = (name: string) => this.axes[this.axisOf(name)]!.length !== undefined
      throw this.mistake(said, item.span, divisorHint(item, length, known, isKnown))
    }
    Object.assign(axis, { length: length / known, from: dimension.where })
    return true
  }

  /** A dimension of length 1 may stand for its axis only where another dimension really has the axis's length. */
  checkUnits(dimensions: readonly Dimension[]): void {
    for (const dimension of dimensions) {
      const [index, ...more] = dimension.axes
      if (dimension.length !== 1 || index === undefined || more.length > 0) continue
      const axis = this.axes[index]!
      if (axis.length === 1) continue
      const owners = dimensions.filter(
        ({ axes, length }) => axes.includes(index) && (axes.length > 1 || length !== 1),
      )
      // the diagonal of an operand has one length
      const diagonal = owners.some(({ where }) => where === dimension.where)
      if (owners.length === 0 || diagonal) throw this.twoLengths(axis, dimension)
    }
  }

  outputDimensions({ items, span }: Expression): number[][] {
    let dropped = this.ellipsisRank > 0
    const all = (): number[] => {
      dropped = false
      return Array.from({ length: this.ellipsisRank }, (_, i) => this.ellipsisAxis(this.ellipsisRank - i))
    }
    const result = items.flatMap((item) => {
      if (item.kind === 'ellipsis') return all().map((axis) => [axis])
      const axes = item.kind === 'group' ? item.axes : [item]
      return [
        axes.flatMap((axis) =>
          axis.kind === 'ellipsis' ? all() : axis.kind === 'axis' ? [this.axisOf(axis.name)] : [],
        ),
      ]
    })
    if (dropped) {
      const got = `${this.ellipsisRank} dimension${this.ellipsisRank === 1 ? '' : 's'}`
      throw this.mistake(say('shape/ellipsis-dropped', { got }), span)
    }
    return result
  }

  checkSize(axes: readonly number[], span: Span): void {
    const size = axes.reduce((product, axis) => product * Math.max(1, this.axes[axis]!.length!), 1)
    if (size > Number.MAX_SAFE_INTEGER) throw this.mistake(say('shape/too-large', { got: size }), span)
  }

  textOf({ span }: Item): string {
    return this.pattern.text.slice(span.start, span.end)
  }

  twoLengths({ name, length, from }: AxisInfo, dimension: Dimension): EinopsError {
    const where = `dimension ${dimension.index} of ${dimension.where}`
    const strict = this.pattern.broadcast === false
    const hint = strict && (length === 1 || dimension.length === 1) ? refused : undefined
    const said =
      dimension.item.kind === 'ellipsis' && !strict
        ? say('shape/ellipsis', { got: dimension.length, where, expected: length! })
        : say('shape/two-lengths', {
            axis: dimension.item.kind === 'ellipsis' ? '...' : name,
            got: dimension.length,
            where,
            expected: `${length} as in ${from === 'the operand' ? 'another dimension of it' : from}`,
          })
    return this.mistake({ ...said, values: { ...said.values, length: length! } }, dimension.item.span, hint)
  }

  cannotInfer({ axes, item }: Dimension): EinopsError {
    const unknown = axes
      .filter((axis) => this.axes[axis]!.length === undefined)
      .map((axis) => this.axes[axis]!.name)
    const values = { item: this.textOf(item), count: unknown.length, axes: unknown.join(', ') }
    const missing = unknown.slice(1).map((name) => `'${name}'`)
    return this.mistake(
      say('shape/cannot-infer', values),
      item.span,
      `give the length of ${missing.join(' and ')}`,
    )
  }

  mistake(said: Said, span: Span, hint?: string | Advice): EinopsError {
    const { pattern, shapes, lengths } = this
    return new EinopsError({
      operation: pattern.operation,
      ...said,
      pattern: pattern.text,
      span,
      shape: shapes,
      lengths,
      hint,
    })
  }
}

const refused = 'length 1 fits other lengths unless broadcast is false'

function whereIs(operand: number, count: number): string {
  return count === 1 ? 'the operand' : `operand ${operand + 1}`
}
