/**
 * A program that uses the whole language on arrays that it makes without ndarray, and prints what it gets as JSON. The
 * test beside it runs it with and without code generation.
 */
import ndarray, { type Data, type NdArray } from 'ndarray'
import {
  checkShape,
  EinopsError,
  einsum,
  explain,
  invert,
  pack,
  parseShape,
  rearrange,
  reduce,
  repeat,
  unpack,
} from 'tesserae'

function array(shape: number[], stride: number[], offset = 0): NdArray<Float32Array> {
  const data = Float32Array.from({ length: 48 }, (_, i) => i)
  return { data, shape, stride, offset } as unknown as NdArray<Float32Array>
}

function show(x: NdArray<Data>): unknown {
  const flat = rearrange(x, '... -> (...)')
  return { dtype: x.dtype, shape: x.shape, values: Array.from({ length: flat.size }, (_, i) => flat.get(i)) }
}

function rejected(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return error instanceof EinopsError ? error.message : `foreign: ${error}`
  }
  return 'accepted'
}

let generation = 'allowed'
try {
  ndarray(new Float32Array(1))
} catch (error) {
  generation = error instanceof EvalError ? 'forbidden' : String(error)
}

const x = array([2, 3, 4], [12, 4, 1])
const turned = array([3, 4], [-4, 1], 8)
const scalar = rearrange(array([1], [1], 5), '1 ->')
const view = rearrange(x, 'a b c -> c b a')
view.set(3, 2, 1, 99)

console.log(
  JSON.stringify({
    generation,
    results: [
      show(view),
      show(rearrange(x, 'a b (c d) -> (a c) (d b)', { c: 2 })),
      show(rearrange([turned, turned], 'a b c -> b (a c)')),
      show(scalar),
      Number(scalar),
      show(reduce(x, 'a b c -> c', 'mean')),
      show(reduce(x, 'a b c ->', 'max')),
      show(reduce(x, 'a b c -> a b', (all) => all.pick(null, null, 0))),
      show(repeat(turned, 'a b -> a (b 2) 3')),
      show(einsum([turned, turned], 'a b, c b -> a c')),
      ...pack([turned, x], '* b')[1],
      ...unpack(x, [[1], [2]], 'a * c').map(show),
      parseShape(x, 'a _ c'),
      checkShape(x, 'a 3 (b 2)'),
      String(explain(x, 'a b c -> (c a) b')),
      invert('(a b) c -> c a b'),
      rejected(() => rearrange(x, 'a b -> b a')),
      rejected(() => rearrange(x, 'a b c d' as string)),
      // members of the results themselves
      [view.dimension, view.size, view.order, view.index(1, 1, 1), view.stride, view.offset],
      show(view.lo(1, 1).hi(2, 2, 2).step(-1, 2).transpose(2, 0, 1)),
      show(view.pick(null, 1, null)),
    ],
  }),
)
