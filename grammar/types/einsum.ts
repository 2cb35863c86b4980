/** The rules of `a, b -> c` at type level: those of `../einsum.ts`. */
import type { ZipOperation } from '../ast.ts'
import type { dialects } from '../einsum.ts'
import type { Expression, FirstMissing, Flat, Item, Scan } from './expression.ts'
import type { Join } from './lengths.ts'
import type { Mistake } from './mistake.ts'
import type { Words } from './text.ts'
import type { Cut } from './transform.ts'

/** A pattern without mistakes. */
export interface Einsum<
  Operands extends readonly (readonly Item[])[] = readonly (readonly Item[])[],
  Output extends readonly Item[] = readonly Item[],
> {
  readonly operands: Operands
  readonly output: Output
}

export type ReadEinsum<Text extends string, O extends 'einsum' | ZipOperation = 'einsum'> =
  Cut<Text, O> extends infer Sides
    ? Sides extends { left: infer Left extends string; right: infer Right extends string }
      ? ReadOutput<ReadOperands<Left>, Right, O>
      : Sides
    : never

interface OperandsRead<All extends readonly (readonly Item[])[], Names extends string> {
  readonly all: All
  readonly names: Names
}

type ReadOperands<
  Text extends string,
  All extends readonly (readonly Item[])[] = [],
  Names extends string = never,
> = Text extends `${infer First},${infer Rest}`
  ? Scan<Words<First>, typeof dialects.operand> extends infer Read
    ? Read extends Expression
      ? ReadOperands<Rest, [...All, Read['items']], Names | Read['names']>
      : Read
    : never
  : Scan<Words<Text>, typeof dialects.operand> extends infer Read
    ? Read extends Expression
      ? OperandsRead<[...All, Read['items']], Names | Read['names']>
      : Read
    : never

type ReadOutput<Left, Right extends string, O> =
  Left extends OperandsRead<infer All, infer Names>
    ? Scan<Words<Right>, typeof dialects.output> extends infer Output
      ? Output extends Expression
        ? Exclude<Output['names'], Names> extends never
          ? Kept<O, All, Names, Output>
          : Mistake<'pattern/output-only', { axis: FirstMissing<Flat<Output['items']>, Names> }>
        : Output
      : never
    : Left

/** Element by element nothing is summed: the output has every name. */
type Kept<O, All extends readonly (readonly Item[])[], Names, Output extends Expression> = O extends 'einsum'
  ? Einsum<All, Output['items']>
  : Exclude<Names, Output['names'] | '...'> extends never
    ? Einsum<All, Output['items']>
    : Mistake<'pattern/operand-only', { axis: FirstMissing<Flat<Join<All>>, Output['names'] | '...'> }>
