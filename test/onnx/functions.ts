/** Functions of arrays, of every operation, with shapes of their inputs; what is run by a runtime and what is run by definition are held against the same. */
import type { Data, NdArray } from 'ndarray'
import {
  add,
  divide,
  einsum,
  full,
  multiply,
  pack,
  rearrange,
  reduce,
  repeat,
  softmax,
  subtract,
  unpack,
} from 'tesserae'
import type { OnnxOptions } from 'tesserae/onnx'

type Array = NdArray<Float32Array>
type Of = (...inputs: Array[]) => NdArray<Data>

export interface FunctionCase {
  readonly f: Of
  readonly shapes: readonly (readonly number[])[]
  readonly dtypes?: OnnxOptions['dtypes']
}

const of = (f: Of, ...shapes: (readonly number[])[]): FunctionCase => ({ f, shapes })

export const functions: Readonly<Record<string, FunctionCase>> = {
  'patches of an image': of(
    (x) => rearrange(x, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 2, s2: 3 }),
    [2, 3, 4, 6],
  ),
  'an image of patches': of(
    (x) => rearrange(x, 'b (h w) (s1 s2 c) -> b c (h s1) (w s2)', { s1: 2, s2: 3, h: 2 }),
    [2, 4, 18],
  ),
  'axes turned round and of length one': of((x) => rearrange(x, '1 h w c -> c 1 (w h)'), [1, 2, 3, 4]),
  'a picture as it comes, as a batch': of((x) => rearrange(x, 'h w c -> 1 c h w'), [4, 5, 3]),
  'new axes': of((x) => repeat(x, 'h w -> h a (w b)', { a: 2, b: 3 }), [2, 3]),
  'a mean over patches': of((x) => reduce(x, 'b c (h 2) (w 2) -> b c h w', 'mean'), [2, 3, 4, 6]),
  'a maximum, its axes turned round': of((x) => reduce(x, 'b h w c -> c b', 'max'), [2, 3, 4, 5]),
  'a minimum of everything': of((x) => reduce(x, 'a b ->', 'min'), [3, 4]),
  'a sum along repeated elements': of((x) => reduce(repeat(x, 'a -> a n', { n: 3 }), 'a n -> a', 'sum'), [4]),
  'a product': of((x) => reduce(x, 'a b -> b', 'prod'), [3, 4]),
  'how far elements are spread': of((x) => reduce(x, 'a b -> b', 'std', {}, { correction: 1 }), [3, 4]),
  'their variance': of((x) => reduce(x, 'b (h 2) w -> w b', 'variance'), [2, 4, 3]),
  'whether any is there': of((x) => reduce(x, 'a b -> a', 'any'), [3, 4]),
  'a matrix product': of((a, b) => einsum([a, b], 'i k, k j -> i j'), [3, 4], [4, 5]),
  'its transpose': of((a, b) => einsum([a, b], 'i k, k j -> j i'), [3, 4], [4, 5]),
  'a product in batches': of((a, b) => einsum([a, b], 'b i k, b j k -> b i j'), [2, 3, 4], [2, 5, 4]),
  'batches that end the result': of((a, b) => einsum([a, b], 'b i k, b j k -> j i b'), [2, 3, 4], [2, 5, 4]),
  'heads merged as they are made': of(
    (a, b) => einsum([a, b], 'b h n m, b h m d -> b n (h d)'),
    [2, 3, 4, 5],
    [2, 3, 5, 6],
  ),
  'a batch that only one has': of((a, b) => einsum([a, b], 'g k, b g k w -> b g w'), [2, 3], [4, 2, 3, 5]),
  'a patch embedding': of(
    (a, b) => einsum([a, b], 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d', { s1: 2, s2: 3 }),
    [2, 3, 4, 6],
    [7, 18],
  ),
  'an outer product': of((a, b) => einsum([a, b], 'i, j -> j i'), [3], [4]),
  'a sum of products of elements': of((a, b) => einsum([a, b], 'i j, i j ->'), [3, 4], [3, 4]),
  'an axis summed alone': of((a, b) => einsum([a, b], 'i j s, j k -> i k'), [2, 3, 4], [3, 5]),
  'a trace': of((a) => einsum([a], 'i i ->'), [4, 4]),
  'a diagonal': of((a) => einsum([a], 'b i i -> i b'), [2, 3, 3]),
  'a diagonal in a product': of((a, b) => einsum([a, b], 'i i, i j -> j'), [3, 3], [3, 4]),
  'three operands': of((a, b, c) => einsum([a, b, c], 'i j, j k, k l -> i l'), [2, 3], [3, 4], [4, 5]),
  'an axis of length one that stretches': of((a, b) => einsum([a, b], 'i j, i j -> i j'), [3, 1], [3, 4]),
  'a sum over what stretches': of((a, b) => einsum([a, b], 'i j, i j -> i'), [3, 1], [3, 4]),
  'an axis of length one in a group': of(
    (a, b) => einsum([a, b], 'i (h w), h w d -> i d', { w: 1 }),
    [2, 3],
    [3, 1, 4],
  ),
  'a mean of colours, taken off by name': of(
    (x) =>
      divide([subtract([x, reduce(x, 'h w c -> c', 'mean')], 'h w c, c -> h w c'), 0.25], 'h w c, -> h w c'),
    [3, 4, 3],
  ),
  'arithmetic by name': of(
    (a, b) => add([multiply([a, b], 'i j, j -> i j'), b, 1], 'i j, j, -> j i'),
    [3, 4],
    [4],
  ),
  'arrays packed': of((a, b) => pack([a, b], 'b * c')[0], [2, 3, 4, 5], [2, 5]),
  'arrays unpacked': of((x) => unpack(x, [[], [2, 2], [3]], 'b * c')[1] as Array, [2, 8, 3]),
  'views of ndarray': of((x) => x.lo(1, 2).hi(2, 5).step(1, -2).transpose(1, 0), [4, 8]),
  'every third element, no divisor of the length': of((x) => x.step(3, 2), [7, 5]),
  'one element of an axis': of((x) => x.pick(-1 + 2, null), [3, 4]),
  'a softmax along columns': of((x) => softmax(x, { axis: 1 }), [2, 3, 4]),
  'bytes as numbers': {
    f: (x) =>
      multiply([rearrange(x, 'h w c -> c h w', {}, { dtype: 'float32' }), 1 / 255], 'c h w, -> c h w'),
    shapes: [[4, 5, 3]],
    dtypes: ['uint8'],
  },
  'numbers as bytes that clamp': of(
    (x) => rearrange(multiply([x, 200], 'a b, -> a b'), 'a b -> b a', {}, { dtype: 'uint8_clamped' }),
    [3, 4],
  ),
  'whole numbers as bytes that clamp': {
    f: (x) => rearrange(x, 'a b -> b a', {}, { dtype: 'uint8_clamped' }),
    shapes: [[3, 4]],
    dtypes: ['int16'],
  },
  'the least of 16 bits': { f: (x) => reduce(x, 'a b -> b', 'min'), shapes: [[3, 4]], dtypes: ['int16'] },
  'whole numbers beside one of theirs that is everywhere': {
    f: (x) => multiply([x, full([4], 5, 'int32') as unknown as Array], 'a b, b -> a b'),
    shapes: [[3, 4]],
    dtypes: ['int32'],
  },
  'arithmetic of big integers': {
    f: (x) => add([multiply([x, x], 'a b, a b -> b a'), 3], 'b a, -> b a'),
    shapes: [[3, 4]],
    dtypes: ['bigint64'],
  },
  'sums of whole numbers': { f: (x) => reduce(x, 'a b -> b', 'sum'), shapes: [[3, 4]], dtypes: ['int32'] },
  'the input itself': of((x) => x, [2, 3]),
  'one input twice': of((x) => einsum([x, x], 'i k, j k -> i j'), [3, 4]),
}
