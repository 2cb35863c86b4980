/**
 * Reading one expression at type level: the same scan from left to right as `../expression.ts`, so that the first
 * mistake is the same one. Names are texts, numbers are numbers, groups are tuples: `b (h 16) ...` becomes
 * `['b', ['h', 16], '...']`.
 */
import type { Dialect } from '../expression.ts'
import type { Mistake } from './mistake.ts'
import type { Kind } from './word.ts'

export type Axis = string | number
export type Group = readonly Axis[]
export type Item = Axis | Group

/** An expression without mistakes; `...` counts as a name. */
export interface Expression<Items extends readonly Item[] = readonly Item[], Names extends string = string> {
  readonly items: Items
  readonly names: Names
}

/** Reads the `Words` of an expression. */
export type Scan<
  Text extends string,
  D extends Dialect,
  Items extends readonly Item[] = [],
  Open extends Group | false = false,
  Seen extends string = never,
> = Text extends `${infer Word} ${infer Rest}`
  ? Word extends ''
    ? Scan<Rest, D, Items, Open, Seen>
    : Word extends '('
      ? Open extends false
        ? Scan<Rest, D, Items, [], Seen>
        : Mistake<'pattern/nested-parentheses'>
      : Word extends ')'
        ? Open extends Group
          ? Scan<Rest, D, [...Items, Open], false, Seen>
          : Mistake<'pattern/unopened-parenthesis', D>
        : ReadAxis<Word, Kind<Word>, D, Open, Seen> extends infer Read
          ? Read extends string
            ? Open extends Group
              ? Scan<Rest, D, Items, [...Open, Read], Seen | Read>
              : Scan<Rest, D, [...Items, Read], false, Seen | Read>
            : Read extends number
              ? Open extends Group
                ? Scan<Rest, D, Items, [...Open, Read], Seen>
                : Scan<Rest, D, [...Items, Read], false, Seen>
              : Read
          : never
  : Open extends false
    ? Expression<Items, Seen>
    : Mistake<'pattern/unclosed-parenthesis', D>

/** One axis, in the group `Open` or outside, after the names `Seen`. */
type ReadAxis<
  Word extends string,
  K,
  D extends Dialect,
  Open extends Group | false,
  Seen extends string,
> = K extends 'name'
  ? Word extends Seen
    ? D['duplicates'] extends true
      ? InGroup<Word, Word, D, Open>
      : Mistake<'pattern/duplicate-axis', { axis: Word; where: D['where'] }>
    : InGroup<Word, Word, D, Open>
  : K extends '...'
    ? '...' extends Seen
      ? Mistake<'pattern/second-ellipsis', D>
      : Open extends false
        ? '...'
        : D['groupedEllipsis'] extends true
          ? '...'
          : Mistake<'pattern/grouped-ellipsis', D>
    : K extends 1
      ? 1
      : K extends number
        ? D['numbers'] extends true
          ? InGroup<K, Word, D, Open>
          : Mistake<'pattern/number', { where: D['where']; word: Word }>
        : K extends '_'
          ? D['underscore'] extends 'no'
            ? Mistake<'pattern/bad-name', { word: '_' }>
            : D['underscore'] extends 'often'
              ? InGroup<'_', '_', D, Open>
              : ReadAxis<'_', 'name', D, Open, Seen>
          : K

/** Refuses a second axis in a group where only one may stand. */
type InGroup<
  A extends Axis,
  Word extends string,
  D extends Dialect,
  Open extends Group | false,
> = D['composite'] extends true
  ? A
  : Open extends Group
    ? Exclude<Open[number], 1> extends never
      ? A
      : Mistake<'pattern/composite', { axis: Word }>
    : A

/** All axes of some items in order, groups opened. */
export type Flat<Items extends readonly Item[], Done extends Group = []> = Items extends readonly [
  infer First extends Item,
  ...infer Rest extends readonly Item[],
]
  ? First extends Group
    ? Flat<Rest, [...Done, ...First]>
    : First extends Axis
      ? Flat<Rest, [...Done, First]>
      : never
  : Done

/** The first name of some axes that is not among `Names`. */
export type FirstMissing<Axes extends Group, Names extends string> = Axes extends readonly [
  infer First extends Axis,
  ...infer Rest extends Group,
]
  ? First extends Names | number
    ? FirstMissing<Rest, Names>
    : First
  : never

/** What stands before and after `...`, or false without one. */
export type AroundEllipsis<
  Items extends readonly Item[],
  Before extends readonly Item[] = [],
> = Items extends readonly [infer First extends Item, ...infer Rest extends readonly Item[]]
  ? First extends '...'
    ? { readonly before: Before; readonly after: Rest }
    : AroundEllipsis<Rest, [...Before, First]>
  : false
