/**
 * Cuts methods that are never called out of the classes of bundled packages: bundlers keep every method of a class that is used. A method
 * that a new version of a package has lost fails the build, so that the list stays true.
 */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly key?: Node
}

interface Context {
  parse(code: string): unknown
}

const engine = `initRecognizerEngine invokeRuleCatch subruleInternalError consumeInternalRecovery atLeastOneInternal atLeastOneInternalLogic atLeastOneSepFirstInternal atLeastOneSepFirstInternalLogic
  manySepFirstInternal manySepFirstInternalLogic repetitionSepSecondInternal saveRecogState reloadRecogState shortRuleNameToFullName`
const lru = `__oldCache has peek expiresIn delete clear resize evict keys values Symbol.iterator entriesDescending entriesAscending
  #entriesAscending #peek size maxSize maxAge entries forEach Symbol.toStringTag toString Symbol.for('nodejs.util.inspect.custom')`

const uncalled: readonly [file: string, methods: string][] = [
  ['/chevrotain/lib/src/parse/parser/traits/recognizer_engine.js', engine],
  ['/chevrotain/lib/src/parse/parser/traits/lexer_adapter.js', 'SKIP_TOKEN importLexerState'],
  ['/quick-lru/index.js', lru],
  // with a kilobyte of coefficients that look random
  ['/pure-rand/lib/esm/generator/mersenne.js', 'jump'],
]

export function withoutMethods() {
  return {
    name: 'without-methods',
    transform(this: Context, code: string, id: string): string | null {
      if (id.endsWith('/chevrotain/lib/src/parse/parser/parser.js')) return withoutEnum(code)
      const list = uncalled.find(([file]) => id.endsWith(file))
      if (list === undefined) return null
      const names = new Set(list[1].split(/\s+/))
      let left = code
      for (const { start, end, key } of methodsIn(this.parse(code)).reverse()) {
        if (!names.delete(code.slice(key!.start, key!.end))) continue
        left = left.slice(0, start) + left.slice(end)
      }
      if (names.size > 0) throw new Error(`${id} has no ${[...names].join(', ')}`)
      return left
    },
  }
}

/** Without the table of mistakes in a grammar, which bundlers keep since a function fills it. */
function withoutEnum(code: string): string {
  const left = code.replace(/^\(function \(ParserDefinitionErrorType\)[\s\S]*?^\}\)\(.*$/m, '')
  if (left === code) throw new Error("chevrotain's parser has no ParserDefinitionErrorType")
  return left
}

/** The methods of all classes, in their order. */
function methodsIn(node: unknown): Node[] {
  if (typeof node !== 'object' || node === null) return []
  const isMethod = (node as Node).type === 'MethodDefinition'
  return isMethod ? [node as Node] : Object.values(node).flatMap(methodsIn)
}
