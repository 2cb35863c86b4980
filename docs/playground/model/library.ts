/**
 * The library's calls, as the page makes them. Arrays are made here without ndarray's constructor, which compiles its
 * classes from text and is therefore forbidden on this page by its Content-Security-Policy.
 */
import type { NdArray } from 'ndarray'
import { EinopsError, einsum, explain, rearrange, reduce, repeat } from 'tesserae'
import { read } from './reading.ts'
import { drawable, shorten } from './shorten.ts'
import type { State } from './state.ts'

/** What one call needs. */
export type Call = Pick<State, 'operation' | 'pattern' | 'lengths' | 'reduction'>

/** An array of values that stand one after the other. */
export function arrayOf<D extends Float32Array | Uint8Array>(data: D, shape: readonly number[]): NdArray<D> {
  const stride = shape.map(() => 0)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    stride[axis] = step
    step *= shape[axis]!
  }
  return { data, shape: [...shape], stride, offset: 0 } as unknown as NdArray<D>
}

/** The result of the operation on these arrays. */
export function call(
  { operation, pattern, lengths, reduction }: Call,
  operands: readonly NdArray<Float32Array>[],
  copy: 'auto' | 'always' = 'auto',
): NdArray {
  const given = Object.fromEntries(lengths)
  switch (operation) {
    case 'rearrange':
      return rearrange(operands[0]!, pattern, given, { copy })
    case 'repeat':
      return repeat(operands[0]!, pattern, given, { copy })
    case 'reduce':
      return reduce(operands[0]!, pattern, reduction, given)
    case 'einsum':
      return einsum([...operands], pattern, given)
  }
}

/** The elements of an array in row-major order, whatever its strides. */
export function elementsOf({ data, shape, stride, offset }: NdArray): number[] {
  const elements: number[] = []
  const walk = (axis: number, at: number) => {
    if (axis === shape.length) {
      elements.push(Number((data as ArrayLike<number>)[at]))
      return
    }
    for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, at + i * stride[axis]!)
  }
  walk(0, offset)
  return elements
}

/** What the library says against a state, or null where it accepts it. No tensor of the state's size is made. */
export function complaint(state: State): EinopsError | null {
  try {
    if (state.operation === 'einsum') tryProduct(state)
    else explain(state.shapes[0] as number[], state.pattern, Object.fromEntries(state.lengths), { operation: state.operation })
    return null
  } catch (error) {
    if (error instanceof EinopsError) return error
    throw error
  }
}

/** Where the shapes fit, the same pattern is tried on shorter axes. */
function tryProduct(state: State): void {
  const reading = read(state)
  const fits = reading?.operands.every((operand, i) =>
    operand.shape.every((length, dimension) => length === state.shapes[i]![dimension]),
  )
  const small = reading !== null && fits ? shorten(reading, drawable) : null
  const shapes = small?.reading.operands.map(({ shape }) => shape) ?? state.shapes
  const lengths = new Map(state.lengths)
  for (const { label, length } of small?.reading.axes ?? []) if (lengths.has(label)) lengths.set(label, length)
  const one = new Float32Array(1)
  const operands = shapes.map(
    (shape) =>
      ({ data: one, shape: [...shape], stride: shape.map(() => 0), offset: 0 }) as unknown as NdArray<Float32Array>,
  )
  call({ ...state, lengths }, operands)
}
