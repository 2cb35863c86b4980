/**
 * Bundles of chevrotain what the grammar calls. Whole modules give way to small ones of this folder, by where they are and who asks:
 * 20 kB gzip less for everyone who imports the language.
 */
const folder = import.meta.dirname

const replaced: readonly [module: RegExp, by: string, importer?: RegExp][] = [
  [/^lodash-es$/, 'lodash'],
  [/\/tokens(_public)?\.js$/, 'tokens'],
  [/\/((llk_)?lookahead|looksahead|gast_resolver_public)\.js$/, 'lookahead'],
  [/\/lexer_public\.js$/, 'lexer'],
  [/\/gast_recorder\.js$/, 'recorder'],
  [
    /\/(tree_builder|recoverable|context_assist|perf_tracer|recognizer_api|error_handler|errors_public|exceptions_public|checks|follow)\.js$/,
    'parts',
  ],
  [/\/interpreter\.js$/, 'parts', /\/recognizer_engine\.js$/],
]

export function onlyUsedOfChevrotain() {
  return {
    name: 'only-used-of-chevrotain',
    enforce: 'pre' as const,
    resolveId(source: string, importer: string | undefined) {
      if (!importer?.includes('chevrotain/')) return null
      const found = replaced.find(
        ([module, , from]) => module.test(source) && (from === undefined || from.test(importer)),
      )
      return found === undefined ? null : `${folder}/${found[1]}.ts`
    },
  }
}
