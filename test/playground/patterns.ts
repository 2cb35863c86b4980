/** Random calls that the library accepts, small enough to be drawn whole. */
import fc from 'fast-check'
import { initialState, type Operation, reductions, type State } from '../../docs/playground/model/state.ts'

const names = ['a', 'b', 'c', 'h', 'w', 's1', 'n_2', 'constructor']

interface Axis {
  readonly name: string
  readonly length: number
}

/** Axes in any order, cut into dimensions of up to three; an empty dimension is a unit axis. */
function sides(axes: readonly Axis[]): fc.Arbitrary<Axis[][]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...axes], { minLength: axes.length, maxLength: axes.length }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: axes.length + 1, maxLength: axes.length + 1 }),
    )
    .map(([order, cuts]) => {
      const rest = [...order]
      const dimensions = cuts.map((count) => rest.splice(0, count))
      return [...dimensions, ...rest.map((axis) => [axis])].filter((axes, i) => axes.length > 0 || i === 0)
    })
}

function write(dimensions: readonly (readonly Axis[])[]): string {
  return dimensions
    .map((axes) => {
      if (axes.length === 1) return axes[0]!.name
      return axes.length === 0 ? '1' : `(${axes.map(({ name }) => name).join(' ')})`
    })
    .join(' ')
}

const axes = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 5 })
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((name) => fc.integer({ min: 1, max: 3 }).map((length): Axis => ({ name, length }))),
    ),
  )

function shapeOf(dimensions: readonly (readonly Axis[])[]): number[] {
  return dimensions.map((axes) => axes.reduce((product, { length }) => product * length, 1))
}

function lengthsOf(axes: readonly Axis[]): Map<string, number> {
  return new Map(axes.map(({ name, length }) => [name, length]))
}

/** A rearrange, repeat or reduce of one array. */
export const transforms: fc.Arbitrary<State> = axes.chain((all) =>
  fc
    .tuple(
      fc.constantFrom<Operation>('rearrange', 'reduce', 'repeat'),
      fc.subarray(all, { minLength: 1 }),
      fc.constantFrom(...reductions),
    )
    .chain(([operation, some, reduction]) => {
      const left = operation === 'repeat' ? some : all
      const right = operation === 'reduce' ? some : all
      return fc.tuple(sides(left), sides(right)).map(([before, after]) => ({
        ...initialState,
        operation,
        reduction,
        pattern: `${write(before)} -> ${write(after)}`,
        shapes: [shapeOf(before)],
        lengths: lengthsOf(all),
      }))
    }),
)

/** A contraction of two arrays. */
export const products: fc.Arbitrary<State> = axes.chain((all) =>
  fc.tuple(fc.subarray(all, { minLength: 1 }), fc.subarray(all)).chain(([first, kept]) => {
    const second = all.filter((axis) => !first.includes(axis) || axis.length > 1)
    const used = kept.filter((axis) => first.includes(axis) || second.includes(axis))
    return fc.tuple(sides(first), sides(second), sides(used)).map(([a, b, y]) => ({
      ...initialState,
      operation: 'einsum' as const,
      pattern: `${write(a)}, ${write(b)} -> ${write(y)}`,
      shapes: [shapeOf(a), shapeOf(b)],
      lengths: lengthsOf(all.filter((axis) => [...first, ...second].includes(axis))),
    }))
  }),
)
