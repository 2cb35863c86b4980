/**
 * The language at type level: the mistakes of literal patterns as compile errors, in the sentences of the run time, and
 * the shapes of results. A public function takes its pattern and lengths as
 *
 *     function rearrange<X extends …, P extends string, const L extends object = NoLengths>(
 *       x: X,
 *       pattern: Checked<'rearrange', P, L, ShapeOf<X>>,
 *       lengths?: LengthsOf<'rearrange', P, L>,
 *     ): … ResultShape<'rearrange', P, L, ShapeOf<X>> …
 *
 * `Checked` is the pattern itself, or the sentence that says what is wrong with it (its lengths and shapes included), to
 * which the pattern then cannot be assigned. Patterns that are only `string`, that are very long, or that have letters
 * of which the compiler knows nothing are left to the run time.
 */
import type { TransformOperation, ZipOperation } from '../ast.ts'
import type { PackOperation } from '../pack.ts'
import type { Code } from '../sentences.ts'
import type { ShapeOperation } from '../shape.ts'
import type { IsExact } from './arithmetic.ts'
import type { Any, Bind, BindTransform, Bound, LengthIn, RankOnly, Shape } from './bind.ts'
import type { BindEinsum } from './bind-einsum.ts'
import type { Einsum, ReadEinsum } from './einsum.ts'
import type { Flat, Group } from './expression.ts'
import type { Join, NamesOf, Uninferable } from './lengths.ts'
import type { Mistake, Say, Unchecked } from './mistake.ts'
import type { Pack, ReadPack } from './pack.ts'
import type { ReadShape, ShapeItems } from './shape.ts'
import type { IsLiteral, IsLong, OneLine, Trim } from './text.ts'
import type { ReadTransform, Transform } from './transform.ts'
import type { Kind } from './word.ts'

export type { Shape } from './bind.ts'

export type Operation = TransformOperation | ShapeOperation | PackOperation | 'einsum' | ZipOperation

/** What `lengths` is where none are given. */
export type NoLengths = Record<never, never>

/** The pattern, if it is right for the operation, the lengths and the shapes; else what is wrong with it. */
export type Checked<
  O extends Operation,
  Pattern extends string,
  Lengths = NoLengths,
  Shapes = ShapesFor<O>,
  Broadcast = true,
> = Pattern extends string
  ? Unless<Problem<O, Pattern, Lengths, Shapes, Broadcast>, Unoffered<Pattern>>
  : Pattern

/**
 * What is right, unless there is a sentence against it: by an index, because in a generic function, where it cannot be decided yet, the
 * compiler judges an argument by the index's constraint, and there a branch of `any` does not count. So an argument is right until something is
 * known against it.
 */
export type Unless<Sentence, Right> = ({ right: Right } & Record<string, Sentence & Wrong>)[[
  Sentence,
] extends [never]
  ? 'right'
  : // biome-ignore lint/suspicious/noExplicitAny: see above
    any]

/** Editors offer a parameter's literal types as completions, but not what is more than a literal: nobody wants a sentence in a pattern. */
interface Wrong {
  readonly isWrong?: true
}

type Unoffered<Pattern extends string> =
  IsLiteral<Pattern> extends true ? Pattern & Record<never, never> : Pattern

/** Of einsum the shapes of all operands, of the others one shape. */
export type ShapesFor<O extends Operation> = O extends 'einsum' | ZipOperation ? readonly Shape[] : Shape

/** The tree of a pattern, its mistake, or `Unchecked`. */
type TreeOf<O extends Operation, Pattern extends string> =
  IsLiteral<Pattern> extends true
    ? IsLong<Pattern> extends true
      ? Unchecked
      : Read<O, OneLine<Pattern>>
    : Unchecked

type Read<O extends Operation, Pattern extends string> = O extends TransformOperation
  ? ReadTransform<Pattern, O>
  : O extends ShapeOperation
    ? ReadShape<Pattern, O>
    : O extends PackOperation
      ? ReadPack<Pattern, O>
      : ReadEinsum<Pattern, Extract<O, 'einsum' | ZipOperation>>

/** The first line of the message that the run time would give, or never. */
export type Problem<
  O extends Operation,
  Pattern extends string,
  Lengths = NoLengths,
  Shapes = ShapesFor<O>,
  Broadcast = true,
