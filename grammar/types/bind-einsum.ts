/**
 * Laying an einsum pattern against the shapes of its operands at type level. The order is that of
 * `src/layout/einsum.ts`: given lengths, dimensions that are one axis alone, then groups in as many rounds as bring
 * anything new. A dimension of length 1 fits any length of its axis, as in numpy.
 */
import type { Code } from '../sentences.ts'
import type { IsExact } from './arithmetic.ts'
import type { Any, BindItem, LengthIn, RankOf, RankOnly, Shape, ShapeOfItems } from './bind.ts'
import type { Einsum } from './einsum.ts'
import type { AroundEllipsis, Group, Item } from './expression.ts'
import type { Mistake } from './mistake.ts'
import type { Trim } from './text.ts'

/** The shape of the result, or the mistake in binding. */
export type BindEinsum<
  E extends Einsum,
  Shapes extends readonly Shape[],
  Given,
  Text extends string,
  Broadcast,
> = number extends Shapes['length']
  ? RankOnly<E['output']>
  : Shapes['length'] extends E['operands']['length']
    ? Collect<E['operands'], Shapes, Text, E['operands']['length']> extends infer Read
      ? Read extends Collected
        ? Finish<SolveAll<Read['dimensions'], Given, Broadcast>, E['output'], Read['ellipsis']>
        : Read
      : never
    : Mistake<'operand/count', { got: Shapes['length']; expected: E['operands']['length'] }>

/** A dimension of an operand: the names it is made of, the last one fastest. */
interface OperandDimension {
  readonly names: readonly string[]
  readonly item: Item
  readonly length: number
  readonly index: number
  readonly where: string
}

interface Collected<
  Dimensions extends readonly OperandDimension[] = readonly OperandDimension[],
  Ellipsis = unknown,
> {
  readonly dimensions: Dimensions
  /** As many elements as `...` has dimensions in the operand that has most; false if that is not known. */
  readonly ellipsis: Ellipsis
}

/** All dimensions of all operands, or the first operand of a wrong rank. `Text` begins with the next operand's text. */
type Collect<
  Operands extends readonly (readonly Item[])[],
  Shapes extends readonly Shape[],
  Text extends string,
  Count extends number,
  Done extends readonly OperandDimension[] = [],
  Ellipsis extends readonly unknown[] | false = [],
  Past extends readonly unknown[] = [],
> = Operands extends readonly [
  infer Items extends readonly Item[],
  ...infer Others extends readonly (readonly Item[])[],
]
  ? Shapes extends readonly [infer S extends Shape, ...infer OtherShapes extends readonly Shape[]]
    ? number extends S['length']
      ? Collect<
          Others,
          OtherShapes,
          TextAfter<Text>,
          Count,
          [...Done, ...Lay<WithoutEllipsis<Items>, Any<WithoutEllipsis<Items>>, WhereOf<Past, Count>>],
          '...' extends Items[number] ? false : Ellipsis,
          [...Past, 0]
        >
      : RankOf<Items, S> extends infer Rank extends string
        ? Mistake<'shape/rank', { got: S['length']; expected: `${Rank}, as in '${OperandText<Text>}'` }>
        : Collect<
            Others,
            OtherShapes,
            TextAfter<Text>,
            Count,
            [...Done, ...Lay<Items, S, WhereOf<Past, Count>>],
            Longer<Ellipsis, UnderEllipsis<Items, S>>,
            [...Past, 0]
          >
    : never
  : Collected<Done, Ellipsis>

type WhereOf<Past extends readonly unknown[], Count> = Count extends 1
  ? 'the operand'
  : `operand ${Extract<[...Past, 0]['length'], number>}`

type OperandText<Text extends string> = Text extends `${infer First},${string}` ? Trim<First> : Trim<Text>
type TextAfter<Text extends string> = Text extends `${string},${infer Rest}` ? Rest : ''

