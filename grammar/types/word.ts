/**
 * What one word of a pattern is. The checks and their order are those of `../words.ts`. Each word is judged once in a
 * program, however many patterns it stands in, because the compiler remembers what it has evaluated.
 */
import type { Mistake, Unchecked } from './mistake.ts'
import type { Is16Long } from './text.ts'

/** `'name'`, `'_'`, `'...'`, the length that a number stands for, or what is wrong with the word. */
export type Kind<Word extends string> = Word extends '...'
  ? '...'
  : Characters<Word> extends infer Fault extends object
    ? Fault
    : Word extends `${string}.${string}`
      ? Mistake<'pattern/stray-dots', { word: Word }>
      : Word extends `${DigitCharacter}${string}`
        ? NumberOf<Word, WithoutZeros<Word>>
        : Word extends '_'
          ? '_'
          : Word extends `_${string}` | `${string}_`
            ? Mistake<'pattern/bad-name', { word: Word }>
            : 'name'

type DigitCharacter = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'

type Ordinary =
  | DigitCharacter
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z')
  | ('A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M')
  | ('N' | 'O' | 'P' | 'Q' | 'R' | 'S' | 'T' | 'U' | 'V' | 'W' | 'X' | 'Y' | 'Z')
  | ('_' | '.')

/** ASCII that no word may hold. */
type Strange =
  | ('!' | '"' | '#' | '$' | '%' | '&' | "'" | '(' | ')' | '*' | '+' | ',' | '-' | '/' | ':' | ';' | '<')
  | ('=' | '>' | '?' | '@' | '[' | '\\' | ']' | '^' | '`' | '{' | '|' | '}' | '~')

/**
 * The first character that may not stand in a word. Beyond ASCII the compiler knows a letter only by its having an
 * upper and a lower case; of a word with other characters it cannot tell.
 */
type Characters<Word extends string, Rest extends string = Word> = Rest extends `${infer First}${infer Tail}`
  ? First extends Ordinary
    ? Characters<Word, Tail>
    : First extends Strange
      ? Mistake<'pattern/unknown-character', { character: First; word: Word }>
      : Uppercase<First> extends Lowercase<First>
        ? Unchecked
        : Characters<Word, Tail>
  : 'fine'

type WithoutZeros<Text extends string> = Text extends `0${infer Rest}` ? WithoutZeros<Rest> : Text

type NumberOf<Word extends string, Significant extends string> = Significant extends ''
  ? Mistake<'pattern/zero', { word: Word }>
  : Significant extends `${bigint}`
    ? Is16Long<Significant> extends true
      ? Mistake<'pattern/large-number', { word: Word }>
      : Significant extends `${infer Length extends number}`
        ? Length
        : never
    : Mistake<'pattern/bad-name', { word: Word }>
