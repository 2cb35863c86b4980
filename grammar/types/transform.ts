/** The rules of `left -> right` at type level: those of `../transform.ts`. */
import type { FoldOperation, TransformOperation } from '../ast.ts'
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
  O extends keyof typeof examples,
> = Text extends `${infer Left}->${infer Right}`
  ? Right extends `${string}->${string}`
    ? Mistake<'pattern/arrow-second', { example: (typeof examples)[O] }>
    : { readonly left: Left; readonly right: Right }
  : Mistake<'pattern/arrow-missing', { example: (typeof examples)[O] }>

export type ReadTransform<Text extends string, O extends TransformOperation> =
  Cut<Text, O> extends infer Sides
    ? Sides extends { left: infer Left extends string; right: infer Right extends string }
      ? ReadRight<O, Scan<Words<Left>, (typeof dialects)[O]['left']>, Right>
      : Sides
    : never

type ReadRight<O extends TransformOperation, Left, Right extends string> = Left extends Expression
  ? CheckSides<O, Left, Scan<Words<Right>, (typeof dialects)[O]['right']>>
  : Left

type CheckSides<O extends TransformOperation, Left extends Expression, Right> = Right extends Expression
  ? Dropped<O, Left, Right> extends infer Name extends string
    ? [Name] extends [never]
      ? Made<O, Left, Right> extends infer Name extends string
        ? [Name] extends [never]
          ? Transform<Left['items'], Right['items']>
          : Mistake<'pattern/right-only', { axis: Name }>
        : never
      : Mistake<'pattern/left-only', { axis: Name }>
    : never
  : Right

/** The first axis that only the left side has, where that is a mistake. */
type Dropped<O, Left extends Expression, Right extends Expression> = O extends FoldOperation
  ? never
  : Exclude<Left['names'], Right['names']> extends never
    ? never
    : FirstMissing<Flat<Left['items']>, Right['names']>

/** The first axis that only the right side has, where that is a mistake. */
type Made<O, Left extends Expression, Right extends Expression> =
  Exclude<O extends 'repeat' ? Right['names'] & '...' : Right['names'], Left['names']> extends never
    ? never
    : O extends 'repeat'
      ? '...'
      : FirstMissing<Flat<Right['items']>, Left['names']>
