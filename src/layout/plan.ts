/**
 * A pattern bound to one shape: every axis has a length, and each axis of the result knows which dimension of the
 * input it runs along and in what steps. A plan does not depend on strides, so it serves every array of its shape;
 * applied to an array's layout it gives the layout of the result, or says why only a copy can.
 * (einops calls this a recipe, `_prepare_transformation_recipe`; there it is a list of reshapes and transposes, here
 * it is arithmetic on strides.)
 */
import type { TransformPattern } from '../../grammar/ast.ts'
import { type Layout, sizeOf } from './layout.ts'
import { showShape } from './show.ts'

/** An axis that no group divides further. */
export interface PlanAxis {
  /** As in the pattern: a name, a number, or `...` with the place in it. */
  readonly label: string
  readonly length: number
  /** The dimension of the input along which it runs, or −1 for a new axis, along which all elements are the same. */
  readonly dimension: number
  /** How many elements of that dimension one step is. */
  readonly step: number
}

/** Two neighbours of a group that no stride can join. */
export interface Obstacle {
  /** The dimension of the result. */
  readonly dimension: number
  readonly outer: PlanAxis
  readonly inner: PlanAxis
  /** How far a step of the outer axis is, and how far it would have to be. */
  readonly stride: number
  readonly expected: number
}

export interface PlanParts {
  readonly pattern: TransformPattern
  readonly shape: readonly number[]
  readonly lengths: ReadonlyMap<string, number>
  readonly dimensions: readonly (readonly PlanAxis[])[]
  readonly reduced: readonly PlanAxis[]
}

export class Plan {
  readonly pattern: TransformPattern
  /** The shape of the input. */
  readonly shape: readonly number[]
  /** The length of every named axis. */
  readonly lengths: ReadonlyMap<string, number>
  /** The axes of each dimension of the result, slowest first. */
  readonly dimensions: readonly (readonly PlanAxis[])[]
  /** The axes of the result in order, with no regard to dimensions. */
  readonly axes: readonly PlanAxis[]
  /** The axes that `reduce` drops, in the order of the input. */
  readonly reduced: readonly PlanAxis[]
  readonly outputShape: readonly number[]
  readonly outputSize: number

  constructor({ pattern, shape, lengths, dimensions, reduced }: PlanParts) {
    this.pattern = pattern
    this.shape = Object.freeze([...shape])
    this.lengths = lengths
    this.dimensions = Object.freeze(dimensions.map((axes) => Object.freeze(axes)))
    this.axes = Object.freeze(dimensions.flat())
    this.reduced = Object.freeze(reduced)
    this.outputShape = Object.freeze(dimensions.map((axes) => sizeOf(axes.map(({ length }) => length))))
    this.outputSize = sizeOf(this.outputShape)
    Object.freeze(this)
  }

  /** The strides of the result as a view of an array with these strides, or null where it takes a copy. */
  viewStride(stride: readonly number[]): number[] | null {
    const result = new Array<number>(this.dimensions.length)
    for (let dimension = 0; dimension < result.length; dimension++) {
      const axes = this.dimensions[dimension]!
      let merged = 0 // the stride of the fastest axis that is longer than 1
      let next = Number.NaN // what the stride of the axis before has to be
      for (let i = axes.length - 1; i >= 0; i--) {
        const axis = axes[i]!
        if (axis.length === 1) continue
        const own = axis.dimension < 0 ? 0 : stride[axis.dimension]! * axis.step
        if (Number.isNaN(next)) merged = own
        else if (own !== next && this.outputSize !== 0) return null
        next = own * axis.length
      }
      result[dimension] = merged
    }
    return result
  }

  /** The first place where axes of a group cannot be joined, or null where the result is a view. */
  obstacle(stride: readonly number[]): Obstacle | null {
    if (this.outputSize === 0) return null
    for (const [dimension, axes] of this.dimensions.entries()) {
      const long = axes.filter(({ length }) => length !== 1)
      for (let i = long.length - 1; i > 0; i--) {
        const inner = long[i]!
        const outer = long[i - 1]!
        const expected = strideOf(inner, stride) * inner.length
        const own = strideOf(outer, stride)
        if (own !== expected) return { dimension, outer, inner, stride: own, expected }
      }
    }
    return null
  }

  /** The result with each axis as a dimension of its own: always a view. */
  kept(layout: Layout): Layout {
    return alongAxes(this.axes, layout)
  }

  /** The elements that are folded into the first element of the result. */
  dropped(layout: Layout): Layout {
    return alongAxes(this.reduced, layout)
  }

  /** An array of the result's shape with each axis as a dimension of its own. */
  unmerged(result: Layout): Layout {
    const shape: number[] = []
    const stride: number[] = []
    for (let dimension = 0; dimension < this.dimensions.length; dimension++) {
      const axes = this.dimensions[dimension]!
      let step = result.stride[dimension]!
      for (let i = axes.length - 1, at = shape.length; i >= 0; i--) {
        const { length } = axes[i]!
        shape[at + i] = length
        stride[at + i] = step
        step *= length
      }
    }
    return { shape, stride, offset: result.offset }
  }

  toString(): string {
    const { operation, text } = this.pattern
    const axes = [...this.lengths].map(([name, length]) => `${name}=${length}`)
    return `${operation} '${text}': ${showShape(this.shape)} -> ${showShape(this.outputShape)}${
      axes.length > 0 ? ` with ${axes.join(', ')}` : ''
    }`
  }
}

function strideOf({ dimension, step }: PlanAxis, stride: readonly number[]): number {
  return dimension < 0 ? 0 : stride[dimension]! * step
}

function alongAxes(axes: readonly PlanAxis[], { stride, offset }: Layout): Layout {
  return {
    shape: axes.map(({ length }) => length),
    stride: axes.map((axis) => strideOf(axis, stride)),
    offset,
  }
}
