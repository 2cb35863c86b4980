/**
 * The rules of patterns that describe one shape: `parseShape` reads lengths off single axes, `checkShape` takes groups
 * and numbers in them. In both `_` stands for an axis without interest.
 */
import type { ShapePattern } from './ast.ts'
import { readOnlyExpression } from './expression.ts'
import { parse } from './parser.ts'
import { checkArrows, type Source } from './source.ts'

export type ShapeOperation = 'parseShape' | 'checkShape'

export function readShape(text: string, operation: ShapeOperation): ShapePattern {
  const source: Source = { text, operation }
  const { sides, arrows } = parse(text)
  checkArrows(source, arrows, 0)
  const shape = readOnlyExpression(source, sides[0]!, {
    where: 'in the pattern',
    numbers: true,
    duplicates: false,
    underscore: 'often',
    groupedEllipsis: false,
    composite: operation === 'checkShape',
  })
  return { kind: 'shape', text, shape }
}
