/** The rules of `pack` and `unpack` patterns at type level: those of `../pack.ts`. */
import type { PackOperation } from '../pack.ts'
import type { examples } from '../sentences.ts'
import type { Mistake, Unchecked } from './mistake.ts'
import type { Words } from './text.ts'
import type { Kind } from './word.ts'

/** A pattern without mistakes: the names around the star. */
export interface Pack<
  Before extends readonly string[] = readonly string[],
  After extends readonly string[] = readonly string[],
> {
  readonly before: Before
  readonly after: After
}

export type ReadPack<Text extends string, O extends PackOperation> = Text extends `${string}->${string}`
  ? Mistake<'pattern/arrow-unexpected', { example: (typeof examples)[O] }>
  : ScanPack<Words<Text>>

type ScanPack<
  Text extends string,
  Names extends readonly string[] = [],
  Before extends readonly string[] | false = false,
> = Text extends `${infer Word} ${infer Rest}`
  ? Word extends ''
    ? ScanPack<Rest, Names, Before>
    : Word extends '*'
      ? Before extends false
        ? ScanPack<Rest, [], Names>
        : Mistake<'pattern/star-second'>
      : Word extends '(' | ')' | ',' | '...'
        ? Mistake<'pattern/not-in-pack', { word: Word }>
        : NameOrMistake<Word, Kind<Word>> extends infer Name
          ? Name extends string
            ? Name extends Names[number] | (Before extends readonly string[] ? Before[number] : never)
              ? Mistake<'pattern/duplicate-axis', { axis: Name; where: 'in the pattern' }>
              : ScanPack<Rest, [...Names, Name], Before>
            : Name
          : never
  : Before extends readonly string[]
    ? Pack<Before, Names>
    : Mistake<'pattern/star-missing'>

type NameOrMistake<Word extends string, K> = K extends 'name'
  ? Word
  : K extends number | Mistake<'pattern/zero' | 'pattern/large-number'>
    ? Mistake<'pattern/not-in-pack', { word: Word }>
    : K extends Unchecked
      ? K
      : Mistake<'pattern/bad-name', { word: Word }>
