/**
 * The rules of patterns that describe one shape: `parseShape` reads lengths off single axes, `checkShape` takes groups
 * and numbers in them. In both `_` stands for an axis without interest.
 */
import type { ShapePattern } from './ast.ts'
import { type Dialect, readOnlyExpression } from './expression.ts'
import { parse } from './parser.ts'
import { checkArrows, type Source } from './source.ts'

export type ShapeOperation = 'parseShape' | 'checkShape'

const parseShape = {
  where: 'in the pattern',
  numbers: true,
  duplicates: false,
  underscore: 'often',
  groupedEllipsis: false,
  composite: false,
} as const

/** The compiler reads these too. */
export const dialects = {
  parseShape,
  checkShape: { ...parseShape, composite: true },
} as const satisfies Record<ShapeOperation, Dialect>

export function readShape(text: string, operation: ShapeOperation): ShapePattern {
  const source: Source = { text, operation }
  const { sides, arrows } = parse(text)
  checkArrows(source, arrows, 0)
  const shape = readOnlyExpression(source, sides[0]!, dialects[operation])
  return { kind: 'shape', text, shape }
}
