/**
 * The words of a pattern. Every text is a sequence of these tokens: what is no name, number, `...` or `*` is a `Word`,
 * and the rules say later what is wrong with it, in their own sentences.
 */
import { createToken, Lexer, type TokenType } from 'chevrotain'

/** What each token looks like. A name is what Python calls an identifier; einops allows no space but the plain one, here patterns may have lines. */
export const definitions = {
  Space: /[ \t\n\r]+/u,
  Open: /\(/u,
  Close: /\)/u,
  Arrow: /->/u,
  Comma: /,/u,
  Name: /[\p{XID_Start}_]\p{XID_Continue}*/u,
  Number: /\p{Nd}+/u,
  Ellipsis: /\.\.\./u,
  Star: /\*/u,
  Blank: /[^\P{White_Space} \t\n\r]/u,
  Word: /(?:(?!->)[^(),\p{White_Space}])+/u,
}

/** A run of characters without space, parenthesis, comma or arrow. */
export const Word = createToken({ name: 'Word', pattern: at(definitions.Word), line_breaks: false })

/** The kinds of words that mean something; a longer `Word` at the same place wins. */
export const Name = word('Name')
export const NumberWord = word('Number')
export const Ellipsis = word('Ellipsis')
export const Star = word('Star')

export const Open = mark('Open')
export const Close = mark('Close')
export const Arrow = mark('Arrow')
export const Comma = mark('Comma')

/** Other white space, as the space that does not break: it separates names in `pack` and `unpack` and is a mistake elsewhere. */
export const Blank = createToken({ name: 'Blank', pattern: at(definitions.Blank), line_breaks: false })

const Space = createToken({
  name: 'Space',
  pattern: at(definitions.Space),
  group: Lexer.SKIPPED,
  line_breaks: true,
})

/** In the order in which the lexer tries them. */
export const tokens: TokenType[] = [
  Space,
  Open,
  Close,
  Arrow,
  Comma,
  Name,
  NumberWord,
  Ellipsis,
  Star,
  Blank,
  Word,
]

function word(name: keyof typeof definitions): TokenType {
  return createToken({ name, pattern: at(definitions[name]), longer_alt: Word, line_breaks: false })
}

function mark(name: keyof typeof definitions): TokenType {
  return createToken({ name, pattern: at(definitions[name]), line_breaks: false })
}

/** A matcher that keeps the expression's `u` flag, which chevrotain would drop. */
function at(expression: RegExp): (text: string, offset: number) => RegExpExecArray | null {
  const sticky = new RegExp(expression.source, 'uy')
  return (text, offset) => {
    sticky.lastIndex = offset
    return sticky.exec(text)
  }
}