> =
  TreeOf<O, Pattern> extends infer Tree
    ? Tree extends Mistake<Code>
      ? Say<O, Tree>
      : HasOthers<Tree, Lengths> extends true
        ? never // the lengths are told about first
        : Uninferable<Tree, KnownLengths<Lengths>> extends infer M
          ? [M] extends [never]
            ? Say<O, Extract<BindAll<Tree, Pattern, KnownLengths<Lengths>, Shapes, Broadcast>, Mistake<Code>>>
            : Say<O, M>
          : never
    : never

/** Those that are given. Lengths of type `any` are some numbers by some names. */
type KnownLengths<Lengths> = 0 extends 1 & Lengths
  ? Record<string, number>
  : { [Name in keyof Lengths as Lengths[Name] extends undefined ? never : Name]: Lengths[Name] }

/** Whether there are lengths that the pattern has no axes for; a dictionary may hold any. */
type HasOthers<Tree, Lengths> = string extends keyof Lengths | NamesOf<Tree>
  ? false
  : [keyof Lengths] extends [NamesOf<Tree>]
    ? false
    : true

/** The shape of the result, or a mistake in binding. */
type BindAll<Tree, Pattern extends string, Lengths, Shapes, Broadcast> = Tree extends Transform
  ? Shapes extends Shape
    ? BindTransform<Tree, Shapes, Lengths, LeftSide<Pattern>>
    : never
  : Tree extends Einsum
    ? Shapes extends readonly Shape[]
      ? BindEinsum<Tree, Shapes, Lengths, LeftSide<Pattern>, Broadcast>
      : never
    : Tree extends ShapeItems
      ? Shapes extends Shape
        ? number extends Shapes['length']
          ? number[]
          : Bind<Tree['shape'], Shapes, Lengths, Trim<OneLine<Pattern>>>
        : never
      : number[]

type LeftSide<Pattern extends string> =
  OneLine<Pattern> extends `${infer Text}->${string}` ? Trim<Text> : OneLine<Pattern>

/** The shape of a transform's or einsum's result; `number[]` where not even its rank is known. */
export type ResultShape<
  O extends TransformOperation | 'einsum' | ZipOperation,
  Pattern extends string,
  Lengths,
  Shapes,
  Broadcast = true,
> = Pattern extends string
  ? BindAll<
      TreeOf<O, Pattern>,
      Pattern,
      KnownLengths<Lengths>,
      Shapes,
      Broadcast
    > extends infer Result extends number[]
    ? Result
    : number[]
  : never

/** The lengths of a shape pattern's names. */
export type NamedLengths<O extends ShapeOperation, Pattern extends string, Lengths, S extends Shape> =
  TreeOf<O, Pattern> extends infer Tree
    ? Tree extends ShapeItems
      ? number extends S['length']
        ? { [Name in NamesOf<Tree>]: number }
        : Bind<Tree['shape'], S, KnownLengths<Lengths>, Pattern> extends Bound<infer Names>
          ? WrittenOut<{
              [Name in NamesOf<Tree>]: Name extends keyof Names ? Names[Name] : GivenLength<Lengths, Name>
            }>
          : { [Name in NamesOf<Tree>]: number }
      : Record<string, number>
    : never

type GivenLength<Lengths, Name> = Name extends keyof Lengths ? LengthIn<Lengths, Name> : number

/** The same type, written out for the reader. */
type WrittenOut<T> = { [K in keyof T]: T[K] }

/** The shape of a packed array: one dimension for each name and one for the star. */
export type PackedShape<Pattern extends string> = Pattern extends string
  ? ReadPacked<TreeOf<'pack', Pattern>>
  : never

/** What of a shape stands under the star; `number[]` where its rank is not known. */
export type UnderStar<Pattern extends string, S extends Shape> =
  TreeOf<'pack', Pattern> extends Pack<infer Before, infer After>
    ? number extends S['length']
      ? number[]
      : S extends readonly [...Any<Before>, ...infer Star extends Shape, ...Any<After>]
        ? [...Star]
        : number[]
    : number[]

