/**
 * A pattern that the library accepts, read once more for drawing: every tensor as dimensions, every dimension as
 * elementary axes with lengths. The library decides what is right; this only needs names for what it draws, so it is
 * short, and the tests hold each element against the library's own result.
 */
import { readPacking } from './reading-packing.ts'
import { isPacking, type State } from './state.ts'
import { countOperands, type Token, tokenize } from './tokens.ts'

/** An axis that no group divides further. */
export interface ElementaryAxis {
  /** `h`, `...0`, or the number of an anonymous axis. */
  readonly label: string
  readonly kind: 'named' | 'number' | 'ellipsis'
  readonly length: number
}

/** One dimension of a tensor: its axes as indices into the reading's, the last one fastest; none for a unit axis. */
export interface Dimension {
  readonly axes: readonly number[]
  readonly length: number
}

/** One operand or the result. */
export interface TensorReading {
  readonly dimensions: readonly Dimension[]
  readonly shape: readonly number[]
}

export interface Reading {
  readonly axes: readonly ElementaryAxis[]
  readonly operands: readonly TensorReading[]
  readonly result: TensorReading
}

/** What stands in one dimension before lengths are known: labels of axes. */
export interface Slot {
  readonly labels: readonly string[]
}

export interface Expression {
  readonly slots: readonly (Slot | 'ellipsis')[]
}

/** Reads the pattern of a state that the library accepts; null where lengths stay open, which the library refuses. */
export function read(state: Pick<State, 'operation' | 'pattern' | 'shapes' | 'lengths'>): Reading | null {
  if (isPacking(state.operation)) return readPacking(state)
  const { shapes, lengths } = state
  const axes = new Map<string, { kind: ElementaryAxis['kind']; length: number | undefined }>()
  const expressions = expressionsOf(tokenize(state.pattern), axes)
  const result = expressions.get(-1)
  const operands = shapes.map((_, i) => expressions.get(i))
  if (result === undefined || operands.some((one) => one === undefined)) return null
  for (const [name, length] of lengths) {
    const axis = axes.get(name)
    if (axis !== undefined) axis.length = length
  }
  const hidden = operands.map((operand, i) => shapes[i]!.length - operand!.slots.filter(isWritten).length)
  const opened = operands.map((operand, i) => open(operand!, hidden[i]!))
  if (opened.some((slots, i) => slots.length !== shapes[i]!.length)) return null
  solve(opened, shapes, axes)
  const tensors = [...opened, open(result, Math.max(...hidden))]
  if ([...axes.values()].some(({ length }) => length === undefined)) return null

  const labels = [...axes.keys()]
  const list = labels.map((label) => {
    const { kind, length } = axes.get(label)!
    return { label: kind === 'number' ? label.replace(/#.*/, '') : label, kind, length: length! }
  })
  const all = tensors.map((slots, i) => {
    const dimensions = slots.map((slot, place) => {
      const own = slot.labels.map((label) => labels.indexOf(label))
      const product = own.reduce((size, axis) => size * list[axis]!.length, 1)
      // an operand's dimension under the ellipsis may be 1 where the axis is longer: it is repeated
      const length = shapes[i]?.[place] ?? product
      return length === 1 && product !== 1 ? { axes: [], length } : { axes: own, length: product }
    })
    return { dimensions, shape: dimensions.map(({ length }) => length) }
  })
  return { axes: list, operands: all.slice(0, -1), result: all.at(-1)! }
}

/** The expressions of a text by operand, the result as −1; fills in the axes they name. */
export function expressionsOf(
  tokens: readonly Token[],
  axes: Map<string, { kind: ElementaryAxis['kind']; length: number | undefined }>,
): Map<number, Expression> {
  const expressions = new Map<number, { slots: (Slot | 'ellipsis')[] }>()
  for (let operand = 0; operand < countOperands(tokens); operand++) expressions.set(operand, { slots: [] })
  let group: string[] | null = null
  for (const { kind, text, start, operand } of tokens) {
    const mine = expressions.get(operand) ?? { slots: [] }
    expressions.set(operand, mine)
    if (kind === 'open') group = []
    else if (kind === 'close') {
      mine.slots.push({ labels: group ?? [] })
      group = null
    } else if (kind === 'ellipsis') {
      if (group === null) mine.slots.push('ellipsis')
      else group.push('...')
    } else if (kind === 'axis' || kind === 'number') {
      const label = labelOf(kind, text, start, axes)
      if (group !== null) group.push(...label)
      else mine.slots.push({ labels: label })
    }
  }
  return expressions
}

/** A number is an axis of its own each time it stands in the text, and 1 is none. */
function labelOf(
  kind: 'axis' | 'number',
  text: string,
  start: number,
  axes: Map<string, { kind: ElementaryAxis['kind']; length: number | undefined }>,
): string[] {
  if (kind === 'axis') {
    if (!axes.has(text)) axes.set(text, { kind: 'named', length: undefined })
    return [text]
  }
  const length = Number(text)
  if (length === 1) return []
  axes.set(`${text}#${start}`, { kind: 'number', length })
  return [`${text}#${start}`]
}

/** Puts one slot for every dimension under the ellipsis; they are counted from the last, where operands meet. */
function open({ slots }: Expression, hidden: number): Slot[] {
  const under = Array.from({ length: Math.max(0, hidden) }, (_, i) => `...${hidden - 1 - i}`)
  return slots.flatMap((slot) => {
    if (slot === 'ellipsis') return under.map((label) => ({ labels: [label] }))
    return { labels: slot.labels.flatMap((label) => (label === '...' ? under : label)) }
  })
}

function isWritten(slot: Slot | 'ellipsis'): boolean {
  return slot !== 'ellipsis'
}

function isEllipsis({ labels }: Slot): boolean {
  return labels.length === 1 && labels[0]!.startsWith('...')
}

/** Fills in every length that follows from the shapes; einsum's operands help each other, so it repeats while it learns. */
function solve(
  operands: readonly (readonly Slot[])[],
  shapes: readonly (readonly number[])[],
  axes: Map<string, { kind: ElementaryAxis['kind']; length: number | undefined }>,
): void {
  for (const [i, slots] of operands.entries()) {
    for (const [place, slot] of slots.entries()) {
      if (!isEllipsis(slot)) continue
      const label = slot.labels[0]!
      const length = shapes[i]![place]!
      const known = axes.get(label)?.length
      axes.set(label, { kind: 'ellipsis', length: known === undefined || known === 1 ? length : known })
    }
  }
  let learnt = true
  while (learnt) {
    learnt = false
    for (const [i, slots] of operands.entries()) {
      for (const [place, { labels }] of slots.entries()) {
        const unknown = labels.filter((label) => axes.get(label)!.length === undefined)
        if (unknown.length !== 1) continue
        const known = labels.reduce((product, label) => product * (axes.get(label)!.length ?? 1), 1)
        const total = shapes[i]![place]!
        if (known === 0 || total % known !== 0) continue
        axes.get(unknown[0]!)!.length = total / known
        learnt = true
      }
    }
  }
}
