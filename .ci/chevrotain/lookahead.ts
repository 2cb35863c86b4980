/**
 * Which way a rule goes is decided by one token (grammar/parser.ts): the sets of tokens with which each way begins. chevrotain's own strategy
 * looks ahead as far as it is asked, and explains itself where no way fits.
 */
import { Alternation, NonTerminal, Option, Repetition, Terminal } from '@chevrotain/gast'

interface Production {
  readonly idx: number
  readonly definition: readonly Production[]
}

interface Rule extends Production {
  readonly name: string
}

interface Token {
  readonly tokenTypeIdx: number
}

interface Parser {
  maxLookahead: number
  lookaheadStrategy: object
  lookAheadFuncsCache: Map<number, Decision>
  readonly fullRuleNameToShort: Readonly<Record<string, number>>
  readonly currRuleShortName: number
  LA_FAST(ahead: number): Token
}

type Decision = (this: Parser) => number | boolean | undefined

/** The numbers by which chevrotain asks for a decision. */
const methods = [
  [Alternation, 1 << 8],
  [Option, 2 << 8],
  [Repetition, 3 << 8],
] as const

export class LooksAhead {
  initLooksAhead(this: Parser, { maxLookahead }: { readonly maxLookahead: number }): void {
    this.maxLookahead = maxLookahead
    this.lookaheadStrategy = {}
    this.lookAheadFuncsCache = new Map()
  }
  preComputeLookaheadFunctions(this: Parser, rules: readonly Rule[]): void {
    for (const rule of rules) {
      for (const part of partsOf(rule)) {
        const method = methods.find(([Kind]) => part instanceof Kind)?.[1]
        if (method === undefined) continue
        const key = part.idx | method | this.fullRuleNameToShort[rule.name]!
        this.lookAheadFuncsCache.set(key, part instanceof Alternation ? wayOf(part) : isInside(part))
      }
    }
  }
  getKeyForAutomaticLookahead(this: Parser, method: number, idx: number): number {
    return idx | method | this.currRuleShortName
  }
  getLaFuncFromCache(this: Parser, key: number): Decision | undefined {
    return this.lookAheadFuncsCache.get(key)
  }
}

function wayOf({ definition }: Production): Decision {
  const ways: (number | undefined)[] = []
  for (const [way, alternative] of definition.entries()) {
    for (const token of first(alternative)) ways[token] ??= way
  }
  return function () {
    return ways[this.LA_FAST(1).tokenTypeIdx]
  }
}

function isInside({ definition }: Production): Decision {
  const inside: true[] = []
  for (const token of sequence(definition)) inside[token] = true
  return function () {
    return inside[this.LA_FAST(1).tokenTypeIdx] === true
  }
}

/** A part of a rule, and the parts in it; other rules that it names are not looked into. */
function partsOf(part: Production): Production[] {
  if (part instanceof NonTerminal || part instanceof Terminal) return [part]
  return [part, ...part.definition.flatMap(partsOf)]
}

function first(part: Production): number[] {
  if (part instanceof Terminal) return [(part as { terminalType: Token }).terminalType.tokenTypeIdx]
  return part instanceof Alternation ? part.definition.flatMap(first) : sequence(part.definition)
}

function sequence(parts: readonly Production[]): number[] {
  const needed = parts.findIndex((part) => !mayBeEmpty(part))
  return (needed < 0 ? parts : parts.slice(0, needed + 1)).flatMap(first)
}

function mayBeEmpty(part: Production): boolean {
  if (part instanceof Option || part instanceof Repetition) return true
  if (part instanceof Terminal) return false
  return part instanceof Alternation ? part.definition.some(mayBeEmpty) : part.definition.every(mayBeEmpty)
}

/** Has the names of rules stand for them. */
export function resolveGrammar({ rules }: { readonly rules: readonly Rule[] }): never[] {
  for (const part of rules.flatMap(partsOf)) {
    if (!(part instanceof NonTerminal)) continue
    const { nonTerminalName } = part
    part.referencedRule = rules.find(({ name }) => name === nonTerminalName) as never
  }
  return []
}
export const validateGrammar = (): never[] => []

/** Named by the parts that say why no way fits, and by chevrotain's entry. */
export const PROD_TYPE = {}
export const getLookaheadPathsForOr = (): never[] => []
export const getLookaheadPathsForOptionalProd = getLookaheadPathsForOr
export const getLookaheadPaths = getLookaheadPathsForOr
export const LLkLookaheadStrategy = undefined
export const collectMethods = undefined
