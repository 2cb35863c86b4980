/**
 * The rules of `pack` and `unpack` patterns: names and one `*`, separated by any white space (einops reads them with
 * Python's `split`, so that here, other than elsewhere, every space of Unicode separates).
 */
import type { NamedAxis, PackPattern, Span } from './ast.ts'
import { parse, type SyntaxWord } from './parser.ts'
import { sayOfPattern } from './pattern-sentences.ts'
import { checkArrows, reject, type Source } from './source.ts'
import { checkName } from './words.ts'

export type PackOperation = 'pack' | 'unpack'

export function readPack(text: string, operation: PackOperation): PackPattern {
  const source: Source = { text, operation }
  const { sides, arrows } = parse(text)
  checkArrows(source, arrows, 0)
  const { expressions, commas } = sides[0]!
  const before: NamedAxis[] = []
  const after: NamedAxis[] = []
  const names = new Set<string>()
  let star: Span | undefined
  for (const node of expressions[0]!.nodes) {
    if (node.kind === 'blank') continue
    if (node.kind === 'group') refuse({ kind: 'open', text: '(', span: node.open })
    if (node.kind === 'star') {
      if (star !== undefined) reject(source, sayOfPattern('pattern/star-second', {}), node.span)
      star = node.span
      continue
    }
    if (node.kind === 'close' || node.kind === 'number' || node.kind === 'ellipsis') refuse(node)
    const axis = checkName(source, node)
    if (names.has(axis.name))
      reject(
        source,
        sayOfPattern('pattern/duplicate-axis', { axis: axis.name, where: 'in the pattern' }),
        axis.span,
      )
    names.add(axis.name)
    ;(star === undefined ? before : after).push(axis)
  }
  if (commas[0] !== undefined) refuse({ kind: 'word', text: ',', span: commas[0] })
  if (star === undefined)
    reject(source, sayOfPattern('pattern/star-missing', {}), { start: text.length, end: text.length })
  return { kind: 'pack', text, before, star, after }

  function refuse({ text: word, span }: SyntaxWord): never {
    reject(source, sayOfPattern('pattern/not-in-pack', { word }), span)
  }
}
