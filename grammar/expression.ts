/**
 * The rules inside one expression, in the order of the text: words, parentheses, numbers, the ellipsis, duplicates.
 * The first mistake from the left is the one that is told.
 */
import type { Axis, Expression, Item, NamedAxis, Span } from './ast.ts'
import type { SyntaxExpression, SyntaxSide, SyntaxWord } from './parser.ts'
import { sayOfPattern } from './pattern-sentences.ts'
import { reject, type Source } from './source.ts'
import { checkCharacters, checkDots, checkName, checkNumber } from './words.ts'

/** What an expression may hold, by operation and side. */
export interface Dialect {
  /** Where it stands, for the sentences: `on the left`. */
  readonly where: string
  /** Whether numbers greater than 1 may stand in it; if not, the hint says what to do. */
  readonly numbers: true | { readonly hint: string }
  /** Whether a name may come again: a diagonal. */
  readonly duplicates: boolean
  /** Whether the name `_` may be used, and whether it may come again. */
  readonly underscore: 'no' | 'once' | 'often'
  /** Whether `...` may stand in a group. */
  readonly groupedEllipsis: boolean
  /** Whether a group may hold more than one axis. */
  readonly composite: boolean
}

/** Checks one expression and makes its tree. `comma` is one that ends it and should not: a mistake at its place. */
export function readExpression(
  source: Source,
  { nodes, span }: SyntaxExpression,
  dialect: Dialect,
  comma?: Span,
): Expression {
  const { where } = dialect
  const names = new Set<string>()
  let ellipsis = false

  const items: Item[] = []
  for (const node of nodes) {
    if (node.kind === 'close')
      reject(source, sayOfPattern('pattern/unopened-parenthesis', { where }), node.span)
    if (node.kind !== 'group') {
      items.push(readAxis(node, false))
      continue
    }
    const axes: Axis[] = []
    let wide = 0 // axes that are not 1
    for (const word of node.words) {
      if (word.kind === 'open')
        reject(
          source,
          sayOfPattern('pattern/nested-parentheses', {}),
          word.span,
          'a group has one level: (a b c) is the same dimension as (a (b c))',
        )
      const axis = readAxis(word, true)
      axes.push(axis)
      if (axis.kind !== 'number' || axis.length !== 1) wide++
      if (wide > 1 && !dialect.composite)
        reject(
          source,
          sayOfPattern('pattern/composite', { axis: word.text }),
          word.span,
          'checkShape takes groups, with lengths where they cannot be inferred',
        )
    }
    if (!node.closed && comma !== undefined) refuseComma(source, comma)
    if (!node.closed) reject(source, sayOfPattern('pattern/unclosed-parenthesis', { where }), node.open)
    items.push({ kind: 'group', axes, span: node.span })
  }
  if (comma !== undefined) refuseComma(source, comma)
  return { items, span }

  function readAxis(word: SyntaxWord, inGroup: boolean): Axis {
    const { span } = word
    if (word.kind === 'ellipsis') {
      if (ellipsis) reject(source, sayOfPattern('pattern/second-ellipsis', { where }), span)
      ellipsis = true
      if (inGroup && !dialect.groupedEllipsis)
        reject(source, sayOfPattern('pattern/grouped-ellipsis', { where }), span)
      return { kind: 'ellipsis', span }
    }
    checkCharacters(source, word)
    checkDots(source, word)
    if (word.kind === 'number') {
      const number = checkNumber(source, word)
      if (number.length > 1 && dialect.numbers !== true)
        reject(source, sayOfPattern('pattern/number', { where, word: word.text }), span, dialect.numbers.hint)
      return number
    }
    if (word.text === '_' && dialect.underscore !== 'no') return readName({ kind: 'axis', name: '_', span })
    return readName(checkName(source, word))
  }

  function readName(axis: NamedAxis): NamedAxis {
    const { name } = axis
    const again = dialect.duplicates || (name === '_' && dialect.underscore === 'often')
    if (names.has(name) && !again)
      reject(
        source,
        sayOfPattern('pattern/duplicate-axis', { axis: name, where }),
        axis.span,
        hintAbout(name, where),
      )
    names.add(name)
    return axis
  }
}

/** What to write instead of a name that stands twice. */
function hintAbout(name: string, where: string): string | undefined {
  if (where === 'on the left')
    return `each dimension has its own name; einsum takes the diagonal of '${name} ${name}'`
  if (where === 'on the right') return 'repeat makes new axes, each with its own name'
  return undefined
}

/** Checks a side that is one expression. */
export function readOnlyExpression(source: Source, side: SyntaxSide, dialect: Dialect): Expression {
  return readExpression(source, side.expressions[0]!, dialect, side.commas[0])
}

function refuseComma(source: Source, span: Span): void {
  checkCharacters(source, { kind: 'word', text: ',', span })
}

/** Every axis of an expression in order, groups opened. */
export function axesOf(expression: Expression): Axis[] {
  return expression.items.flatMap((item) => (item.kind === 'group' ? item.axes : [item]))
}
