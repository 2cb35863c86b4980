/** The rules of `parseShape` and `checkShape` patterns at type level: those of `../shape.ts`. */
import type { examples } from '../sentences.ts'
import type { dialects, ShapeOperation } from '../shape.ts'
import type { Expression, Item, Scan } from './expression.ts'
import type { Mistake } from './mistake.ts'
import type { Words } from './text.ts'

/** A pattern without mistakes. */
export interface ShapeItems<Items extends readonly Item[] = readonly Item[]> {
  readonly shape: Items
}

export type ReadShape<Text extends string, O extends ShapeOperation> = Text extends `${string}->${string}`
  ? Mistake<'pattern/arrow-unexpected', { example: (typeof examples)[O] }>
  : Scan<Words<Text>, (typeof dialects)[O]> extends infer Read
    ? Read extends Expression
      ? ShapeItems<Read['items']>
      : Read
    : never
