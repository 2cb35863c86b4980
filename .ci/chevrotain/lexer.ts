/**
 * What the grammar asks of chevrotain's lexer. Its tokens are functions (grammar/tokens.ts), of one mode, with offsets and no lines: a first
 * characters' table, modes, line counting and the checks of definitions (which the grammar's tests run) are 10 kB gzip that no program needs.
 */
interface Kind {
  readonly PATTERN: (text: string, offset: number) => RegExpExecArray | null
  readonly LONGER_ALT?: Kind
  readonly GROUP?: string
  readonly tokenTypeIdx: number
}

interface Token {
  readonly image: string
  readonly startOffset: number
  readonly endOffset: number
  readonly tokenTypeIdx: number
  readonly tokenType: Kind
}

/** Named by chevrotain's entry. */
export const LexerDefinitionErrorType = {}

export class Lexer {
  static SKIPPED = 'skipped'
  static NA = /NOT_APPLICABLE/
  readonly kinds: readonly Kind[]

  constructor(kinds: readonly Kind[]) {
    this.kinds = kinds
  }

  tokenize(text: string): { tokens: Token[]; errors: { message: string }[] } {
    const tokens: Token[] = []
    for (let offset = 0; offset < text.length; ) {
      let kind: Kind | undefined
      let image: string | undefined
      for (kind of this.kinds) {
        image = kind.PATTERN(text, offset)?.[0]
        if (image !== undefined) break
      }
      if (kind === undefined || image === undefined)
        return { tokens, errors: [{ message: `no token at ${offset}` }] }
      const longer = kind.LONGER_ALT?.PATTERN(text, offset)?.[0]
      if (longer !== undefined && longer.length > image.length) {
        kind = kind.LONGER_ALT!
        image = longer
      }
      const startOffset = offset
      offset += image.length
      if (kind.GROUP === Lexer.SKIPPED) continue
      const { tokenTypeIdx } = kind
      tokens.push({ image, startOffset, endOffset: offset - 1, tokenTypeIdx, tokenType: kind })
    }
    return { tokens, errors: [] }
  }
}
