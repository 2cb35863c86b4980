/** The TypeScript compiler on small programs that use the package, in memory. */
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = `${root}test/types/program.generated.ts`

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  paths: { tesserae: [`${root}src/index.ts`], 'tesserae/nn': [`${root}src/nn.ts`] },
}

const header = `import ndarray from 'ndarray'
import * as t from 'tesserae'
const x = ndarray(new Float32Array(0))
declare const zeros: <const S extends readonly number[]>(...shape: S) => t.Shaped<Float32Array, [...S]>
declare const bytes: <const S extends readonly number[]>(...shape: S) => t.Shaped<Uint8Array, [...S]>
declare const text: string
`

/** Parsed once for all programs of a test file: everything but the program itself. */
const parsed = new Map<string, ts.SourceFile | undefined>()

export interface Compiled {
  /** For each line of the program, the first line of its error, or undefined. */
  readonly errors: readonly (string | undefined)[]
  readonly instantiations: number
}

/**
 * Checks lines of code, in which `t` is the package, `x` an ndarray, `zeros` and `bytes` give one of a known shape, and
 * `text` is some string.
 */
export function compile(lines: readonly string[]): Compiled {
  const { program, diagnostics } = check(header + lines.join('\n'))
  const errors = new Array<string | undefined>(lines.length)
  const skipped = header.split('\n').length - 1
  for (const { start, file, messageText } of diagnostics) {
    const line = file!.getLineAndCharacterOfPosition(start!).line - skipped
    if (line < 0) throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
    errors[line] ??= ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')[0]!
  }
  return { errors, instantiations: program.getInstantiationCount() }
}

/** The errors in a whole program. */
export function errorsOf(source: string): readonly string[] {
  return check(source).diagnostics.map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, '\n'),
  )
}

function check(source: string) {
  const host = ts.createCompilerHost(options)
  const fromDisk = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version) => {
    if (name === file) return ts.createSourceFile(name, source, version)
    if (!parsed.has(name)) parsed.set(name, fromDisk(name, version))
    return parsed.get(name)
  }
  const program = ts.createProgram([file], options, host)
  const checked = program.getSourceFile(file)
  const diagnostics = [
    ...program.getSyntacticDiagnostics(checked),
    ...program.getSemanticDiagnostics(checked),
  ]
  return { program, diagnostics }
}

const registry = ts.createDocumentRegistry()
let version = 0

/** The names that an editor offers at the mark `|` of a line, where it offers members of an object. */
export function completionsAt(line: string): readonly string[] {
  const source = header + line.replace('|', '')
  const current = String(version++)
  const host: ts.LanguageServiceHost = {
    getScriptFileNames: () => [file],
    getScriptVersion: (name) => (name === file ? current : '0'),
    getScriptSnapshot: (name) => {
      const content = name === file ? source : ts.sys.readFile(name)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
  }
  const service = ts.createLanguageService(host, registry)
  const found = service.getCompletionsAtPosition(file, header.length + line.indexOf('|'), {})
  return (
    found?.entries.filter(({ kind }) => kind === 'property' || kind === 'string').map(({ name }) => name) ??
    []
  )
}

/** The errors in a file of this folder under other options than ours. */
export function errorsIn(name: string, overrides: ts.CompilerOptions): readonly string[] {
  const path = `${root}test/types/${name}`
  const program = ts.createProgram([path], { ...options, ...overrides })
  return program
    .getSemanticDiagnostics(program.getSourceFile(path))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

/** The sentence that stands in a compile error as the type that was expected; an error of another kind as it is. */
export function sentenceIn(error: string | undefined): string | undefined {
  const [, literal] =
    /is not assignable to (?:parameter of )?type '(?:.* & )?("(?:.*)")(?: & Wrong)?'\.$/s.exec(error ?? '') ??
    []
  // the compiler shows a literal type as a string literal
  return literal === undefined ? error : literal.slice(1, -1).replace(/\\(.)/g, '$1')
}
