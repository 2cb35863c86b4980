/** The rules of `left -> right` at type level: those of `../transform.ts`. */
import type { TransformOperation } from '../ast.ts'
import type { examples } from '../sentences.ts'
import type { dialects } from '../transform.ts'
import type { Expression, FirstMissing, Flat, Item, Scan } from './expression.ts'
import type { Mistake } from './mistake.ts'
import type { Words } from './text.ts'

/** A pattern without mistakes. */
export interface Transform<
  Left extends readonly Item[] = readonly Item[],
  Right extends readonly Item[] = readonly Item[],
> {
  readonly left: Left
  readonly right: Right
}

/** The sides of a pattern with one arrow. */
export type Cut<
  Text extends string,
  Operation extends keyof typeof examples,
> = Text extends `${infer Left}->${infer Right}`
  ? Right extends `${string}->${string}`
    ? Mistake<'pattern/arrow-second', { example: (typeof examples)[Operation] }>
    : { readonly left: Left; readonly right: Right }
  : Mistake<'pattern/arrow-missing', { example: (typeof examples)[Operation] }>

export type ReadTransform<Text extends string, Operation extends TransformOperation> =
  Cut<Text, Operation> extends infer Sides
    ? Sides extends { left: infer Left extends string; right: infer Right extends string }
      ? ReadRight<Operation, Scan<Words<Left>, (typeof dialects)[Operation]['left']>, Right>
      : Sides
    : never

type ReadRight<Operation extends TransformOperation, Left, Right extends string> = Left extends Expression
  ? CheckSides<Operation, Left, Scan<Words<Right>, (typeof dialects)[Operation]['right']>>
  : Left

type CheckSides<
  Operation extends TransformOperation,
  Left extends Expression,
  Right,
> = Right extends Expression
  ? Dropped<Operation, Left, Right> extends infer Axis extends string
    ? [Axis] extends [never]
      ? Made<Operation, Left, Right> extends infer Axis extends string
        ? [Axis] extends [never]
          ? Transform<Left['items'], Right['items']>
          : Mistake<'pattern/right-only', { axis: Axis }>
        : never
      : Mistake<'pattern/left-only', { axis: Axis }>
    : never
  : Right

/** The first axis that only the left side has, where that is a mistake. */
type Dropped<Operation, Left extends Expression, Right extends Expression> = Operation extends 'reduce'
  ? never
  : Exclude<Left['names'], Right['names']> extends never
    ? never
    : FirstMissing<Flat<Left['items']>, Right['names']>

/** The first axis that only the right side has, where that is a mistake. */
type Made<Operation, Left extends Expression, Right extends Expression> =
  Exclude<Operation extends 'repeat' ? Right['names'] & '...' : Right['names'], Left['names']> extends never
    ? never
    : Operation extends 'repeat'
      ? '...'
      : FirstMissing<Flat<Right['items']>, Left['names']>
