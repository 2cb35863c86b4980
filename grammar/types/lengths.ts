/** The lengths object at type level: which names it may hold, and which lengths cannot be inferred without it. */
import type { Einsum } from './einsum.ts'
import type { Axis, Flat, Group, Item } from './expression.ts'
import type { Mistake } from './mistake.ts'
import type { ShapeItems } from './shape.ts'
import type { Transform } from './transform.ts'

/** The names of a tree's axes, to which lengths can be given. */
export type NamesOf<Tree> = Tree extends Transform
  ? NamesIn<Tree['left']> | NamesIn<Tree['right']>
  : Tree extends Einsum
    ? NamesIn<Tree['operands'][number]>
    : Tree extends ShapeItems
      ? Exclude<NamesIn<Tree['shape']>, '_'>
      : string

type NamesIn<Items extends readonly Item[]> = Exclude<Extract<Flat<Items>[number], string>, '...'>

/** The names whose lengths an object gives. A dictionary may give any. */
export type GivenIn<Lengths> = string extends keyof Lengths ? string : Extract<keyof Lengths, string>

/** What cannot be inferred from a shape and the given lengths, as a mistake; else never. */
export type Uninferable<Tree, Lengths> = Tree extends Transform
  ? Either<
      FirstUnsolved<Tree['left'], GivenIn<Lengths>>,
      MissingNew<Flat<Tree['right']>, Extract<Flat<Tree['left']>[number], string> | GivenIn<Lengths>>
    >
  : Tree extends Einsum
    ? EinsumUnsolved<Join<Tree['operands']>, GivenIn<Lengths> | Lone<Join<Tree['operands']>>>
    : Tree extends ShapeItems
      ? FirstUnsolved<Tree['shape'], GivenIn<Lengths>>
      : never

type Either<A, B> = [A] extends [never] ? B : A

/** The names in a group that are not among `Given`; `_` is never given. */
type UnknownIn<
  G extends Group,
  Given extends string,
  Done extends readonly string[] = [],
> = G extends readonly [infer First, ...infer Rest extends Group]
  ? First extends '_'
    ? UnknownIn<Rest, Given, [...Done, First]>
    : First extends Given | number
      ? UnknownIn<Rest, Given, Done>
      : UnknownIn<Rest, Given, [...Done, Extract<First, string>]>
  : Done

type FirstUnsolved<Items extends readonly Item[], Given extends string> = Items extends readonly [
  infer First,
  ...infer Rest extends readonly Item[],
]
  ? First extends Group
    ? CannotInfer<First, UnknownIn<First, Given>> extends infer M
      ? [M] extends [never]
        ? FirstUnsolved<Rest, Given>
        : M
      : never
    : FirstUnsolved<Rest, Given>
  : never

type CannotInfer<G extends Group, Unknown extends readonly string[]> = Unknown extends
  | readonly []
  | readonly [string]
  ? never
  : Mistake<
      'shape/cannot-infer',
      { item: TextOf<G>; count: Unknown['length']; axes: Separated<Unknown, ', '> }
    >

/** The text of an item, as it is usually written. */
export type TextOf<I extends Item> = I extends Group
  ? `(${Separated<I, ' '>})`
  : I extends Axis
    ? `${I}`
    : never

type Separated<
  Axes extends Group,
  Separator extends string,
  Text extends string = '',
> = Axes extends readonly [infer First extends Axis, ...infer Rest extends Group]
  ? Separated<Rest, Separator, Text extends '' ? `${First}` : `${Text}${Separator}${First}`>
  : Text

/** The first axis that only the right side has and that has no length. */
type MissingNew<Right extends Group, Known extends string> = Right extends readonly [
  infer First,
  ...infer Rest extends Group,
]
  ? First extends Known | number
    ? MissingNew<Rest, Known>
    : Mistake<'length/missing', { axis: First }>
  : never

/** All operands' items in one row. */
export type Join<
  Operands extends readonly (readonly Item[])[],
  Done extends readonly Item[] = [],
> = Operands extends readonly [
  infer First extends readonly Item[],
  ...infer Rest extends readonly (readonly Item[])[],
]
  ? Join<Rest, [...Done, ...First]>
  : Done

/** Names that are a dimension alone, whose lengths the shapes show. */
type Lone<Items extends readonly Item[]> = Items[number] extends infer I
  ? I extends string
    ? I
    : I extends readonly [infer Name extends string]
      ? Name
      : never
  : never

/** As at run time: rounds over the groups, each making known what is the one unknown of a group. */
type EinsumUnsolved<Items extends readonly Item[], Known extends string> =
  SolvedIn<Items, Known> extends infer More extends string
    ? [Exclude<More, Known>] extends [never]
      ? FirstUnsolved<Items, Known>
      : EinsumUnsolved<Items, Known | More>
    : never

type SolvedIn<
  Items extends readonly Item[],
  Known extends string,
  Done extends string = never,
> = Items extends readonly [infer First, ...infer Rest extends readonly Item[]]
  ? First extends Group
    ? UnknownIn<First, Known> extends readonly [infer One extends string]
      ? SolvedIn<Rest, Known, Done | One>
      : SolvedIn<Rest, Known, Done>
    : SolvedIn<Rest, Known, Done>
  : Done
