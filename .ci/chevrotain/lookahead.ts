/**
 * Which way a rule goes is decided by one token (grammar/parser.ts): the sets of tokens with which each way begins. chevrotain's own strategy
 * looks ahead as far as it is asked, and explains itself where no way fits.
 */
import { Alternation, isOptionalProd, NonTerminal, Option, Repetition, Terminal } from '@chevrotain/gast'

interface Production {
  readonly idx: number
  readonly definition: readonly Production[]
}

interface Token {
  readonly tokenTypeIdx: number
}

interface Place {
  readonly prodOccurrence: number
  readonly rule: Production
  readonly prodType?: string
}

interface Parser {
  LA_FAST(ahead: number): Token
}

export class LLkLookaheadStrategy {
  buildLookaheadForAlternation({ rule, prodOccurrence }: Place) {
    const ways: (number | undefined)[] = []
    for (const [way, alternative] of find(rule, Alternation, prodOccurrence)!.definition.entries()) {
      for (const token of first(alternative)) ways[token] ??= way
    }
    return function (this: Parser): number | undefined {
      return ways[this.LA_FAST(1).tokenTypeIdx]
    }
  }

  buildLookaheadForOptional({ rule, prodOccurrence, prodType }: Place) {
    const kind = prodType === 'Option' ? Option : Repetition
    const inside: true[] = []
    for (const token of sequence(find(rule, kind, prodOccurrence)!.definition)) inside[token] = true
    return function (this: Parser): boolean {
      return inside[this.LA_FAST(1).tokenTypeIdx] === true
    }
  }
}

type Class = abstract new (...values: never[]) => unknown

/** The part of a rule of a kind and a number; other rules that it names are not looked into. */
function find(part: Production, kind: Class, index: number): Production | undefined {
  if (part instanceof kind && part.idx === index) return part
  if (part instanceof NonTerminal || part instanceof Terminal) return undefined
  for (const inner of part.definition) {
    const found = find(inner, kind, index)
    if (found !== undefined) return found
  }
  return undefined
}

function first(part: Production): number[] {
  if (part instanceof Terminal) return [(part as { terminalType: Token }).terminalType.tokenTypeIdx]
  return part instanceof Alternation ? part.definition.flatMap(first) : sequence(part.definition)
}

function sequence(parts: readonly Production[]): number[] {
  const needed = parts.findIndex((part) => !isOptionalProd(part as never))
  return (needed < 0 ? parts : parts.slice(0, needed + 1)).flatMap(first)
}

/** Named by the parts that say why no way fits. */
export const PROD_TYPE = {}
export const getLookaheadPathsForOr = (): never[] => []
export const getLookaheadPathsForOptionalProd = getLookaheadPathsForOr
export const getLookaheadPaths = getLookaheadPathsForOr
