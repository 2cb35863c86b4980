/**
 * The library's calls, as the page makes them. Arrays are made here without ndarray's constructor, which compiles its
 * classes from text and is therefore forbidden on this page by its Content-Security-Policy.
 */
import type { NdArray } from 'ndarray'
import {
  EinopsError,
  type Explanation,
  einsum,
  explain,
  pack,
  rearrange,
  reduce,
  repeat,
  unpack,
} from 'tesserae'
import { isPacking, type State } from './state.ts'

/** What one call needs. */
export type Call = Pick<State, 'operation' | 'pattern' | 'lengths' | 'reduction'>

/** An array of values that stand one after the other. */
export function arrayOf<D extends Float32Array | Float64Array | Uint8Array>(
  data: D,
  shape: readonly number[],
): NdArray<D> {
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
  operands: readonly NdArray<Float32Array | Float64Array>[],
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
    case 'pack':
      return packed(pattern, operands)
    case 'unpack': {
      // of many results the last one stands for all; they are views of one array
      const parts = operands.map(({ shape }) => under(pattern, shape))
      return unpack(packed(pattern, operands), parts, pattern).at(-1)!
    }
  }
}

/** The parts in one array. */
export function packed(pattern: string, operands: readonly NdArray<Float32Array | Float64Array>[]): NdArray {
  return pack(operands as readonly NdArray<Float64Array>[], pattern)[0]
}

/** What stands under `*` in a part of this shape. */
export function under(pattern: string, shape: readonly number[]): number[] {
  const words = pattern.trim().split(/\s+/)
  const star = words.indexOf('*')
  return shape.slice(star, shape.length - (words.length - star - 1))
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

/** What the library knows about a call before it is made; no tensor of that size exists. It has no plan for packing. */
export function explained({ operation, pattern, shapes, lengths, reduction }: State): Explanation | null {
  if (isPacking(operation)) return null
  const x = operation === 'einsum' ? shapes : shapes[0]!
  return explain(x, pattern, Object.fromEntries(lengths), { operation, reduction })
}

/** What the library says against a state, or null where it accepts it. */
export function complaint(state: State): EinopsError | null {
  try {
    if (isPacking(state.operation)) tryPacking(state)
    else explained(state)
    return null
  } catch (error) {
    if (error instanceof EinopsError) return error
    throw error
  }
}

/** How many bytes a trial may take. */
const trial = 2e7

/** Packs empty bytes of these shapes, since only shapes can be wrong; of very large ones shorter stand-ins. */
function tryPacking({ operation, pattern, shapes }: State): void {
  const total = shapes.reduce((sum, shape) => sum + shape.reduce((size, length) => size * length, 1), 0)
  const ranks = [...new Set(shapes.flat())].sort((a, b) => a - b)
  // equal lengths stay equal, and different ones different
  const small = (length: number) => (total <= trial ? length : length === 0 ? 0 : 1 + ranks.indexOf(length))
  const parts = shapes.map((shape) => {
    const lengths = shape.map(small)
    return arrayOf(new Uint8Array(lengths.reduce((size, length) => size * length, 1)), lengths)
  })
  const [whole, under] = pack(parts, pattern)
  if (operation === 'unpack') unpack(whole, under, pattern)
}
