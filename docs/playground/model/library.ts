/**
 * The library's calls, as the page makes them. Arrays are made here without ndarray's constructor, which compiles its
 * classes from text and is therefore forbidden on this page by its Content-Security-Policy.
 */
import type { NdArray } from 'ndarray'
import { EinopsError, type Explanation, einsum, explain, rearrange, reduce, repeat } from 'tesserae'
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

/** What the library knows about a call before it is made; no tensor of that size exists. */
export function explained({ operation, pattern, shapes, lengths, reduction }: State): Explanation {
  const x = operation === 'einsum' ? shapes : shapes[0]!
  return explain(x, pattern, Object.fromEntries(lengths), { operation, reduction })
}

/** What the library says against a state, or null where it accepts it. */
export function complaint(state: State): EinopsError | null {
  try {
    explained(state)
    return null
  } catch (error) {
    if (error instanceof EinopsError) return error
    throw error
  }
}
