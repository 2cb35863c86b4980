/**
 * Laying a pattern against a shape at type level, where the shape is a tuple: the lengths of its axes and the shape of
 * the result, or the mistake that the run time would find. What is only `number` fits everything. The rules are those
 * of `src/layout/bind.ts`.
 */
import type { Code } from '../sentences.ts'
import type { Divide, IsExact, Multiply } from './arithmetic.ts'
import type { AroundEllipsis, Axis, Group, Item } from './expression.ts'
import type { TextOf } from './lengths.ts'
import type { Mistake } from './mistake.ts'
import type { Transform } from './transform.ts'

/** A shape in a type: `[8, 3, 224, 224]`, or `number[]` where nothing is known. */
export type Shape = readonly number[]

/** The lengths of names, and what `...` stands for. */
export interface Bound<Names = unknown, Ellipsis extends Shape = Shape> {
  readonly names: Names
  readonly ellipsis: Ellipsis
}

/** Binds the items of one side to a shape of known rank; `Text` is how the pattern writes them. */
export type Bind<Items extends readonly Item[], S extends Shape, Given, Text extends string> =
  RankOf<Items, S> extends infer Rank
    ? Rank extends true
      ? BindItems<Items, S, Given>
      : Mistake<'shape/rank', { got: S['length']; expected: `${Extract<Rank, string>}, as in '${Text}'` }>
    : never

/** True, or the rank that the items want. */
export type RankOf<Items extends readonly Item[], S extends Shape> =
  AroundEllipsis<Items> extends {
    before: infer Before extends readonly Item[]
    after: infer After extends readonly Item[]
  }
    ? S extends readonly [...Any<Before>, ...number[], ...Any<After>]
      ? true
      : `at least ${Extract<[...Before, ...After]['length'], number>}`
    : S['length'] extends Items['length']
      ? true
      : `${Items['length']}`

/** As many unknown lengths. */
export type Any<Items extends readonly unknown[]> = { [K in keyof Items]: number }

type BindItems<
  Items extends readonly Item[],
  S extends Shape,
  Given,
  Names = Record<never, never>,
  Ellipsis extends Shape = [],
  Past extends readonly unknown[] = [],
> = Items extends readonly [infer First extends Item, ...infer Rest extends readonly Item[]]
  ? First extends '...'
    ? S extends readonly [...infer Middle extends Shape, ...Any<Rest>]
      ? BindItems<Rest, Beyond<S, Middle>, Given, Names, Middle, [...Past, ...Middle]>
      : never
    : S extends readonly [infer Length extends number, ...infer Lengths extends Shape]
      ? BindItem<First, Length, Given, Past['length']> extends infer Found
        ? Found extends Mistake<Code>
          ? Found
          : BindItems<Rest, Lengths, Given, Names & Omit<Found, '_'>, Ellipsis, [...Past, Length]>
        : never
      : never
  : Bound<Names, Ellipsis>

/** What of a shape comes after its beginning. */
type Beyond<S extends Shape, Beginning extends Shape> = S extends readonly [
  ...Beginning,
  ...infer Rest extends Shape,
]
  ? Rest
  : never

/** The lengths that follow from one dimension, or a mistake. */
export type BindItem<I extends Item, Length extends number, Given, Dimension> = I extends Group
  ? SolveItem<Factors<I, Given>, I, Length, Dimension>
  : SolveItem<Factors<[Extract<I, Axis>], Given>, I, Length, Dimension>

/** The product of what is known of a group, and the names that are not. */
interface Factor<Product extends number, Unknown extends readonly string[]> {
  readonly product: Product
  readonly unknown: Unknown
}

export type Factors<
  G extends Group,
  Given,
  Product extends number = 1,
  Unknown extends readonly string[] = [],
> = G extends readonly [infer First extends Axis, ...infer Rest extends Group]
  ? First extends number
    ? Factors<Rest, Given, Multiply<Product, First>, Unknown>
    : First extends keyof Given
      ? Factors<Rest, Given, Multiply<Product, LengthIn<Given, First>>, Unknown>
      : Factors<Rest, Given, Product, [...Unknown, Extract<First, string>]>
  : Factor<Product, Unknown>

/** A given length; `number` if it may be missing or is one of several. */
export type LengthIn<Given, Name extends keyof Given> =
  IsExact<Given[Name]> extends true ? Extract<Given[Name], number> : number

type SolveItem<F, I extends Item, Length extends number, Dimension> =
  F extends Factor<infer Product, infer Unknown>
    ? Unknown extends readonly []
      ? Equal<Length, Product> extends true
        ? unknown
        : Mistake<'shape/mismatch', { dimension: Dimension; item: TextOf<I>; got: Length; expected: Product }>
      : Unknown extends readonly [infer Name extends string]
        ? Product extends 0
          ? Mistake<'shape/zero-divisor', { axis: Name; item: TextOf<I> }>
          : Divide<Length, Product> extends infer Quotient extends number
            ? [Quotient] extends [never]
              ? Mistake<
                  'shape/not-divisible',
                  { dimension: Dimension; item: TextOf<I>; got: Length; divisor: Product }
                >
              : { [N in Name]: Quotient }
            : never
        : unknown
    : never

/** Whether two lengths are the same as far as is known. */
export type Equal<A extends number, B extends number> =
  IsExact<A> extends true ? (IsExact<B> extends true ? ([A] extends [B] ? true : false) : true) : true

/** The lengths of a result's dimensions. */
export type ShapeOfItems<
  Items extends readonly Item[],
  Names,
  Ellipsis extends Shape,
  Done extends Shape = [],
> = Items extends readonly [infer First extends Item, ...infer Rest extends readonly Item[]]
  ? First extends '...'
    ? ShapeOfItems<Rest, Names, Ellipsis, [...Done, ...Ellipsis]>
    : ShapeOfItems<Rest, Names, Ellipsis, [...Done, ItemLength<First, Names, Ellipsis>]>
  : Done

type ItemLength<I extends Item, Names, Ellipsis extends Shape> = I extends Group
  ? ProductOf<I, Names, Ellipsis>
  : I extends number
    ? I
    : I extends keyof Names
      ? LengthIn<Names, I>
      : number

type ProductOf<
  G extends Group,
  Names,
  Ellipsis extends Shape,
  Product extends number = 1,
> = G extends readonly [infer First extends Axis, ...infer Rest extends Group]
  ? ProductOf<
      Rest,
      Names,
      Ellipsis,
      First extends '...'
        ? ProductOfShape<Ellipsis, Product>
        : Multiply<Product, ItemLength<First, Names, Ellipsis>>
    >
  : Product

type ProductOfShape<S extends Shape, Product extends number> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? ProductOfShape<Rest, Multiply<Product, First>>
  : S extends readonly []
    ? Product
    : number

/** A shape of which only the rank is known, and not even that where `...` stands for any dimensions. */
export type RankOnly<Items extends readonly Item[]> = '...' extends Items[number]
  ? number[]
  : { -readonly [K in keyof Items]: number }

/** The shape of a transform's result, or the mistake in binding it. */
export type BindTransform<
  T extends Transform,
  S extends Shape,
  Given,
  Text extends string,
> = number extends S['length']
  ? RankOnly<T['right']>
  : Bind<T['left'], S, Given, Text> extends infer Result
    ? Result extends Bound<infer Names, infer Ellipsis>
      ? ShapeOfItems<T['right'], Names & Given, Ellipsis>
      : Result
    : never
