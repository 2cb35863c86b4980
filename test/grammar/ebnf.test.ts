/** `grammar.ebnf` is what people read, `parser.ts` is what runs: they are the same grammar. */
import { readFileSync } from 'node:fs'
import { type ISerializedGast, Lexer } from 'chevrotain'
import { expect, test } from 'vitest'
import { PatternParser } from '../../grammar/parser.ts'
import { definitions, tokens } from '../../grammar/tokens.ts'

const file = readFileSync(new URL('../../grammar/grammar.ebnf', import.meta.url), 'utf8')

/** The members that chevrotain's serialized nodes have, by their `type`. */
type Node = ISerializedGast & { name?: string; nonTerminalName?: string; definition?: Node[] }

/** Tokens that are one fixed text, shown as that text. */
const literals = new Map(
  Object.entries(definitions)
    .map(([name, { source }]): [string, string] => [name, source.replaceAll('\\', '')])
    .filter(([name]) => ['Open', 'Close', 'Arrow', 'Comma', 'Ellipsis', 'Star'].includes(name)),
)

function print(node: Node): string {
  const parts = (node.definition ?? []).map(print)
  switch (node.type) {
    case 'NonTerminal':
      return node.name!
    case 'Terminal': {
      const literal = literals.get(node.name!)
      return literal === undefined ? node.name! : `"${literal}"`
    }
    case 'Alternation':
      return parts.join(' | ')
    case 'Repetition':
      return `( ${parts.join(' ')} )*`
    case 'Option':
      return `${parts.join(' ')}?`
    case 'Alternative':
    case 'Rule':
      return parts.join(' ')
    default:
      throw new Error(`${node.type} is not used in this grammar`)
  }
}

const definitionsIn = (text: string) =>
  new Map([...text.matchAll(/^(\w+) +::= (.+)$/gm)].map(([, name, definition]) => [name!, definition!]))

test('the rules in grammar.ebnf are the rules of the parser', () => {
  const rules = new PatternParser().getSerializedGastProductions() as Node[]
  const printed = rules.map((rule): [string, string] => [rule.name!, print(rule)])
  const written = [...definitionsIn(file)].filter(([name]) => /^[a-z]/.test(name))
  expect(written).toEqual(printed)
})

test('the words in grammar.ebnf are the tokens of the lexer', () => {
  const written = Object.fromEntries([...definitionsIn(file)].filter(([name]) => /^[A-Z]/.test(name)))
  const defined = Object.entries(definitions).filter(([name]) => !literals.has(name) && name !== 'Space')
  expect(written).toEqual(Object.fromEntries(defined.map(([name, { source }]) => [name, source])))
})

test('chevrotain finds no ambiguity, left recursion or unreachable token in the grammar', () => {
  expect(() => new PatternParser({ skipValidations: false })).not.toThrow()
  expect(new Lexer(tokens, { positionTracking: 'onlyOffset' }).lexerDefinitionErrors).toEqual([])
})
