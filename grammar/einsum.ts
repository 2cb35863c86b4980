/**
 * The rules of `a, b -> c`. einops' own, widened by groups and unit axes on every operand and on the output; a name that
 * comes twice in an operand is a diagonal. That `...` is missing in the output is no mistake of the pattern: operands
 * without further dimensions may still fit.
 */
import type { EinsumPattern, Expression, ZipOperation } from './ast.ts'
import type { Advice } from './error.ts'
import { axesOf, type Dialect, readExpression, readOnlyExpression } from './expression.ts'
import { parse } from './parser.ts'
import { sayOfPattern } from './pattern-sentences.ts'
import { checkArrows, reject, type Source } from './source.ts'
import { didYouMean, separateNames } from './suggest.ts'
import { namesOf } from './transform.ts'

const operand = {
  where: 'in an operand',
  numbers: { hint: 'give the axis a name, and its length in the object after the pattern' },
  duplicates: true,
  underscore: 'often',
  groupedEllipsis: false,
  composite: true,
} as const

const output = {
  ...operand,
  where: 'in the output',
  numbers: { hint: 'repeat can make a new axis of this length' },
  duplicates: false,
  underscore: 'once',
  groupedEllipsis: true,
} as const

/** The compiler reads these too. */
export const dialects = { operand, output } as const satisfies Record<'operand' | 'output', Dialect>

export function readEinsum(text: string, operation: 'einsum' | ZipOperation = 'einsum'): EinsumPattern {
  const source: Source = { text, operation }
  const { sides, arrows } = parse(text)
  checkArrows(source, arrows, 1)
  const operands = sides[0]!.expressions.map((operand) => readExpression(source, operand, dialects.operand))
  const output = readOnlyExpression(source, sides[1]!, dialects.output)
  checkOutput(source, operands, output)
  if (operation !== 'einsum') checkOperands(source, operands, output)
  return { kind: 'einsum', operation, text, operands, output }
}

function compact({ text, operation }: Source): Advice | undefined {
  return separateNames(text, (spaced) => readEinsum(spaced, operation as 'einsum' | ZipOperation))
}

/** Element by element nothing is summed. */
function checkOperands(source: Source, operands: readonly Expression[], output: Expression): void {
  const names = namesOf(output)
  for (const axis of operands.flatMap(axesOf)) {
    if (axis.kind !== 'axis' || names.has(axis.name)) continue
    const hint = compact(source) ?? didYouMean(axis.name, names) ?? 'reduce drops axes, einsum sums over them'
    reject(source, sayOfPattern('pattern/operand-only', { axis: axis.name }), axis.span, hint)
  }
}

function checkOutput(source: Source, operands: readonly Expression[], output: Expression): void {
  const names = new Set(operands.flatMap((operand) => [...namesOf(operand)]))
  for (const axis of axesOf(output)) {
    const name = axis.kind === 'axis' ? axis.name : axis.kind === 'ellipsis' ? '...' : undefined
    if (name !== undefined && !names.has(name))
      reject(
        source,
        sayOfPattern('pattern/output-only', { axis: name }),
        axis.span,
        compact(source) ?? didYouMean(name, names),
      )
  }
}
