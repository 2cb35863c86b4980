/**
 * In the place of what chevrotain can and the grammar does not ask for: syntax trees of its own, recovery from errors, content assist, traces of
 * its start, checks of the grammar (which the grammar's tests run) and the sentences for all these. The grammar is total
 * (grammar/parser.ts), so that a sentence about a text is never said by chevrotain.
 */
interface Parser {
  CST_STACK: unknown[]
  outputCst: boolean
  recoveryEnabled: boolean
  consumeInternal(kind: unknown, index: number): unknown
  subruleInternal(rule: unknown, index: number): unknown
  optionInternal(action: unknown, index: number): unknown
  orInternal(alternatives: unknown, index: number): unknown
  manyInternal(index: number, action: unknown): void
  definedRulesNames: string[]
  defineRule(name: string, implementation: unknown, config: unknown): unknown
  gastProductionsCache: unknown
}

const noop = (): void => {}

export class TreeBuilder {
  initTreeBuilder(this: Parser): void {
    this.CST_STACK = []
    this.outputCst = false
  }
  cstInvocationStateUpdate(): void {}
  cstFinallyStateUpdate(): void {}
  cstPostTerminal(): void {}
  cstPostNonTerminal(): void {}
}

export class Recoverable {
  initRecoverable(this: Parser): void {
    this.recoveryEnabled = false
  }
  attemptInRepetitionRecovery(): void {}
  getHumanReadableRuleStack(): string[] {
    return []
  }
}

export class ContentAssist {
  initContentAssist(): void {}
}

export class PerformanceTracer {
  initPerformanceTracer(): void {}
  TRACE_INIT<T>(_phase: string, run: () => T): T {
    return run()
  }
}

/** Of the ten methods of each kind, those that the grammar calls. */
export class RecognizerApi {
  CONSUME(this: Parser, kind: unknown): unknown {
    return this.consumeInternal(kind, 0)
  }
  CONSUME1(this: Parser, kind: unknown): unknown {
    return this.consumeInternal(kind, 1)
  }
  SUBRULE(this: Parser, rule: unknown): unknown {
    return this.subruleInternal(rule, 0)
  }
  SUBRULE1(this: Parser, rule: unknown): unknown {
    return this.subruleInternal(rule, 1)
  }
  OPTION(this: Parser, action: unknown): unknown {
    return this.optionInternal(action, 0)
  }
  OR(this: Parser, alternatives: unknown): unknown {
    return this.orInternal(alternatives, 0)
  }
  MANY(this: Parser, action: unknown): void {
    this.manyInternal(0, action)
  }
  RULE(this: Parser, name: string, implementation: unknown): unknown {
    this.definedRulesNames.push(name)
    return this.defineRule(name, implementation, {})
  }
  getGAstProductions(this: Parser): unknown {
    return this.gastProductionsCache
  }
}

export const IN_RULE_RECOVERY_EXCEPTION = ''

export const NextTerminalAfterManyWalker = undefined
export const NextTerminalAfterManySepWalker = undefined
export const NextTerminalAfterAtLeastOneWalker = undefined
export const NextTerminalAfterAtLeastOneSepWalker = undefined
export const computeAllProdsFollows = noop

const none = (): never[] => []
export const validateGrammar = none
export const validateLookahead = none

const unexpected = (): string => 'unexpected word'
export const defaultParserErrorProvider = {
  buildMismatchTokenMessage: unexpected,
  buildNotAllInputParsedMessage: unexpected,
  buildNoViableAltMessage: unexpected,
  buildEarlyExitMessage: unexpected,
}
export const defaultGrammarResolverErrorProvider = { buildRuleNotFoundError: () => 'a rule is missing' }
export const defaultGrammarValidatorErrorProvider = {}
