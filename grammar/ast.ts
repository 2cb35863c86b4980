/**
 * The nouns of a pattern. Every node carries the span of text it came from, so that any later stage, also one that
 * knows shapes, can point at it.
 */

/** `[start, end)` in UTF-16 units of the pattern's text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** `h`: an axis with a name. */
export interface NamedAxis {
  readonly kind: 'axis'
  readonly name: string
  readonly span: Span
}

/** `1`, `2`, …: an anonymous axis of known length. Two equal numbers are two different axes. */
export interface NumberAxis {
  readonly kind: 'number'
  readonly length: number
  readonly span: Span
}

/** `...`: all axes that are not named. */
export interface EllipsisAxis {
  readonly kind: 'ellipsis'
  readonly span: Span
}

export type Axis = NamedAxis | NumberAxis | EllipsisAxis

/** `(h s1)`: several axes that one dimension of the tensor holds, the last one fastest; `()` has length 1. */
export interface Group {
  readonly kind: 'group'
  readonly axes: readonly Axis[]
  readonly span: Span
}

/** One dimension of a tensor, or, as an ellipsis, any number of them. */
export type Item = Axis | Group

/** One side of a pattern, or one operand of einsum: the dimensions of one tensor in order. */
export interface Expression {
  readonly items: readonly Item[]
  readonly span: Span
}

/** The operations whose patterns are `left -> right`. */
export type TransformOperation = 'rearrange' | 'repeat' | FoldOperation

/** Those that drop the axes which the right side lacks. */
export type FoldOperation = 'reduce' | 'argmax' | 'argmin'

/** The operations whose patterns are those of einsum, but for sums: every axis stands in the output. */
export type ZipOperation = 'add' | 'subtract' | 'multiply' | 'divide'

/** `left -> right`, checked by the rules of its operation. */
export interface TransformPattern {
  readonly kind: 'transform'
  readonly operation: TransformOperation
  readonly text: string
  readonly left: Expression
  readonly right: Expression
}

/** `a, b -> c`: operands and output of a contraction, or of an operation that goes element by element. */
export interface EinsumPattern {
  readonly kind: 'einsum'
  readonly operation: 'einsum' | ZipOperation
  readonly text: string
  readonly operands: readonly Expression[]
  readonly output: Expression
  /** Whether a dimension of length 1 fits any length of its axis; it does if this is not said. */
  readonly broadcast?: boolean
}

/** `b c (h 16) (w 16)`: one expression alone, for `parseShape` (where `_` may stand for "any") and `checkShape`. */
export interface ShapePattern {
  readonly kind: 'shape'
  readonly text: string
  readonly shape: Expression
}

/** `h w * c`: names around the one star that stands for what is packed. */
export interface PackPattern {
  readonly kind: 'pack'
  readonly text: string
  readonly before: readonly NamedAxis[]
  readonly star: Span
  readonly after: readonly NamedAxis[]
}
