/** An explanation: what `explain` found out, as members to read and as text to print. */
import { showShape } from '../layout/show.ts'
import { inputName } from './explained-dual.ts'

export interface ExplainedAxis {
  /** As in the pattern; `...0`, `...1`, … under an ellipsis. */
  readonly name: string
  readonly length: number
  /** How far one step along it moves in each input, in elements; 0 where it lacks the axis. */
  readonly strides: readonly number[]
  readonly role: 'kept' | 'new' | 'dropped' | 'summed'
}

/** An input or a result: what stands where. */
export interface ExplainedArray {
  readonly shape: readonly number[]
  readonly dtype: string
  readonly stride: readonly number[]
}

export interface ExplanationParts {
  readonly operation: string
  readonly pattern: string
  readonly inputs: readonly ExplainedArray[]
  readonly result: ExplainedArray
  readonly axes: readonly ExplainedAxis[]
  readonly view: boolean
  readonly why: string | undefined
  readonly bytesMoved: number
  readonly duals: readonly string[]
}

export class Explanation implements ExplanationParts {
  readonly operation: string
  readonly pattern: string
  readonly inputs: readonly ExplainedArray[]
  readonly result: ExplainedArray
  readonly axes: readonly ExplainedAxis[]
  /** Whether the result is a view of the input. */
  readonly view: boolean
  /** Why it is none. */
  readonly why: string | undefined
  /** How many bytes are written: 0 for a view. */
  readonly bytesMoved: number
  /** For each input, how a change g of the result becomes a change of it: a call, or why no pattern says it. */
  readonly duals: readonly string[]

  constructor(parts: ExplanationParts) {
    this.operation = parts.operation
    this.pattern = parts.pattern
    this.inputs = Object.freeze([...parts.inputs])
    this.result = Object.freeze(parts.result)
    this.axes = Object.freeze([...parts.axes])
    this.view = parts.view
    this.why = parts.why
    this.bytesMoved = parts.bytesMoved
    this.duals = Object.freeze([...parts.duals])
    Object.freeze(this)
  }

  toString(): string {
    const { operation, pattern, inputs, result, axes, why } = this
    const rows = [...inputs.map((input) => ['input', ...columns(input)]), ['result', ...columns(result)]]
    const named = axes.map(({ name, length, strides, role }) => [
      `${name} = ${length}`,
      strides.length === 1 ? `stride ${strides[0]}` : `strides ${strides.join(', ')}`,
      role === 'kept' ? '' : role,
    ])
    const summary = this.view ? 'a view: nothing moves' : `new elements: ${this.bytesMoved} bytes are written`
    const lines = [`${operation} '${pattern}'`, ...table(rows), ...table(named), summary]
    if (why !== undefined) lines.push(`because ${why}`)
    for (const [i, dual] of this.duals.entries()) lines.push(`d${inputName(i, this.duals.length)} = ${dual}`)
    return lines.join('\n')
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

function columns({ shape, dtype, stride }: ExplainedArray): string[] {
  return [showShape(shape), dtype, `strides ${showShape(stride)}`]
}

/** Rows of cells as lines, the cells of a column under each other. */
function table(rows: readonly (readonly string[])[]): string[] {
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(Math.max(...rows.map((other) => other[i]?.length ?? 0))))
      .join('  ')
      .trimEnd(),
  )
}