type WithoutEllipsis<Items extends readonly Item[]> =
  AroundEllipsis<Items> extends {
    before: infer Before extends readonly Item[]
    after: infer After extends readonly Item[]
  }
    ? [...Before, ...After]
    : Items

/** The lengths that `...` stands for in an operand. */
type UnderEllipsis<Items extends readonly Item[], S extends Shape> =
  AroundEllipsis<Items> extends {
    before: infer Before extends readonly Item[]
    after: infer After extends readonly Item[]
  }
    ? S extends readonly [...Any<Before>, ...infer Inner extends Shape]
      ? Inner extends readonly [...infer Lengths extends Shape, ...Any<After>]
        ? Lengths
        : []
      : []
    : []

type Longer<A extends readonly unknown[] | false, B extends readonly unknown[]> = A extends readonly unknown[]
  ? A extends readonly [...Any<B>, ...unknown[]]
    ? A
    : Any<B>
  : false

/** The dimensions of one operand. */
type Lay<
  Items extends readonly Item[],
  S extends Shape,
  Where extends string,
  Done extends readonly OperandDimension[] = [],
> = Items extends readonly [infer First extends Item, ...infer Rest extends readonly Item[]]
  ? First extends '...'
    ? UnderEllipsis<Items, S> extends infer Lengths extends Shape
      ? Lay<Rest, Drop<S, Lengths>, Where, [...Done, ...LayEllipsis<Lengths, Where, Done>]>
      : never
    : S extends readonly [infer Length extends number, ...infer Lengths extends Shape]
      ? Lay<
          Rest,
          Lengths,
          Where,
          [
            ...Done,
            { names: NamesOfItem<First>; item: First; length: Length; index: Done['length']; where: Where },
          ]
        >
      : never
  : Done

type NamesOfItem<I extends Item> = I extends Group ? Strings<I> : I extends string ? [I] : []

type Strings<G extends Group, Done extends readonly string[] = []> = G extends readonly [
  infer First,
  ...infer Rest extends Group,
]
  ? Strings<Rest, First extends string ? [...Done, First] : Done>
  : Done

type Drop<S extends Shape, Beginning extends Shape> = S extends readonly [
  ...Any<Beginning>,
  ...infer Rest extends Shape,
]
  ? Rest
  : never

/** The dimensions under `...` are axes too, counted from the end: `...2 ...1`. */
type LayEllipsis<
  Lengths extends Shape,
  Where extends string,
  Before extends readonly OperandDimension[],
  Done extends readonly OperandDimension[] = [],
> = Lengths extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? LayEllipsis<
      Rest,
      Where,
      Before,
      [
        ...Done,
        {
          names: [`...${Lengths['length']}`]
          item: '...'
          length: First
          index: [...Before, ...Done]['length']
          where: Where
        },
      ]
    >
  : Done

type SolveAll<Dimensions extends readonly OperandDimension[], Given, Broadcast> =
  Alone<Dimensions, Given, { [N in keyof Given]: 'the lengths' }, Broadcast> extends infer Read
    ? Read extends LoneLengths<infer Names, infer Units>
      ? Groups<Dimensions, Names, Units>
      : Read
    : never

interface LoneLengths<Names, Units extends string> {
  readonly names: Names
  /** Names that were seen with length 1, which may stand for another length. */
  readonly units: Units
}

type Put<Names, Name extends string, Value> = {
  [N in keyof Names | Name]: N extends Name ? Value : N extends keyof Names ? Names[N] : never
}

/** Lengths that stand in a shape as they are; `From` is where each is from. */
type Alone<
  Dimensions extends readonly OperandDimension[],
  Names,
  From,
  Broadcast,
  Units extends string = never,
