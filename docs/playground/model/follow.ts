/**
 * Shapes that follow a pattern. As long as the reader has given none, whoever types a pattern should see it at work, so
 * lengths that are missing are chosen, and where the shape cannot be the pattern's, one that is.
 */
import { complaint } from './library.ts'
import { type Expression, expressionsOf, type Slot } from './reading.ts'
import { isPacking, type State } from './state.ts'
import { countOperands, tokenize } from './tokens.ts'

/**
 * The state with lengths and shapes that its pattern accepts; as it is where nothing but the pattern is wrong. A shape
 * that is given stays, and only lengths are found for it.
 */
export function follow(state: State, given = false): State {
  if (isPacking(state.operation)) return given ? state : followPacking(state)
  if (!wantsShape(state)) return state
  const lengths = { ...state, lengths: withLengths(state, false) }
  if (complaint(lengths) === null) return lengths
  if (given) return state
  for (const mode of ['picture', 'numbers'] as const) {
    if (mode === 'picture' && state.source !== 'picture') continue
    const next = remade(state, mode)
    if (complaint(next) === null) return next
  }
  return state
}

/** Whether all that is wrong are shapes and lengths. */
function wantsShape(state: State): boolean {
  return /^(shape|length)\//.test(complaint(state)?.code ?? '')
}

type Expressions = ReadonlyMap<number, Expression>

function expressions({ pattern }: State): Expressions {
  return expressionsOf(tokenize(pattern), new Map())
}

function labelsOf(slot: Slot | 'ellipsis'): readonly string[] {
  return slot === 'ellipsis' ? [] : slot.labels
}

const isName = (label: string) => /^[\p{L}_]/u.test(label)

/** The axes that need a length beside the shape: in groups all but the first, and new ones. */
function needed(
  all: Expressions,
): { name: string; group: readonly string[]; slot: number; operand: number }[] {
  const wanted: { name: string; group: readonly string[]; slot: number; operand: number }[] = []
  const known = new Set<string>()
  for (const [operand, { slots }] of all) {
    for (const [slot, one] of slots.entries()) {
      const labels = labelsOf(one)
      const names = labels.filter((label) => isName(label))
      if (operand >= 0) {
        for (const name of names.slice(1)) wanted.push({ name, group: labels, slot, operand })
        for (const name of names) known.add(name)
      }
    }
  }
  for (const { slots } of [all.get(-1) ?? { slots: [] }]) {
    for (const one of slots) {
      for (const name of labelsOf(one)) {
        if (isName(name) && !known.has(name)) wanted.push({ name, group: [], slot: -1, operand: -1 })
      }
    }
  }
  return wanted
}

/** Lengths for axes that have none: the smallest that divides where there is a shape, or else 2. */
function withLengths(state: State, fresh: boolean): Map<string, number> {
  const lengths = new Map(state.lengths)
  const all = expressions(state)
  const wanted = needed(all)
  for (const name of lengths.keys()) if (!namesOf(all).has(name)) lengths.delete(name)
  for (const { name, slot, operand } of wanted) {
    if (lengths.has(name)) continue
    const total = operand >= 0 && !fresh ? state.shapes[operand]?.[slot] : undefined
    const big = state.source === 'picture' && total !== undefined && total >= 32 && total % 16 === 0
    lengths.set(name, big ? 16 : total === undefined || total % 2 === 0 ? 2 : total % 3 === 0 ? 3 : 1)
  }
  return lengths
}

function namesOf(all: Expressions): Set<string> {
  return new Set([...all.values()].flatMap(({ slots }) => slots.flatMap((slot) => [...labelsOf(slot)])))
}

const rows = /^(h|height|rows?|H|y|i)\d?$/
const columns = /^(w|width|cols?|columns?|W|x|j)\d?$/

/** A length that an axis of this name usually has, small enough to be drawn. */
function usual(name: string, group: readonly string[], mode: 'picture' | 'numbers'): number {
  const alone = group.length <= 1
  if (/^(c|ch|channels?|rgb|C)$/.test(name)) return 3
  if (/^(b|batch|B)$/.test(name)) return mode === 'picture' || !alone ? 1 : 2
  if (mode === 'picture') {
    if (rows.test(name)) return alone ? 48 : 3
    if (columns.test(name)) return alone ? 64 : 4
    return group.indexOf(name) > 0 ? 16 : 4
  }
  if (rows.test(name)) return alone ? 4 : 2
  if (columns.test(name)) return alone ? 6 : 3
  if (group.indexOf(name) > 0) return 2
  return /^(n|t|tokens?|seq|d|dim)$/.test(name) ? 4 : 3
}

/** A shape made of the names alone. */
function remade(state: State, mode: 'picture' | 'numbers'): State {
  const all = expressions(state)
  const count = state.operation === 'einsum' ? countOperands(tokenize(state.pattern)) : 1
  const wanted = needed(all)
  const lengths = new Map<string, number>()
  for (const { name, group } of wanted) {
    const given = mode === 'numbers' && state.source === 'picture' ? undefined : state.lengths.get(name)
    lengths.set(name, given ?? usual(name, group, mode))
  }
  const known = new Map(lengths)
  for (const [name, length] of state.lengths) {
    // what was given for an axis that stands alone holds too
    if (namesOf(all).has(name) && !(mode === 'numbers' && state.source === 'picture')) {
      known.set(name, length)
      lengths.set(name, length)
    }
  }
  const shapes = Array.from({ length: count }, (_, operand) => {
    const { slots } = all.get(operand) ?? { slots: [] }
    const written = slots.filter((slot) => slot !== 'ellipsis').length
    const free = Math.max(0, (state.shapes[operand]?.length ?? 0) - written)
    const under = free > 0 && free <= 2 ? state.shapes[operand]!.slice(-free).map(() => 2) : [2, 3]
    return slots.flatMap((slot) => {
      if (slot === 'ellipsis') return count > 1 ? [2] : under
      const labels = labelsOf(slot)
      const own = labels.map((label) => {
        if (!isName(label)) return label === '...' ? 6 : Number(label.replace(/#.*/, ''))
        if (!known.has(label)) known.set(label, usual(label, labels, mode))
        return known.get(label)!
      })
      return own.reduce((product, length) => product * length, 1)
    })
  })
  return { ...state, shapes, lengths, source: mode === 'picture' ? 'picture' : 'numbers' }
}

/** Two parts that differ in what stands under `*`. */
function followPacking(state: State): State {
  if (complaint(state) === null) return state
  const words = state.pattern.trim().split(/\s+/)
  if (words.filter((word) => word === '*').length !== 1) return state
  const shape = (under: readonly number[]) =>
    words.flatMap((word) => (word === '*' ? under : [usual(word, [], 'numbers')]))
  const shapes =
    state.shapes.length > 2 ? state.shapes.map((_, i) => shape([i + 1])) : [shape([1]), shape([2, 3])]
  const next: State = { ...state, shapes, lengths: new Map(), source: 'numbers' }
  return complaint(next) === null ? next : state
}
