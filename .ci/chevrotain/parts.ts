/**
 * In the place of what chevrotain can and the grammar does not ask for: syntax trees of its own, recovery from errors, content assist, traces of
 * its start, checks of the grammar (which the grammar's tests run) and the sentences for all these. The grammar is total
 * (grammar/parser.ts), so that a sentence about a text is never said by chevrotain.
 */
import { tokenMatcher } from './tokens.ts'

interface Parser {
  CST_STACK: unknown[]
  outputCst: boolean
  recoveryEnabled: boolean
  consumeInternal(kind: unknown, index: number): unknown
  subruleInternal(rule: unknown, index: number): unknown
  optionInternal(action: unknown, index: number): unknown
  orInternal(alternatives: unknown, index: number): unknown
  manyInternal(index: number, action: unknown): void
  shortRuleNameToFull: Record<number, string>
  fullRuleNameToShort: Record<string, number>
  ruleShortNameIdx: number
  tokenMatcher: unknown
  errors: Error[]
  errorMessageProvider: object
  subruleIdx: number
  currRuleShortName: number
  isBackTrackingStack: unknown[]
  RULE_STACK: number[]
  RULE_STACK_IDX: number
  RULE_OCCURRENCE_STACK: number[]
  RULE_OCCURRENCE_STACK_IDX: number
  definedRulesNames: string[]
  defineRule(name: string, implementation: unknown, config: unknown): unknown
  gastProductionsCache: unknown
}

const noop = (): void => {}
const rethrow = (error: unknown): never => {
  throw error
}

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

/** The grammar is total: an error is one of this program, and ends it. */
export class ErrorHandler {
  initErrorHandler(this: Parser): void {
    this.errors = []
    this.errorMessageProvider = defaultParserErrorProvider
  }
  SAVE_ERROR(error: Error): never {
    return rethrow(error)
  }
  raiseNoAltException(): never {
    throw new Error('no way fits')
  }
}

export const isRecognitionException = (): boolean => false
export const MismatchedTokenException = Error
export const NotAllInputParsedException = Error
/** Named by chevrotain's entry. */
export const NoViableAltException = Error
export const EarlyExitException = Error

export class ContentAssist {
  initContentAssist(): void {}
}

export class PerformanceTracer {
  initPerformanceTracer(): void {}
  TRACE_INIT<T>(_phase: string, run: () => T): T {
    return run()
  }
}

/** Of the ten methods of each kind, those that the grammar calls; and how the engine begins, without its checks of what it is given. */
export class RecognizerApi {
  initRecognizerEngine(this: Parser): void {
    this.shortRuleNameToFull = {}
    this.fullRuleNameToShort = {}
    this.ruleShortNameIdx = 256
    this.tokenMatcher = tokenMatcher
    this.subruleIdx = 0
    this.currRuleShortName = 0
    this.definedRulesNames = []
    this.isBackTrackingStack = []
    this.RULE_STACK = []
    this.RULE_STACK_IDX = -1
    this.RULE_OCCURRENCE_STACK = []
    this.RULE_OCCURRENCE_STACK_IDX = -1
    this.gastProductionsCache = {}
  }
  invokeRuleCatch(error: unknown): never {
    return rethrow(error)
  }
  subruleInternalError(error: unknown): never {
    return rethrow(error)
  }
  consumeInternalRecovery(_kind: unknown, _index: number, error: unknown): never {
    return rethrow(error)
  }
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

export const validateLookahead = (): never[] => []

const unexpected = (): string => 'unexpected word'
export const defaultParserErrorProvider = {
  buildMismatchTokenMessage: unexpected,
  buildNotAllInputParsedMessage: unexpected,
}
export const defaultGrammarResolverErrorProvider = {}
export const defaultGrammarValidatorErrorProvider = {}
