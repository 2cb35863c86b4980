/**
 * Every sentence that a mistake can get, in one place and as literal types: `say` fills one in when a program runs, and
 * `types/` fills in the same one when a literal pattern is checked by the compiler, so that the two cannot differ
 * (the idea is arktype's). Form: what is wrong — got this, expected that.
 */

import type { patternSentences } from './pattern-sentences.ts'

export const sentences = {
  'pattern/type': "the pattern is not a string — got {got}, expected text like '{example}'",

  'tensor/type': '{what} is not an ndarray — got {got}, expected data, shape, stride and offset',
  'tensor/layout': '{what} is not a valid ndarray — got {got}, expected {expected}',
  'tensor/dtype': '{what} has a dtype that cannot be used here — got {got}, expected {expected}',

  'shape/rank': 'wrong number of dimensions — got {got}, expected {expected}',
  'shape/mismatch': "dimension {dimension} does not match '{item}' — got length {got}, expected {expected}",
  'shape/not-divisible':
    "dimension {dimension} does not split into '{item}' — got length {got}, expected a multiple of {divisor}",
  'shape/zero-divisor':
    "cannot infer '{axis}' in '{item}' — got length 0 for the other axes, expected a positive length",
  'shape/cannot-infer': "cannot infer '{item}' — got {count} unknown lengths ({axes}), expected at most one",
  'shape/two-lengths': "axis '{axis}' has two lengths — got {got} in {where}, expected {expected}",
  'shape/ellipsis': "'...' does not broadcast — got {got} in {where}, expected {expected} or 1",
  'shape/ellipsis-dropped':
    "'...' is missing in the output — got {got} in an operand, expected '...' after '->' or no such dimensions",
  'shape/too-large': 'the result is too large — got {got} elements, expected fewer than 2^53',
  'shape/no-memory': 'no memory for the result — got {got} elements of {dtype}, expected fewer',

  'shape/different': 'the shapes differ — got {got}, expected {expected}',

  'length/missing': "the length of the new axis '{axis}' is missing — got none, expected one in the lengths",
  'length/unused': "length '{axis}' is not used — got {axis}: {value}, expected {expected}",
  'length/bad-name': "'{axis}' cannot be the name of an axis — got {axis}: {value}, expected {expected}",
  'length/bad-value': "bad length of axis '{axis}' — got {value}, expected a whole number, 0 or more",
  'length/type': 'the lengths are not an object — got {got}, expected names with whole numbers',

  'list/type': 'no list — got {got}, expected a list of arrays, as in [x, y]',
  'list/empty': 'an empty list — got no tensors, expected at least one',
  'list/nested': 'a list inside a list — got an array as element {index}, expected an ndarray',
  'list/unequal':
    'tensors of different {what} in one list — got {got} as element {index}, expected {expected}',
  'operand/count': 'wrong number of operands — got {got}, expected {expected}',

  'reduction/unknown': 'unknown reduction — got {got}, expected {expected} or a function',
  'reduction/empty': "'{reduction}' of no elements — got a reduced dimension of length 0, expected 1 or more",
  'reduction/dtype': "'{reduction}' of {dtype} — got whole numbers of any size, expected {expected}",
  'reduction/result': 'the reduction function gave a wrong shape — got {got}, expected {expected}',

  'map/value': 'the function gave no number — got {got}, expected one for each element',
  'nested/ragged': 'the lists are ragged — got {got} at {place}, expected {expected}',
  'nested/value': 'no number in the lists — got {got} at {place}, expected {expected}',

  'pack/rank': 'tensor {index} has too few dimensions — got {got}, expected at least {expected}',
  'pack/mismatch': "tensor {index} differs in axis '{axis}' — got length {got}, expected {expected}",
  'unpack/shapes':
    'bad packed shapes — got {got}, expected lists of whole numbers, 0 or more, at most one -1',
  'unpack/several-unknown': 'more than one -1 in the packed shapes — got {got}, expected at most one',
  'unpack/total': "the packed shapes do not fill axis '*' — got {got} elements, expected {expected}",
  'unpack/not-divisible':
    'packed shape {index} does not divide what is left — got {got}, expected a multiple of {divisor}',

  'option/copy': "a view cannot express the result — got copy: 'never', expected 'auto' or 'always'",
  'option/value': "bad option '{option}' — got {got}, expected {expected}",
  'option/unknown': "unknown option '{option}' — got {option}: {got}, expected {expected}",
  'out/shape': "'out' has a wrong shape — got {got}, expected {expected}",
  'out/dtype': "'out' has a wrong dtype — got {got}, expected {expected}",
  'out/overlap': "'out' cannot be written — got {got}, expected {expected}",
} as const

/** All sentences, also those about patterns. */
export type Sentences = typeof sentences & typeof patternSentences

export type Code = keyof Sentences

/** The names between braces in a sentence. */
export type Blanks<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Blanks<Rest>
  : never

export type Values<C extends Code> = { readonly [Name in Blanks<Sentences[C]>]: string | number }

/** What an `EinopsError` takes of a sentence. */
export interface Said {
  readonly code: Code
  readonly what: string
  readonly values: Readonly<Record<string, string | number>>
}

/** Fills in a sentence; pieces longer than `most` are cut. */
export function say<C extends keyof typeof sentences>(code: C, values: Values<C>, most?: number): Said {
  return { code, ...fill(sentences[code], values, most) }
}

/** The sentence with its blanks filled. */
export function fill<V extends Readonly<Record<string, string | number>>>(
  sentence: string,
  values: V,
  most = longest,
): { readonly what: string; readonly values: V } {
  const what = sentence.replace(/\{(\w+)\}/g, (_, name: string) => brief(String(values[name]), most))
  return { what, values }
}

/** How long a quoted piece of a pattern may get in a sentence; the compiler leaves patterns with longer words alone. */
export const longest = 80

/** A quoted piece, cut where it is too long to read, without what would break the line. */
function brief(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/gu, escaped)
}

function escaped(character: string): string {
  if (' \t\n\r'.includes(character)) return ' '
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}

/** A call of each operation, for those who exchange its arguments. */
export const calls = {
  rearrange: 'rearrange(x, pattern)',
  reduce: "reduce(x, pattern, 'max')",
  repeat: 'repeat(x, pattern)',
  einsum: 'einsum([x, y], pattern)',
  add: 'add([x, y], pattern)',
  subtract: 'subtract([x, y], pattern)',
  multiply: 'multiply([x, y], pattern)',
  divide: 'divide([x, y], pattern)',
  argmax: 'argmax(x, pattern)',
  argmin: 'argmin(x, pattern)',
  parseShape: 'parseShape(x, pattern)',
  checkShape: 'checkShape(x, pattern)',
  pack: 'pack([x, y], pattern)',
  unpack: 'unpack(packed, packedShapes, pattern)',
} as const

/** A right pattern of each operation, for sentences that show what a pattern looks like. */
export const examples = {
  rearrange: 'h w -> w h',
  reduce: 'h w -> h',
  repeat: 'h w -> h w c',
  einsum: 'i j, j k -> i k',
  add: 'b n d, d -> b n d',
  subtract: 'b n d, b n -> b n d',
  multiply: 'b n d, d -> b n d',
  divide: 'b n d, b n -> b n d',
  argmax: 'b c -> b',
  argmin: 'b c -> b',
  parseShape: 'b c h w',
  checkShape: 'b 3 (h 16) (w 16)',
  pack: 'h w *',
  unpack: 'h w *',
} as const
