/**
 * Multiplying and dividing lengths at type level, as on paper: digit by digit. A digit is counted by a tuple of that
 * many elements, a number is its digits with the last one first. A length that is not one known number (`number`, or a
 * union) makes the result `number`.
 */

interface Ones {
  0: []
  1: [1]
  2: [1, 1]
  3: [1, 1, 1]
  4: [1, 1, 1, 1]
  5: [1, 1, 1, 1, 1]
  6: [1, 1, 1, 1, 1, 1]
  7: [1, 1, 1, 1, 1, 1, 1]
  8: [1, 1, 1, 1, 1, 1, 1, 1]
  9: [1, 1, 1, 1, 1, 1, 1, 1, 1]
}
type Digit = keyof Ones
type Digits = readonly Digit[]

/** Whether a length is one known number. */
export type IsExact<N, All = N> = [N] extends [never]
  ? false
  : number extends N
    ? false
    : N extends unknown
      ? [All] extends [N]
        ? true
        : false
      : never

/** The product, or `number`. */
export type Multiply<A extends number, B extends number> =
  IsExact<A> extends true
    ? IsExact<B> extends true
      ? A extends 1
        ? B
        : B extends 1
          ? A
          : ToNumber<LongProduct<ToDigits<`${A}`>, FromLeft<`${B}`>>>
      : number
    : number

/** The quotient; `never` where a remainder is left. `B` is not 0. `number` where a length is not known. */
export type Divide<A extends number, B extends number> =
  IsExact<A> extends true
    ? IsExact<B> extends true
      ? B extends 1
        ? A
        : LongQuotient<FromLeft<`${A}`>, ToDigits<`${B}`>>
      : number
    : number

/** The digits of a number, the last one first. */
type ToDigits<
  Text extends string,
  Done extends Digits = [],
> = Text extends `${infer D extends Digit}${infer Rest}` ? ToDigits<Rest, [D, ...Done]> : Done

/** The digits of a number in reading order. */
type FromLeft<
  Text extends string,
  Done extends Digits = [],
> = Text extends `${infer D extends Digit}${infer Rest}` ? FromLeft<Rest, [...Done, D]> : Done

type ToNumber<Number extends Digits, Text extends string = ''> = Number extends readonly [
  infer D extends Digit,
  ...infer Rest extends Digits,
]
  ? ToNumber<Rest, `${D}${Text}`>
  : NoZeros<Text> extends `${infer N extends number}`
    ? N
    : number

type NoZeros<Text extends string> = Text extends `0${infer Rest}`
  ? Rest extends ''
    ? '0'
    : NoZeros<Rest>
  : Text

/** `A` times the number whose digits from the left are `B`: for each digit, ten times what is done, plus `A` times it. */
type LongProduct<A extends Digits, B extends Digits, Done extends Digits = []> = B extends readonly [
  infer D extends Digit,
  ...infer Rest extends Digits,
]
  ? LongProduct<A, Rest, AddTimes<[0, ...Done], A, D>>
  : Done

/** `Sum + A × D`, column by column. */
type AddTimes<
  Sum extends Digits,
  A extends Digits,
  D extends Digit,
  Carry extends Digit = 0,
  Done extends Digits = [],
> = [Sum, A] extends [readonly [], readonly []]
  ? Carry extends 0
    ? Done
    : [...Done, Carry]
  : Column<Last<Sum>, Last<A>, D, Carry> extends readonly [infer Tens extends Digit, infer One extends Digit]
    ? AddTimes<Butlast<Sum>, Butlast<A>, D, Tens, [...Done, One]>
    : never

/** `S + A × D + Carry`, at most 99, as tens and ones. */
type Column<
  S extends Digit,
  A extends Digit,
  D extends Digit,
  Carry extends Digit,
> = TwoDigits<`${Extract<[...TimesDigit<A, D>, ...Ones[S], ...Ones[Carry]]['length'], number>}`>

type TimesDigit<
  A extends Digit,
  D extends Digit,
  Done extends 1[] = [],
  Count extends 1[] = [],
> = Count['length'] extends D ? Done : TimesDigit<A, D, [...Done, ...Ones[A]], [...Count, 1]>

type TwoDigits<Text extends string> = Text extends `${infer Tens extends Digit}${infer One extends Digit}`
  ? [Tens, One]
  : Text extends `${infer One extends Digit}`
    ? [0, One]
    : never

/** The last digit of a number, which stands first; of none, 0. */
type Last<Number extends Digits> = Number extends readonly [infer D extends Digit, ...Digits] ? D : 0
type Butlast<Number extends Digits> = Number extends readonly [Digit, ...infer Rest extends Digits]
  ? Rest
  : []

/** Long division: bring down a digit, count how often `B` can be taken away. */
type LongQuotient<
  A extends Digits,
  B extends Digits,
  Remainder extends Digits = [],
  Text extends string = '',
> = A extends readonly [infer D extends Digit, ...infer Rest extends Digits]
  ? TakeAway<[D, ...Remainder], B> extends readonly [infer Times extends Digit, infer Left extends Digits]
    ? LongQuotient<Rest, B, Left, `${Text}${Times}`>
    : never
  : Remainder[number] extends 0
    ? NoZeros<Text> extends `${infer N extends number}`
      ? N
      : never
    : never

/** How often `B` can be taken from `A`, and what is left. */
type TakeAway<A extends Digits, B extends Digits, Count extends 1[] = []> =
  Subtract<A, B> extends infer Left
    ? Left extends Digits
      ? TakeAway<Left, B, [...Count, 1]>
      : [Count['length'], A]
    : never

/** `A - B`; false where `A` is the smaller. */
type Subtract<A extends Digits, B extends Digits, Borrow extends 0 | 1 = 0, Done extends Digits = []> = [
  A,
  B,
] extends [readonly [], readonly []]
  ? Borrow extends 0
    ? Done
    : false
  : Ones[Last<A>] extends [...Ones[Last<B>], ...Ones[Borrow], ...infer Left extends 1[]]
    ? Subtract<Butlast<A>, Butlast<B>, 0, [...Done, Extract<Left['length'], Digit>]>
    : [...Ones[9], 1, ...Ones[Last<A>]] extends [...Ones[Last<B>], ...Ones[Borrow], ...infer Left extends 1[]]
      ? Subtract<Butlast<A>, Butlast<B>, 1, [...Done, Extract<Left['length'], Digit>]>
      : never
