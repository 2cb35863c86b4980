/** What a pattern does to a row or an element of the result, in one sentence: the example's own, or one made of the axes. */
import { exampleOf } from './gallery.ts'
import type { Reading } from './reading.ts'
import type { State } from './state.ts'

/** The sentence that stands by the drawing. */
export function caption(state: State, reading: Reading): string {
  const example = exampleOf(state)
  if (example !== undefined) {
    return example.caption.replace(/\{(\w+)\}/g, (_, name: string) => String(lengthOf(reading, name)))
  }
  if (state.operation === 'pack') return 'What stands under * is flattened, and joined one after the other.'
  if (state.operation === 'unpack')
    return 'The axis under * is cut apart, and each part gets its own axes back.'
  return ofAxes(state, reading)
}

function lengthOf({ axes }: Reading, name: string): number | string {
  return axes.find(({ label }) => label === name)?.length ?? name
}

function ofAxes({ operation, reduction }: State, { axes, operands, result }: Reading): string {
  if (axes.some(({ length }) => length === 0)) return 'An axis of length 0 leaves no elements to move.'
  const label = (axis: number) => axes[axis]!.label
  const kept = new Set(result.dimensions.flatMap((dimension) => dimension.axes))
  const given = new Set(operands.flatMap(({ dimensions }) => dimensions.flatMap((one) => one.axes)))
  const gone = [...given].filter((axis) => !kept.has(axis))
  const fresh = [...kept].filter((axis) => !given.has(axis))
  const product = (own: readonly number[]) => own.reduce((size, axis) => size * axes[axis]!.length, 1)
  if (operation === 'einsum') {
    const count = product(gone)
    const over =
      gone.length > 0
        ? `, added up over ${listed(gone.map(label))}: ${count} product${count === 1 ? '' : 's'}`
        : ''
    return `Each number of the result is a product of one number from each operand${over}.`
  }
  if (gone.length > 0) {
    return `Each number of the result is the ${reduction} of ${product(gone)} numbers, those along ${listed(gone.map(label))}.`
  }
  if (fresh.length > 0)
    return `Each number stands ${product(fresh)} times, along ${listed(fresh.map(label))}.`
  const dimensions = result.dimensions.filter(({ length }) => length > 1)
  const outer = dimensions.slice(0, -1)
  const row = dimensions.at(-1)
  if (row === undefined) return 'There is one number.'
  const inside = `${listed(row.axes.map((axis) => `${axes[axis]!.length} along ${label(axis)}`))}`
  if (outer.length === 0) return `All numbers lie in one row: ${inside}.`
  const where = listed(outer.flatMap((one) => one.axes.map(label)))
  return `Each row belongs to one place along ${where}, and holds ${row.length} numbers: ${inside}.`
}

function listed(words: readonly string[]): string {
  if (words.length <= 1) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
