/**
 * A pattern as it is being typed, cut into pieces that can be coloured. Unlike the library's grammar this reads every
 * text, right or wrong, and loses no character: joined again, the tokens are the text.
 */

export type TokenKind =
  | 'axis'
  | 'number'
  | 'ellipsis'
  | 'open'
  | 'close'
  | 'arrow'
  | 'comma'
  | 'star'
  | 'space'
  | 'stray'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
  readonly end: number
  /** Counts the expressions: operands from 0, and the result after the arrow is −1. */
  readonly operand: number
}

const forms: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /\s+/uy],
  ['arrow', /->/uy],
  ['ellipsis', /\.\.\./uy],
  ['open', /\(/uy],
  ['close', /\)/uy],
  ['comma', /,/uy],
  ['star', /\*/uy],
  ['axis', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['number', /\p{Nd}+/uy],
  ['stray', /./suy],
]

/** The pieces of any text, in order and without gaps. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let start = 0
  let operand = 0
  while (start < text.length) {
    const [kind, end] = match(text, start)
    if (kind === 'arrow') operand = -1
    tokens.push({ kind, text: text.slice(start, end), start, end, operand })
    if (kind === 'comma' && operand >= 0) operand++
    start = end
  }
  return tokens
}

function match(text: string, start: number): [TokenKind, number] {
  for (const [kind, form] of forms) {
    form.lastIndex = start
    const found = form.exec(text)
    if (found !== null) return [kind, start + found[0].length]
  }
  return ['stray', start + 1]
}

/** The axis names in the order in which they first stand in the text; `...` counts as one. */
export function namesIn(tokens: readonly Token[]): string[] {
  const names = new Set<string>()
  for (const { kind, text } of tokens) if (kind === 'axis' || kind === 'ellipsis') names.add(text)
  return [...names]
}

/** How many operands a text asks for: one more than the commas before the arrow. */
export function countOperands(tokens: readonly Token[]): number {
  return 1 + tokens.filter(({ kind, operand }) => kind === 'comma' && operand >= 0).length
}