/** The shape of one of the arrays that a packed one is taken apart into: `Star` in place of the packed axis. */
export type UnpackedShape<Pattern extends string, Packed extends Shape, Star extends Shape> =
  TreeOf<'unpack', Pattern> extends Pack<infer Before, infer After>
    ? number extends Star['length']
      ? number[]
      : [
          ...(Packed extends readonly [...infer First extends Any<Before>, number, ...Any<After>]
            ? First
            : Any<Before>),
          ...Positive<Star>,
          ...(Packed extends readonly [...Any<Before>, number, ...infer Last extends Any<After>]
            ? Last
            : Any<After>),
        ]
    : number[]

/** -1 stands for a length that is inferred. */
type Positive<S extends Shape> = { -readonly [K in keyof S]: S[K] extends -1 ? number : S[K] }

type ReadPacked<Tree> =
  Tree extends Pack<infer Before, infer After> ? RankOnly<[...Before, '*', ...After]> : number[]

/** The pattern with its sides exchanged. */
export type Inverse<Pattern extends string> =
  IsLiteral<Pattern> extends true
    ? Pattern extends `${infer Left}->${infer Right}`
      ? Trim<`${Trim<Right>} -> ${Trim<Left>}`>
      : string
    : string

/** The lengths that a pattern takes: completed by the names of its axes, and an error at any other name. */
export type LengthsOf<O extends Operation, Pattern extends string, Lengths> = LengthsFor<
  O,
  TreeOf<O, Pattern>,
  Lengths
>

type LengthsFor<O extends Operation, Tree, Lengths> =
  string extends NamesOf<Tree>
    ? Readonly<Record<string, number | undefined>>
    : OnlyUsed<O, Tree, Lengths> & { readonly [Name in NamesOf<Tree>]?: LengthOf<Name, Lengths> }

/** Every object has some members that an axis may be called after; one that is not given may be any of these. */
type LengthOf<Name, Lengths> = Name extends keyof Lengths
  ? number | undefined
  : // biome-ignore lint/complexity/noBannedTypes: the members that every object has are what is meant
    Name extends keyof Object
    ? unknown
    : number | undefined

/**
 * What the lengths have to be besides numbers by axis: anything if all are used, and a dictionary may hold any names.
 * The last branch is never taken; there the compiler finds that `Lengths` is what was passed.
 */
type OnlyUsed<O extends Operation, Tree, Lengths> = [Lengths] extends [object]
  ? HasOthers<Tree, Lengths> extends false
    ? unknown
    : {
        [Name in keyof Lengths]: Name extends NamesOf<Tree>
          ? unknown
          : `${Say<O, Unused<Tree, Extract<Name, string>, Lengths[Name]>>}${Meant<Tree, Extract<Name, string>>}`
      }
  : Lengths

type Unused<Tree, Name extends string, Value> = Mistake<
  Kind<Name> extends 'name' ? 'length/unused' : 'length/bad-name',
  {
    axis: Name
    value: [Value] extends [undefined] ? 'undefined' : IsExact<Value> extends true ? Value : 'a number'
    expected: NamesInWords<AllAxes<Tree>>
  }
>

/** The axis whose name differs in capitals only, as a question. */
type Meant<Tree, Name extends string> = {
  [Axis in NamesOf<Tree>]: Lowercase<Axis> extends Lowercase<Name> ? Axis : never
}[NamesOf<Tree>] extends infer Axis extends string
  ? [Axis] extends [never]
    ? ''
    : ` (did you mean '${Axis}'?)`
  : ''

/** In the order in which the run time names them. */
type AllAxes<Tree> = Tree extends Transform
  ? [...Flat<Tree['right']>, ...Flat<Tree['left']>]
  : Tree extends Einsum
    ? Flat<Join<Tree['operands']>>
    : Tree extends ShapeItems
      ? Flat<Tree['shape']>
      : []

type NamesInWords<
  Axes extends Group,
  Done extends string = never,
  Text extends string = '',
> = Axes extends readonly [infer First, ...infer Rest extends Group]
  ? First extends Done | number | '...' | '_'
    ? NamesInWords<Rest, Done, Text>
    : NamesInWords<
        Rest,
        Done | Extract<First, string>,
        `${Text}${Text extends '' ? '' : ', '}'${Extract<First, string>}'`
      >
  : Text extends ''
    ? 'no lengths'
    : `one of ${Text}`
