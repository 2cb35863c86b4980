/** Kinds of tokens that belong to no categories: a number tells them apart. */
interface Definition {
  readonly name: string
  readonly pattern: unknown
  readonly group?: string
  readonly longer_alt?: Kind
}

interface Kind {
  readonly name: string
  readonly PATTERN: unknown
  readonly GROUP: string | undefined
  readonly LONGER_ALT: Kind | undefined
  readonly tokenTypeIdx: number
  readonly categoryMatches: readonly number[]
}

let made = 0

export function createToken({ name, pattern, group, longer_alt }: Definition): Kind {
  made++
  return {
    name,
    PATTERN: pattern,
    GROUP: group,
    LONGER_ALT: longer_alt,
    tokenTypeIdx: made,
    categoryMatches: [],
  }
}

export const createTokenInstance = (kind: Kind, image: string, startOffset: number, endOffset: number) => ({
  image,
  startOffset,
  endOffset,
  tokenTypeIdx: kind.tokenTypeIdx,
  tokenType: kind,
})

export const EOF = createToken({ name: 'EOF', pattern: undefined })

export const augmentTokenTypes = (): void => {}
export const hasShortKeyProperty = (kind: Kind): boolean => kind.tokenTypeIdx > 0
export const isTokenType = hasShortKeyProperty
export const tokenStructuredMatcherNoCategories = (token: { tokenTypeIdx: number }, kind: Kind): boolean =>
  token.tokenTypeIdx === kind.tokenTypeIdx
export const tokenStructuredMatcher = tokenStructuredMatcherNoCategories

/** Named by chevrotain's entry. */
export const tokenMatcher = tokenStructuredMatcherNoCategories
export const tokenName = (kind: Kind): string => kind.name
export const tokenLabel = tokenName
