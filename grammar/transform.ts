/**
 * The rules of `left -> right`. rearrange keeps every axis, reduce drops axes, repeat makes new ones; what a side may
 * hold follows from that. They are einops' rules (`einops.py`, `_prepare_transformation_recipe`).
 */
import type { Axis, Expression, TransformOperation, TransformPattern } from './ast.ts'
import type { Advice } from './error.ts'
import { axesOf, type Dialect, readOnlyExpression } from './expression.ts'
import { parse } from './parser.ts'
import { sayOfPattern } from './pattern-sentences.ts'
import { checkArrows, reject, type Source } from './source.ts'
import { nearest, separateNames } from './suggest.ts'

const nameIt = 'give the axis a name, and its length in the object after the pattern'

const common = { duplicates: false, underscore: 'no', composite: true } as const
const left = { ...common, where: 'on the left', groupedEllipsis: false } as const
const right = { ...common, where: 'on the right', groupedEllipsis: true } as const

const folds = {
  left: { ...left, numbers: true },
  right: { ...right, numbers: { hint: 'reduce drops axes; repeat makes new ones' } },
} as const

/** Numbers greater than 1 may stand where axes are only dropped, or only made. The compiler reads these too. */
export const dialects = {
  rearrange: {
    left: { ...left, numbers: { hint: nameIt } },
    right: { ...right, numbers: { hint: 'repeat can make a new axis of this length' } },
  },
  reduce: folds,
  argmax: folds,
  argmin: folds,
  repeat: {
    left: { ...left, numbers: { hint: nameIt } },
    right: { ...right, numbers: true },
  },
} as const satisfies Record<TransformOperation, Record<'left' | 'right', Dialect>>

export function readTransform(text: string, operation: TransformOperation): TransformPattern {
  const source: Source = { text, operation }
  const { sides, arrows } = parse(text)
  checkArrows(source, arrows, 1)
  const left = readOnlyExpression(source, sides[0]!, dialects[operation].left)
  const right = readOnlyExpression(source, sides[1]!, dialects[operation].right)
  checkSides(source, left, right)
  return { kind: 'transform', operation, text, left, right }
}

function checkSides(source: Source, left: Expression, right: Expression): void {
  const onLeft = namesOf(left)
  const onRight = namesOf(right)
  if (source.operation === 'rearrange' || source.operation === 'repeat') {
    const axis = axesOf(left).find((axis) => isMissing(axis, onRight))
    if (axis !== undefined)
      reject(
        source,
        sayOfPattern('pattern/left-only', { axis: nameOf(axis)! }),
        axis.span,
        compact(source) ?? sameAxis(nameOf(axis)!, without(onRight, onLeft), 'right') ?? 'reduce drops axes',
      )
  }
  const axis = axesOf(right).find(
    (axis) => isMissing(axis, onLeft) && (source.operation !== 'repeat' || axis.kind === 'ellipsis'),
  )
  if (axis !== undefined)
    reject(
      source,
      sayOfPattern('pattern/right-only', { axis: nameOf(axis)! }),
      axis.span,
      compact(source) ??
        sameAxis(nameOf(axis)!, without(onLeft, onRight), 'left') ??
        (axis.kind === 'axis' ? 'repeat makes new axes' : undefined),
    )
}

function compact({ text, operation }: Source): Advice | undefined {
  return separateNames(text, (spaced) => readTransform(spaced, operation as TransformOperation))
}

/** `...` counts as a name; numbers have none. */
function nameOf(axis: Axis): string | undefined {
  return axis.kind === 'axis' ? axis.name : axis.kind === 'ellipsis' ? '...' : undefined
}

export function namesOf(expression: Expression): Set<string> {
  return new Set(axesOf(expression).flatMap((axis) => nameOf(axis) ?? []))
}

function isMissing(axis: Axis, names: ReadonlySet<string>): boolean {
  const name = nameOf(axis)
  return name !== undefined && !names.has(name)
}

function without(names: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !others.has(name) && name !== '...')
}

function sameAxis(name: string, others: readonly string[], side: string): Advice | undefined {
  const other = nearest(name, others)
  if (other === undefined) return undefined
  // the left side describes what there is, so its name is the right one
  const fix = side === 'left' ? { from: name, to: other } : { from: other, to: name }
  return { text: `'${other}' is only on the ${side}: are the two one axis?`, fix }
}
