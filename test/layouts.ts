/** Random layouts for property tests, and elements read one by one. */
import fc from 'fast-check'
import { readElement } from '../src/copy/reference.ts'
import { type Layout, sizeOf } from '../src/layout/layout.ts'
import type { Tensor } from '../src/layout/tensor.ts'

export interface LayoutOptions {
  /** No two indices reach the same element, so that the layout can be written to. */
  readonly distinct?: boolean
}

/** Shapes of rank 0 to 5 with few elements; lengths 0 and 1 among them. */
export const anyShape = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 5 }) },
      { weight: 1, arbitrary: fc.constant(0) },
    ),
    {
      maxLength: 5,
    },
  )
  .filter((shape) => sizeOf(shape) <= 500)

/** A layout of the given shape (or any): axes in any order in memory, with gaps, backwards, or repeated. */
export function anyLayout(
  shape?: readonly number[],
  { distinct = false }: LayoutOptions = {},
): fc.Arbitrary<Layout> {
  return (shape === undefined ? anyShape : fc.constant(shape)).chain((shape) =>
    fc
      .record({
        order: fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length },
        ),
        gaps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: shape.length, maxLength: shape.length }),
        kinds: fc.array(fc.constantFrom('forward', 'forward', 'backward', 'repeat'), {
          minLength: shape.length,
          maxLength: shape.length,
        }),
        start: fc.nat(3),
        dense: fc.boolean(),
      })
      .map(({ order, gaps, kinds, start, dense }) => {
        const stride = new Array<number>(shape.length).fill(0)
        let step = 1
        let offset = start
        for (const axis of order) {
          if (kinds[axis] === 'repeat' && !distinct) continue
          if (!dense) step *= gaps[axis]!
          stride[axis] = kinds[axis] === 'backward' ? -step : step
          if (kinds[axis] === 'backward') offset += step * Math.max(0, shape[axis]! - 1)
          step *= Math.max(1, shape[axis]!)
        }
        return { shape, stride, offset }
      }),
  )
}

/** How long a buffer must be to hold a layout. */
export function reach({ shape, stride, offset }: Layout): number {
  if (sizeOf(shape) === 0) return offset
  return shape.reduce((last, length, axis) => last + Math.max(0, stride[axis]! * (length - 1)), offset) + 1
}

/** Every index of a shape in row-major order. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  if (sizeOf(shape) === 0) return
  const index = shape.map(() => 0)
  while (true) {
    yield [...index]
    let axis = shape.length - 1
    while (axis >= 0 && index[axis] === shape[axis]! - 1) index[axis--] = 0
    if (axis < 0) return
    index[axis]!++
  }
}

/** The position in the buffer of the element at `index`. */
export function position({ stride, offset }: Layout, index: readonly number[]): number {
  return index.reduce((sum, i, axis) => sum + i * stride[axis]!, offset)
}

/** All elements in row-major order. */
export function elements(tensor: Tensor): unknown[] {
  return Array.from(indices(tensor.shape), (index) => readElement(tensor.data, position(tensor, index)))
}
