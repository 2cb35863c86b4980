/**
 * The same pattern on tensors of the size one has in practice, for taking the time: an example's own, or this
 * state's with its axes doubled, the shortest first, until there are some millions of elements.
 */
import { exampleOf } from './gallery.ts'
import { type Reading, read, type TensorReading } from './reading.ts'
import type { State } from './state.ts'

/** How many elements the largest tensor is to have, and how many products an einsum may take. */
const enough = 1 << 21
const enoughProducts = 1 << 27

/** A state of real size with the same pattern; null where the pattern cannot be read. */
export function enlarge(state: State): State | null {
  const example = exampleOf(state)
  if (example !== undefined) {
    const { shapes, lengths } = example.real
    return { ...state, shapes, lengths: new Map(Object.entries(lengths ?? {})) }
  }
  const reading = read(state)
  if (reading === null) return null
  const lengths = reading.axes.map(({ length }) => length)
  if (lengths.includes(0)) return state
  const growing = reading.axes.flatMap(({ kind, label }, axis) =>
    kind === 'number' || label === 'c' ? [] : axis,
  )
  while (growing.length > 0 && !isEnough(reading, lengths)) {
    const shortest = growing.reduce((a, b) => (lengths[b]! < lengths[a]! ? b : a))
    lengths[shortest]! *= 2
  }
  return {
    ...state,
    shapes: reading.operands.map((tensor) => tensor.dimensions.map(({ axes }) => product(axes, lengths))),
    lengths: new Map(
      [...state.lengths].map(([name, length]) => {
        const axis = reading.axes.findIndex(({ label }) => label === name)
        return [name, axis < 0 ? length : lengths[axis]!]
      }),
    ),
  }
}

function isEnough({ axes, operands, result }: Reading, lengths: readonly number[]): boolean {
  const size = (tensor: TensorReading) =>
    product(
      tensor.dimensions.flatMap((dimension) => dimension.axes),
      lengths,
    )
  if (Math.max(...operands.map(size), size(result)) >= enough) return true
  return operands.length > 1 && product([...axes.keys()], lengths) >= enoughProducts
}

function product(axes: readonly number[], lengths: readonly number[]): number {
  return axes.reduce((size, axis) => size * lengths[axis]!, 1)
}
