/** Texts at type level: what the compiler knows of one, how long it is, and cutting it at marks. */

/** Whether a type is one known text, not `string` and not a text with unknown parts. */
export type IsLiteral<Text extends string> = Record<never, never> extends Record<Text, 1> ? false : true

/** Ten characters or more before `End`: in a template, placeholders that touch take at least one character each. */
type Ten<End extends string> =
  `${string}${string}${string}${string}${string}${string}${string}${string}${string}${string}${End}`
type Fifty<End extends string> = Ten<Ten<Ten<Ten<Ten<End>>>>>

/**
 * Whether a text is so long that the compiler leaves it alone: it gives up a recursion after 1,000 steps, and a
 * parenthesis takes three.
 */
export type IsLong<Text extends string> =
  `${Text} ` extends Fifty<Fifty<Fifty<Fifty<Fifty<Fifty<' '>>>>>> ? true : false

/** Whether a text has 16 characters or more. */
export type Is16Long<Text extends string> =
  `${Text} ` extends `${string}${string}${string}${string}${string}${Ten<`${string}${string} `>}`
    ? true
    : false

/** The text with spaces around every `Mark`. */
export type SpaceOut<
  Text extends string,
  Mark extends string,
  Done extends string = '',
> = Text extends `${infer Head}${Mark}${infer Tail}`
  ? SpaceOut<Tail, Mark, `${Done}${Head} ${Mark} `>
  : `${Done}${Text}`

/** The words of a text, parentheses and commas among them, each with a space after it. */
export type Words<Text extends string> = `${SpaceOut<SpaceOut<SpaceOut<Text, '('>, ')'>, ','>} `

/** The text on one line. */
export type OneLine<Text extends string> = Text extends `${string}${'\t' | '\n' | '\r'}${string}`
  ? Spaced<Spaced<Spaced<Text, '\t'>, '\n'>, '\r'>
  : Text

type Spaced<Text extends string, Blank extends string> = Text extends `${infer Head}${Blank}${infer Tail}`
  ? Spaced<`${Head} ${Tail}`, Blank>
  : Text

/** The text without spaces at its ends. */
export type Trim<Text extends string> = Text extends ` ${infer Rest}` | `${infer Rest} ` ? Trim<Rest> : Text
