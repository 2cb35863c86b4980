/** The API reference, read off the declarations: every export of every entry point with its signature and its docstring. */
import { join } from 'node:path'
import ts from 'typescript'

export interface Documented {
  readonly name: string
  readonly kind: 'function' | 'class' | 'type' | 'constant'
  readonly signature: string
  readonly text: string
  readonly params: readonly { readonly name: string; readonly text: string }[]
  readonly returns: string
  readonly throws: readonly string[]
  readonly see: string
  readonly examples: readonly string[]
}

/** The documented exports of a module, functions and classes first. */
export function readApi(root: string, file: string): Documented[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const path = join(root, file)
  const program = ts.createProgram([path], { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(path)!)!
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .map((symbol) => describe(symbol, checker))
    .filter((entry) => entry !== undefined)
    .sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name))
}

const order = ({ kind }: Documented) => ['function', 'class', 'constant', 'type'].indexOf(kind)

function describe(symbol: ts.Symbol, checker: ts.TypeChecker): Documented | undefined {
  const declaration = symbol.declarations?.find((node) => !ts.isModuleDeclaration(node))
  if (declaration === undefined) return undefined
  const documented = withDocs(symbol) ?? declaration
  const tags = ts.getJSDocTags(documented)
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
  const tagText = (tag: ts.JSDocTag) => (ts.getTextOfJSDocComment(tag.comment) ?? '').trim()
  const named = (name: string) => tags.filter((tag) => tag.tagName.text === name).map(tagText)
  return {
    name: symbol.name,
    kind: kindOf(declaration),
    signature: signatureOf(declaration),
    text,
    params: tags
      .filter(ts.isJSDocParameterTag)
      .map((tag) => ({ name: tag.name.getText(), text: tagText(tag).replace(/^- /, '') })),
    returns: named('returns').join(' '),
    throws: tags
      .filter(ts.isJSDocThrowsTag)
      .map((tag) => `${tag.typeExpression?.getText() ?? ''} ${tagText(tag)}`.trim()),
    see: named('see').join(', '),
    examples: named('example').map((code) => code.replace(/^```\w*\n|\n```$/g, '')),
  }
}

/** Of overloads, the one with the docstring. */
function withDocs(symbol: ts.Symbol): ts.Declaration | undefined {
  return symbol.declarations?.find((node) => ts.getJSDocCommentsAndTags(node).length > 0)
}

function kindOf(node: ts.Declaration): Documented['kind'] {
  if (ts.isFunctionDeclaration(node)) return 'function'
  if (ts.isClassDeclaration(node)) return 'class'
  return ts.isVariableDeclaration(node) ? 'constant' : 'type'
}

/** What a reader needs of a declaration: no bodies, no private members, no implementation behind overloads. */
function signatureOf(node: ts.Declaration): string {
  if (ts.isFunctionDeclaration(node)) {
    const body = node.body?.getStart() ?? node.getEnd()
    return `function ${clean(node.getSourceFile().text.slice(node.name!.getStart(), body))}`
  }
  if (ts.isClassDeclaration(node)) {
    const heritage = node.heritageClauses?.map((clause) => ` ${clause.getText()}`).join('') ?? ''
    const members = node.members.filter(isPublic).map((member) => `  ${memberOf(member)}`)
    return `class ${node.name?.text}${heritage} {\n${[...new Set(members)].join('\n')}\n}`
  }
  if (ts.isVariableDeclaration(node)) return `const ${clean(node.getText().split(' =')[0]!)}`
  return withoutComments(node.getText().replace(/^export /, ''))
}

function isPublic(member: ts.ClassElement): boolean {
  const hidden = ts.SyntaxKind.PrivateKeyword
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : []
  return (
    !modifiers.some(({ kind }) => kind === hidden || kind === ts.SyntaxKind.ProtectedKeyword) &&
    !(member.name !== undefined && ts.isPrivateIdentifier(member.name)) &&
    !ts.isClassStaticBlockDeclaration(member)
  )
}

function memberOf(member: ts.ClassElement): string {
  const text = member.getSourceFile().text
  const body = 'body' in member ? (member.body as ts.Block | undefined) : undefined
  if (body !== undefined) return clean(text.slice(member.getStart(), body.getStart()))
  return clean(withoutComments(member.getText()).split(' = ')[0]!)
}

const withoutComments = (text: string) => text.replace(/\n?[ ]*\/\*\*?[\s\S]*?\*\//g, '')
const clean = (text: string) =>
  text.replace(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(', )', ')').replaceAll(',)', ')').trim()
