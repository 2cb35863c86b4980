/** What to do about a length that does not fit: hints below the errors of shapes. */
import type { Axis, Item } from '../../grammar/ast.ts'

type Known = (name: string) => boolean

/** What the divisor is made of, and the nearest lengths that it divides. */
export function divisorHint(item: Item, total: number, divisor: number, known: Known): string {
  const below = total - (total % divisor)
  const near = below === 0 ? `${divisor}` : `${below} and ${below + divisor}`
  return `${productOf(item, divisor, known)} leaves a remainder of ${total % divisor}; ${near} would divide`
}

/** Where the expected length comes from, and what to write where the dimension is right. */
export function mismatchHint(item: Item, total: number, expected: number, known: Known): string | undefined {
  const axes = axesIn(item)
  const names = axes.flatMap((axis) => (axis.kind === 'axis' && known(axis.name) ? [axis.name] : []))
  const [name] = names
  if (name !== undefined && axes.length === 1)
    return `without '${name}' in the lengths it is ${total}, from the shape`
  if (name !== undefined)
    return `${productOf(item, expected, known)}; leave one length out to have it inferred`
  if (expected === 1) return 'an axis of any length has a name'
  return item.kind === 'group' ? productOf(item, expected, known) : undefined
}

/** `a × 2 = 8`, or the number alone. */
export function productOf(item: Item, value: number, known: Known): string {
  const factors = axesIn(item).flatMap((axis) =>
    axis.kind === 'number' ? [`${axis.length}`] : axis.kind === 'axis' && known(axis.name) ? [axis.name] : [],
  )
  const shown = factors.join(' × ')
  return shown === '' || shown === `${value}` ? `${value}` : `${shown} = ${value}`
}

function axesIn(item: Item): readonly Axis[] {
  return item.kind === 'group' ? item.axes : [item]
}