> = Dimensions extends readonly [
  infer D extends OperandDimension,
  ...infer Rest extends readonly OperandDimension[],
]
  ? D['names'] extends readonly [infer Name extends string]
    ? FitsAll<D['length'], Broadcast> extends true
      ? Alone<Rest, Names, From, Broadcast, Units | Name>
      : Name extends keyof Names
        ? IsExact<LengthIn<Names, Name>> extends true
          ? IsExact<D['length']> extends true
            ? D['length'] extends LengthIn<Names, Name>
              ? Alone<Rest, Names, From, Broadcast, Units>
              : TwoLengths<D, Name, LengthIn<Names, Name>, From, Broadcast>
            : Alone<Rest, Names, From, Broadcast, Units>
          : Alone<Rest, Put<Names, Name, D['length']>, Put<From, Name, D['where']>, Broadcast, Units>
        : Alone<Rest, Put<Names, Name, D['length']>, Put<From, Name, D['where']>, Broadcast, Units>
    : Alone<Rest, Names, From, Broadcast, Units>
  : LoneLengths<Names, Units>

/** Whether a dimension fits any length of its axis. */
type FitsAll<Length, Broadcast> = [Broadcast] extends [false] ? false : Length extends 1 ? true : false

type TwoLengths<D extends OperandDimension, Name extends string, Length extends number, From, Broadcast> = [
  D['item'],
  Broadcast,
] extends ['...', true]
  ? Mistake<
      'shape/ellipsis',
      { got: D['length']; where: `dimension ${D['index']} of ${D['where']}`; expected: Length }
    >
  : Mistake<
      'shape/two-lengths',
      {
        axis: D['item'] extends '...' ? '...' : Name
        got: D['length']
        where: `dimension ${D['index']} of ${D['where']}`
        expected: `${Length} as in ${Name extends keyof From ? AsIn<From[Name]> : never}`
      }
    >

/** An operand alone is not said to differ from itself. */
type AsIn<Where> = Where extends 'the operand' ? 'another dimension of it' : Extract<Where, string>

/** One round over the groups; what has two unknown names waits for the next. Then names of length 1 are 1. */
type Groups<
  Dimensions extends readonly OperandDimension[],
  Names,
  Units extends string,
  Waiting extends readonly OperandDimension[] = [],
  Progress = false,
> = Dimensions extends readonly [
  infer D extends OperandDimension,
  ...infer Rest extends readonly OperandDimension[],
]
  ? D['names'] extends readonly [string]
    ? Groups<Rest, Names, Units, Waiting, Progress>
    : BindItem<D['item'], D['length'], Names, D['index']> extends infer Found
      ? Found extends Mistake<Code>
        ? Found
        : unknown extends Found
          ? Groups<
              Rest,
              Names,
              Units,
              D['names'][number] extends keyof Names ? Waiting : [...Waiting, D],
              Progress
            >
          : Groups<Rest, Names & Found, Units, Waiting, true>
      : never
  : Waiting extends readonly []
    ? Names & { [N in Exclude<Units, keyof Names>]: 1 }
    : Progress extends true
      ? Groups<Waiting, Names, Units>
      : [Exclude<Units, keyof Names>] extends [never]
        ? Names
        : Groups<Waiting, Names & { [N in Exclude<Units, keyof Names>]: 1 }, never>

type Finish<Names, Output extends readonly Item[], Ellipsis> =
  Names extends Mistake<Code>
    ? Names
    : Ellipsis extends readonly unknown[]
      ? ShapeOfItems<Output, Names, EllipsisShape<Names, Ellipsis>>
      : '...' extends Output[number]
        ? number[]
        : ShapeOfItems<Output, Names, number[]>

type EllipsisShape<
  Names,
  Ellipsis extends readonly unknown[],
  Done extends Shape = [],
> = Ellipsis extends readonly [unknown, ...infer Rest]
  ? EllipsisShape<
      Names,
      Rest,
      [
        ...Done,
        `...${Ellipsis['length']}` extends infer N
          ? N extends keyof Names
            ? LengthIn<Names, N>
            : number
          : never,
      ]
    >
  : Done
