/**
 * The grammar of patterns, for chevrotain. It is permissive and total: every text has a syntax tree, no rule calls
 * itself and one token of lookahead decides, so that a text of any length takes linear time and no stack. What a
 * pattern may not contain is said by the rules (`expression.ts` and its users), in sentences of our own.
 * `grammar.ebnf` shows the same grammar for reading; a test holds the two equal.
 */
import { EmbeddedActionsParser, EOF, type IToken, Lexer } from 'chevrotain'
import type { Span } from './ast.ts'
import { Arrow, Blank, Close, Comma, Ellipsis, Name, NumberWord, Open, Star, tokens, Word } from './tokens.ts'

/** A word, or a parenthesis where none should stand. */
export interface SyntaxWord {
  readonly kind: 'name' | 'number' | 'ellipsis' | 'star' | 'blank' | 'word' | 'open' | 'close'
  readonly text: string
  readonly span: Span
}

export interface SyntaxGroup {
  readonly kind: 'group'
  readonly words: readonly SyntaxWord[]
  readonly open: Span
  readonly closed: boolean
  readonly span: Span
}

/** What stands between arrows and commas. */
export interface SyntaxExpression {
  readonly nodes: readonly (SyntaxWord | SyntaxGroup)[]
  readonly span: Span
}

export interface SyntaxSide {
  readonly expressions: readonly SyntaxExpression[]
  readonly commas: readonly Span[]
}

export interface SyntaxPattern {
  readonly sides: readonly SyntaxSide[]
  readonly arrows: readonly Span[]
}

export class PatternParser extends EmbeddedActionsParser {
  /** Where the text ends: the end of an expression that nothing follows. */
  textEnd = 0

  constructor({ skipValidations = true } = {}) {
    super(tokens, { maxLookahead: 1, recoveryEnabled: false, skipValidations })
    this.performSelfAnalysis()
  }

  readonly pattern = this.RULE('pattern', (): SyntaxPattern => {
    const arrows: Span[] = []
    const sides = [this.SUBRULE(this.side)]
    this.MANY(() => {
      arrows.push(spanOf(this.CONSUME(Arrow)))
      sides.push(this.SUBRULE1(this.side))
    })
    return { sides, arrows }
  })

  readonly side = this.RULE('side', (): SyntaxSide => {
    const commas: Span[] = []
    const expressions = [this.SUBRULE(this.expression)]
    this.MANY(() => {
      commas.push(spanOf(this.CONSUME(Comma)))
      expressions.push(this.SUBRULE1(this.expression))
    })
    return { expressions, commas }
  })

  readonly expression = this.RULE('expression', (): SyntaxExpression => {
    const after = this.end()
    const start = this.next()
    const nodes: (SyntaxWord | SyntaxGroup)[] = []
    this.MANY(() => {
      this.OR([
        { ALT: () => nodes.push(this.SUBRULE(this.axis)) },
        { ALT: () => nodes.push(this.SUBRULE(this.group)) },
        { ALT: () => nodes.push(wordOf('close', this.CONSUME(Close))) },
      ])
    })
    return { nodes, span: nodes.length > 0 ? { start, end: this.end() } : { start: after, end: start } }
  })

  readonly group = this.RULE('group', (): SyntaxGroup => {
    const words: SyntaxWord[] = []
    const open = spanOf(this.CONSUME(Open))
    this.MANY(() => {
      this.OR([
        { ALT: () => words.push(this.SUBRULE(this.axis)) },
        { ALT: () => words.push(wordOf('open', this.CONSUME1(Open))) },
      ])
    })
    const closed = this.OPTION(() => this.CONSUME(Close)) !== undefined
    return { kind: 'group', words, open, closed, span: { start: open.start, end: this.end() } }
  })

  readonly axis = this.RULE('axis', (): SyntaxWord => {
    return this.OR([
      { ALT: () => wordOf('name', this.CONSUME(Name)) },
      { ALT: () => wordOf('number', this.CONSUME(NumberWord)) },
      { ALT: () => wordOf('ellipsis', this.CONSUME(Ellipsis)) },
      { ALT: () => wordOf('star', this.CONSUME(Star)) },
      { ALT: () => wordOf('blank', this.CONSUME(Blank)) },
      { ALT: () => wordOf('word', this.CONSUME(Word)) },
    ])
  })

  /** Where the last consumed token ends. */
  private end(): number {
    const token = this.LA(0)
    return token === undefined || token.tokenType === EOF ? 0 : spanOf(token).end
  }

  /** Where the next token starts. */
  private next(): number {
    const token = this.LA(1)
    return token.tokenType === EOF ? this.textEnd : token.startOffset
  }
}

function spanOf({ startOffset, image }: IToken): Span {
  return { start: startOffset, end: startOffset + image.length }
}

function wordOf(kind: SyntaxWord['kind'], token: IToken): SyntaxWord {
  return { kind, text: token.image, span: spanOf(token) }
}

let lexer: Lexer | undefined
let parser: PatternParser | undefined

/** The syntax tree of any text. Lexer and parser are built on the first call. */
export function parse(text: string): SyntaxPattern {
  lexer ??= new Lexer(tokens, { positionTracking: 'onlyOffset', skipValidations: true })
  parser ??= new PatternParser()
  const { tokens: input, errors } = lexer.tokenize(text)
  parser.input = input
  parser.textEnd = text.length
  const tree = parser.pattern()
  const error = errors[0] ?? parser.errors[0]
  parser.input = []
  if (error !== undefined) throw new Error(`internal: the grammar is not total: ${error.message}`)
  return tree
}
