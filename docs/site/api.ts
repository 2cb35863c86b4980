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
  /** A class's methods and properties, an interface's fields. */
  readonly members: readonly Member[]
  /** What the options of a class or a function may be. */
  readonly options: { readonly type: string; readonly fields: readonly Member[] } | null
}

export interface Member {
  readonly name: string
  readonly signature: string
  readonly text: string
  /** An option's default, as the source has it. */
  readonly fallback?: string
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

/** Whether an interface is what a schema says. */
const isOptions = (node: ts.Declaration) =>
  ts.isInterfaceDeclaration(node) && /\bOptionsOf</.test(node.heritageClauses?.[0]?.getText() ?? '')

const order = ({ kind }: Documented) => ['function', 'class', 'constant', 'type'].indexOf(kind)

function describe(symbol: ts.Symbol, checker: ts.TypeChecker): Documented | undefined {
  const declaration = symbol.declarations?.find((node) => !ts.isModuleDeclaration(node))
  if (declaration === undefined) return undefined
  const documented = withDocs(symbol) ?? declaration
  const tags = ts.getJSDocTags(documented)
  const text = docOf(symbol, checker)
  const members = membersOf(declaration, checker)
  const tagText = (tag: ts.JSDocTag) => (ts.getTextOfJSDocComment(tag.comment) ?? '').trim()
  const named = (name: string) => tags.filter((tag) => tag.tagName.text === name).map(tagText)
  return {
    name: symbol.name,
    kind: kindOf(declaration),
    signature: isOptions(declaration)
      ? `interface ${symbol.name} {\n${members.map((one) => `  ${one.signature}\n`).join('')}}`
      : signatureOf(declaration),
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
    members,
    options: optionsOf(declaration, checker),
  }
}

/** What a class does besides its constructor, or what fields an interface has, each with its docstring. */
function membersOf(node: ts.Declaration, checker: ts.TypeChecker): Member[] {
  if (ts.isInterfaceDeclaration(node)) return fieldsOf(checker.getTypeAtLocation(node), checker)
  if (!ts.isClassDeclaration(node)) return []
  const members: Member[] = []
  for (const member of node.members.filter(isPublic)) {
    const name = member.name?.getText()
    if (name === undefined || members.some((one) => one.name === name)) continue
    const symbol = checker.getSymbolAtLocation(member.name!)
    const text = symbol === undefined ? '' : docOf(symbol, checker)
    members.push({ name, signature: memberOf(member), text })
  }
  return members.filter(({ text, signature }) => text !== '' || /\(/.test(signature))
}

function fieldsOf(type: ts.Type, checker: ts.TypeChecker): Member[] {
  const placeOf = (field: ts.Symbol) => field.valueDeclaration ?? field.declarations?.[0]
  // of a schema those that it spreads come last, and each as it is written
  const fields = checker.getPropertiesOfType(type)
  const first = fields
    .map(placeOf)
    .find((node) => node !== undefined && isOfSchema(node))
    ?.getSourceFile()
  const order = (field: ts.Symbol) => {
    const node = placeOf(field)
    return node?.getSourceFile() === first && first !== undefined ? node!.pos : Number.POSITIVE_INFINITY
  }
  return fields
    .sort((a, b) => order(a) - order(b) || 0)
    .flatMap((field): Member[] => {
      const node = placeOf(field)
      if (node === undefined || node.getSourceFile().fileName.includes('/node_modules/')) return []
      const text = docOf(field, checker)
      if (isOfSchema(node)) return [optionOf(field, node, text, checker)]
      const signature = clean(withoutComments(node.getText()).replace(/^readonly /, ''))
      return [{ name: field.name, signature, text }]
    })
}

/** An option that a layer's schema says (`src/ops/kinds.ts`): there its default stands, its type is the checker's. */
type OfSchema = ts.PropertyAssignment | ts.ShorthandPropertyAssignment
const isOfSchema = (node: ts.Node): node is OfSchema =>
  ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)

function optionOf(field: ts.Symbol, node: OfSchema, doc: string, checker: ts.TypeChecker): Member {
  const isOptional = (field.flags & ts.SymbolFlags.Optional) !== 0
  const written = checker.typeToString(checker.getTypeOfSymbol(field)).replace(/ \| undefined$/, '')
  const fallback = fallbackOf(node, checker)
  const signature = `${field.name}${isOptional ? '?' : ''}: ${written}`
  if (fallback === undefined) return { name: field.name, signature, text: doc }
  const isSaid = doc.includes('if not given')
  const text = isSaid ? doc : `${doc} \`${fallback}\` if not given.`.trim()
  return { name: field.name, signature, text, fallback }
}

/** The second argument of `or(kind, default)`, also where the option is another schema's. */
function fallbackOf(node: ts.Node, checker: ts.TypeChecker): string | undefined {
  if (!ts.isPropertyAssignment(node)) return undefined
  const { initializer } = node
  if (ts.isCallExpression(initializer)) {
    return initializer.expression.getText() === 'or' ? initializer.arguments[1]?.getText() : undefined
  }
  const other = checker.getSymbolAtLocation(initializer)?.valueDeclaration
  return other === undefined || other === node ? undefined : fallbackOf(other, checker)
}

function docOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker))
}

/** The options that a function or a constructor takes, field by field. */
function optionsOf(node: ts.Declaration, checker: ts.TypeChecker): Documented['options'] {
  const constructors = ts.isClassDeclaration(node) ? node.members.filter(ts.isConstructorDeclaration) : []
  const taker = ts.isFunctionDeclaration(node) ? node : constructors[0]
  for (const parameter of taker?.parameters ?? []) {
    const written = parameter.type?.getText() ?? ''
    const name = /\b(\w+Options)\b/.exec(written)?.[1]
    if (name === undefined) continue
    const fields = fieldsOf(checker.getNonNullableType(checker.getTypeAtLocation(parameter)), checker)
    if (fields.some(({ text }) => text !== '')) return { type: name, fields }
  }
  return null
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
  return clean(withoutComments(member.getText()).split(' = ')[0]!).replace(/^declare /, '')
}

const withoutComments = (text: string) => text.replace(/\n?[ ]*\/\*\*?[\s\S]*?\*\//g, '')
const clean = (text: string) =>
  text.replace(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(', )', ')').replaceAll(',)', ')').trim()
