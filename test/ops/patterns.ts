/**
 * Random patterns together with what they mean: which input element each element of the result comes from, told by
 * coordinates and not by strides.
 */
import fc from 'fast-check'
import { indices } from '../layouts.ts'

/** An axis of a random pattern. `spelling` is how it is written: a name, or a number for an anonymous axis. */
export interface RandomAxis {
  readonly id: number
  readonly spelling: string
  readonly length: number
}

export interface RandomPattern {
  readonly text: string
  readonly lengths: Record<string, number>
  /** The axes of each dimension, slowest first. */
  readonly left: readonly (readonly RandomAxis[])[]
  readonly right: readonly (readonly RandomAxis[])[]
  readonly shape: readonly number[]
  readonly outputShape: readonly number[]
}

export interface PatternOptions {
  /** Axes that only the left side has. */
  readonly dropped?: boolean
  /** Axes that only the right side has. */
  readonly created?: boolean
  readonly empty?: boolean
}

const names = ['b', 'c', 'h', 'w', 's1', 'head', 'x_0', 'constructor', 'длина', 'toString', 'if']

export function anyPattern({ dropped = false, created = false, empty = true }: PatternOptions = {}) {
  const length = fc.oneof(
    { weight: 10, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: empty ? 1 : 0, arbitrary: fc.constant(0) },
  )
  return fc
    .record({
      lengths: fc.array(length, { maxLength: 6 }),
      names: fc.shuffledSubarray(names, { minLength: 8 }),
      made: fc.array(fc.record({ length, named: fc.boolean() }), { maxLength: created ? 2 : 0 }),
      seed: fc.integer({ min: 1, max: 2 ** 30 }),
    })
    .map(({ lengths, names, made, seed }) => build(lengths, names, made, dropped, random(seed)))
    .filter(({ shape, outputShape }) => count(shape) <= 600 && count(outputShape) <= 600)
}

/** A stream of small numbers; fast-check shrinks its seed. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

function build(
  lengths: readonly number[],
  names: readonly string[],
  made: readonly { length: number; named: boolean }[],
  drop: boolean,
  next: (below: number) => number,
): RandomPattern {
  const dropped = lengths.map(() => drop && next(3) === 0)
  const axes = lengths.map((length, id): RandomAxis => {
    const anonymous = dropped[id] && length > 0 && next(2) === 0
    return { id, spelling: anonymous ? String(length) : names[id]!, length }
  })
  const created = made.map(({ length, named }, i): RandomAxis => {
    const id = axes.length + i
    return { id, spelling: named || length === 0 ? names[id]! : String(length), length }
  })
  const kept = axes.filter(({ id }) => !dropped[id])

  // a run of single axes that '...' stands for, or that is written out
  const hidden = next(2) === 0 ? kept.slice(0, next(kept.length + 1)) : []
  const open = axes.filter((axis) => !hidden.includes(axis))
  const left = insert(group(shuffle(open, next), next), hidden, next)
  const right = insert(
    group(shuffle([...kept.filter((axis) => open.includes(axis)), ...created], next), next),
    hidden,
    next,
  )
  const useEllipsis = hidden.length > 0 || next(3) === 0

  const given: Record<string, number> = {}
  for (const { axes, ellipsis } of left) {
    if (ellipsis) continue
    const named = axes.filter(({ spelling }) => !/^\d/.test(spelling))
    const free = axes.filter((axis) => named.includes(axis))[next(Math.max(1, named.length))]
    const rest = axes.filter((axis) => axis !== free)
    for (const axis of named) {
      // the last unknown follows from the others unless one of them is 0
      const needed = axis !== free || rest.some(({ length }) => length === 0)
      if (needed || next(4) === 0) given[axis.spelling] = axis.length
    }
  }
  for (const { spelling, length } of created) if (!/^\d/.test(spelling)) given[spelling] = length

  const dimensions = (side: readonly Dimension[]) =>
    side.flatMap(({ axes, ellipsis }) => (ellipsis ? axes.map((axis) => [axis]) : [axes]))
  const shapeOf = (side: readonly (readonly RandomAxis[])[]) =>
    side.map((axes) => count(axes.map(({ length }) => length)))
  return {
    text: `${write(left, useEllipsis, next)}->${write(right, useEllipsis, next)}`,
    lengths: given,
    left: dimensions(left),
    right: dimensions(right),
    shape: shapeOf(dimensions(left)),
    outputShape: shapeOf(dimensions(right)),
  }
}

interface Dimension {
  readonly axes: readonly RandomAxis[]
  readonly ellipsis?: boolean
}

function group(axes: readonly RandomAxis[], next: (below: number) => number): Dimension[] {
  const dimensions: Dimension[] = []
  for (let i = 0; i < axes.length; ) {
    const length = next(3) === 0 ? 1 + next(3) : 1
    dimensions.push({ axes: axes.slice(i, i + length) })
    i += length
  }
  for (let n = next(3); n > 0; n--) dimensions.splice(next(dimensions.length + 1), 0, { axes: [] })
  return dimensions
}

/** Puts the axes of an ellipsis between the dimensions. */
function insert(
  dimensions: Dimension[],
  axes: readonly RandomAxis[],
  next: (below: number) => number,
): Dimension[] {
  return dimensions.toSpliced(next(dimensions.length + 1), 0, { axes, ellipsis: true })
}

function write(
  dimensions: readonly Dimension[],
  useEllipsis: boolean,
  next: (below: number) => number,
): string {
  const words = dimensions.map(({ axes, ellipsis }) => {
    if (ellipsis) return useEllipsis ? '...' : axes.map(({ spelling }) => spelling).join(' ')
    if (axes.length === 0) return ['1', '()', '(1)', '( 1 1 )'][next(4)]!
    const spelled = axes.map(({ spelling }) => spelling).join(' ')
    if (axes.length === 1 && next(4) > 0) return spelled
    return next(4) === 0 ? `( 1 ${spelled} )` : `(${spelled})`
  })
  const gap = ['', ' ', '  ']
  return `${gap[next(3)]}${words.join(' ')}${gap[next(3)]}`
}

function shuffle<T>(items: readonly T[], next: (below: number) => number): T[] {
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = next(i + 1)
    ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
  }
  return shuffled
}

/** For each element of the result in order, the indices of the input elements that it is made of. */
export function origins({ left, right, shape, outputShape }: RandomPattern): number[][][] {
  const onRight = new Set(right.flat().map(({ id }) => id))
  const dropped = left.flat().filter(({ id }) => !onRight.has(id))
  return Array.from(indices(outputShape), (outputIndex) => {
    const coordinate = new Map<number, number>()
    for (const [dimension, axes] of right.entries()) divide(outputIndex[dimension]!, axes, coordinate)
    return Array.from(indices(dropped.map(({ length }) => length)), (droppedIndex) => {
      for (const [i, { id }] of dropped.entries()) coordinate.set(id, droppedIndex[i]!)
      return left.map((axes) =>
        axes.reduce((index, { id, length }) => index * length + coordinate.get(id)!, 0),
      )
    }).filter(() => count(shape) > 0)
  })
}

/** The coordinates of a dimension's axes at an index of the dimension. */
function divide(index: number, axes: readonly RandomAxis[], coordinate: Map<number, number>): void {
  let rest = index
  for (const { id, length } of axes.toReversed()) {
    coordinate.set(id, rest % length)
    rest = Math.floor(rest / length)
  }
}

export function count(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1)
}
