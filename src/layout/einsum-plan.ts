/**
 * An einsum pattern bound to shapes: which axes every dimension is made of, and how long they are. A plan does not depend on
 * strides; applied to an operand's layout it gives a stride for every axis, which is all that a contraction needs to know.
 */
import type { EinsumPattern } from '../../grammar/ast.ts'
import { type Layout, sizeOf } from './layout.ts'
import { showShape } from './show.ts'

/** The axes of each dimension, as indices into the plan's axes, the last one fastest. */
export type Dimensions = readonly (readonly number[])[]

export interface EinsumPlanParts {
  readonly pattern: EinsumPattern
  readonly shapes: readonly (readonly number[])[]
  readonly axes: readonly string[]
  readonly lengths: readonly number[]
  readonly operands: readonly Dimensions[]
  readonly output: Dimensions
}

export class EinsumPlan {
  readonly pattern: EinsumPattern
  /** The shapes of the operands. */
  readonly shapes: readonly (readonly number[])[]
  /** The names of the axes; those under the ellipsis are called `...0`, `...1`, … */
  readonly axes: readonly string[]
  /** The length of each axis. */
  readonly lengths: readonly number[]
  readonly operands: readonly Dimensions[]
  readonly output: Dimensions
  readonly outputShape: readonly number[]

  constructor({ pattern, shapes, axes, lengths, operands, output }: EinsumPlanParts) {
    this.pattern = pattern
    this.shapes = Object.freeze(shapes.map((shape) => Object.freeze([...shape])))
    this.axes = Object.freeze(axes)
    this.lengths = Object.freeze(lengths)
    this.operands = Object.freeze(operands.map(freezeDimensions))
    this.output = freezeDimensions(output)
    this.outputShape = Object.freeze(output.map((parts) => sizeOf(parts.map((axis) => lengths[axis]!))))
    Object.freeze(this)
  }

  /** The stride of every axis in an operand: 0 where it lacks the axis, the sum of both where it has it twice. */
  operandStride(operand: number, layout: Layout): number[] {
    return this.strideByAxis(this.operands[operand]!, layout)
  }

  /** The stride of every axis in a tensor of the output's shape, or in one that broadcasts against it as in numpy. */
  outputStride(layout: Layout): number[] {
    const missing = this.output.length - layout.shape.length
    return this.strideByAxis(this.output.slice(missing), layout)
  }

  /** A dimension of length 1 repeats along its axes. */
  private strideByAxis(dimensions: Dimensions, { shape, stride }: Layout): number[] {
    const result = this.lengths.map(() => 0)
    dimensions.forEach((axes, dimension) => {
      if (shape[dimension] === 1) return
      let step = stride[dimension]!
      for (const axis of axes.toReversed()) {
        result[axis]! += step
        step *= this.lengths[axis]!
      }
    })
    return result
  }

  toString(): string {
    const { text, operation } = this.pattern
    const shapes = this.shapes.map(showShape).join(', ')
    const lengths = this.axes.map((name, axis) => `${name}=${this.lengths[axis]}`)
    const axes = lengths.length > 0 ? ` with ${lengths.join(', ')}` : ''
    return `${operation} '${text}': ${shapes} -> ${showShape(this.outputShape)}${axes}`
  }
}

function freezeDimensions(dimensions: Dimensions): Dimensions {
  return Object.freeze(dimensions.map((axes) => Object.freeze([...axes])))
}
