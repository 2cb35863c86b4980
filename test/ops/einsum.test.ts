/** What einsum means and refuses, beyond the recorded calls of einops. */
import ndarray, { type NdArray } from 'ndarray'
import { describe, expect, test } from 'vitest'
import { EinopsError } from '../../grammar/error.ts'
import { parseEinsum } from '../../grammar/index.ts'
import { bindEinsum } from '../../src/layout/einsum.ts'
import { contiguousStride, sizeOf } from '../../src/layout/layout.ts'
import type { Data } from '../../src/layout/tensor.ts'
import { einsum } from '../../src/ops/einsum.ts'
import { rearrange } from '../../src/ops/rearrange.ts'
import { elements } from '../gemm/elements.ts'

/** 0, 1, 2, … in a shape. */
function counting(...shape: number[]): NdArray<Float32Array> {
  return ndarray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  )
}

function of<D extends Data>(data: D, ...shape: number[]): NdArray<D> {
  return ndarray(data, shape, contiguousStride(shape), 0)
}

function errorOf(run: () => unknown): EinopsError {
  try {
    run()
  } catch (error) {
    if (error instanceof EinopsError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('groups', () => {
  test('a patch embedding in one pattern equals the same on rearranged patches', () => {
    const image = counting(2, 3, 8, 12)
    const weight = counting(5, 48)
    const lengths = { s1: 4, s2: 4 }
    const direct = einsum([image, weight], 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d', lengths)
    const patches = rearrange(image, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', lengths)
    const separate = einsum([patches, weight], 'b n k, d k -> b n d')
    expect(direct.shape).toEqual([2, 6, 5])
    expect(elements(direct)).toEqual(elements(separate))
  })

  test('merged heads in the output equal a rearranged result', () => {
    const weights = counting(2, 3, 4, 4)
    const values = counting(2, 3, 4, 5)
    const merged = einsum([weights, values], 'b h n m, b h m d -> b n (h d)')
    const apart = einsum([weights, values], 'b h n m, b h m d -> b h n d')
    expect(merged.shape).toEqual([2, 4, 15])
    expect(elements(merged)).toEqual(elements(rearrange(apart, 'b h n d -> b n (h d)')))
  })

  test('one operand with groups on both sides is rearranged', () => {
    const x = counting(2, 12)
    const lengths = { p: 3 }
    const got = einsum(x, 'b (p q) -> (q b) p', lengths)
    expect(elements(got)).toEqual(elements(rearrange(x, 'b (p q) -> (q b) p', lengths)))
  })

  test('a length that one operand shows alone solves a group of another', () => {
    expect(einsum([counting(6), counting(2)], '(a b), a -> b').shape).toEqual([3])
    expect(einsum([counting(2), counting(6)], 'a, (a b) -> b').shape).toEqual([3])
  })

  test('groups that depend on one another are solved whatever their order', () => {
    const shapes = [[24], [6], [2]]
    const plan = bindEinsum(parseEinsum('(a b c), (a b), a -> a b c'), shapes)
    expect(plan.outputShape).toEqual([2, 3, 4])
  })

  test('an ellipsis may be merged in the output', () => {
    const x = counting(2, 3, 4)
    const got = einsum([x, counting(4, 5)], '... i, i o -> (... o)')
    expect(got.shape).toEqual([30])
    expect(elements(got)).toEqual(elements(einsum([x, counting(4, 5)], 'a b i, i o -> a b o')))
  })

  test('unit axes are dropped on the left and made on the right', () => {
    const got = einsum([counting(1, 3), counting(3, 1)], '1 i, i () -> 1 i ()')
    expect(got.shape).toEqual([1, 3, 1])
    expect(elements(got)).toEqual([0, 1, 4])
  })
})

describe('broadcasting', () => {
  test('dimensions under the ellipsis are aligned at their ends', () => {
    const got = einsum([counting(3, 1), counting(2, 1, 4)], '..., ... -> ...')
    expect(got.shape).toEqual([2, 3, 4])
    const want = Array.from(
      { length: 24 },
      (_, i) => (Math.floor(i / 4) % 3) * (4 * Math.floor(i / 12) + (i % 4)),
    )
    expect(elements(got)).toEqual(want)
  })

  test('an axis of length 1 fits the length of its name in another operand, also where it is summed', () => {
    expect(elements(einsum([counting(3), ndarray(Float32Array.of(2), [1])], 'i, i ->'))).toEqual([6])
  })

  test('an axis along which the only operand repeats is summed as often as it is long', () => {
    const repeated = ndarray(Float32Array.of(3, 4), [2, 5], [1, 0], 0)
    expect(elements(einsum(repeated, 'i j -> i'))).toEqual([15, 20])
    expect(elements(einsum([repeated, repeated], 'i j, k j -> i k'))).toEqual([45, 60, 60, 80])
  })
})

describe('dtypes', () => {
  test('sums of bytes do not overflow: integers give float64', () => {
    const x = of(Uint8Array.of(200, 201), 2)
    const got = einsum([x, x], 'i, i ->')
    expect(got.dtype).toBe('float64')
    expect(elements(got)).toEqual([200 * 200 + 201 * 201])
  })

  test('products of integers are exact up to 2^53', () => {
    const x = of(Int32Array.of(94906265, 1), 2) // 94906265² is just below 2^53
    expect(elements(einsum([x, x], 'i, i ->'))).toEqual([9007199136250226])
  })

  test('the integers of an intermediate do not overflow either', () => {
    const x = of(Int32Array.of(2e9, 2e9, 2e9), 3)
    expect(elements(einsum([x, of(Int32Array.of(1), 1)], 'i, j -> j'))).toEqual([6e9])
    expect(elements(einsum([x, x, of(Int32Array.of(1, 0, 0), 3)], 'i, j, k -> '))).toEqual([6e9 * 6e9])
  })

  test('big integers stay big integers, exactly', () => {
    const x = of(BigInt64Array.of(2n ** 31n + 1n, -(2n ** 30n)), 2)
    const got = einsum([x, x], 'i, i ->')
    expect(got.dtype).toBe('bigint64')
    expect(got.data[0]).toBe((2n ** 31n + 1n) ** 2n + 2n ** 60n)
    const empty = einsum([of(new BigInt64Array(0), 0), of(new BigInt64Array(0), 0)], 'i, i ->')
    expect(empty.data[0]).toBe(0n)
  })

  test('three operands of big integers are exact too, and repeated ones counted', () => {
    const x = of(BigUint64Array.of(3n, 5n), 2)
    expect(einsum([x, x, x], 'i, j, j -> i').data).toEqual(BigUint64Array.of(3n * 34n, 5n * 34n))
    const repeated = ndarray(BigUint64Array.of(7n), [4], [0], 0)
    expect(einsum(repeated, 'i ->').data[0]).toBe(28n)
  })

  test('plain arrays and objects with get and set are computed as they are', () => {
    const plain = of([1, 2, 3, 4], 2, 2)
    const got = einsum([plain, plain], 'i j, j k -> i k')
    expect([got.dtype, got.data]).toEqual(['array', [7, 10, 15, 22]])
    const values = [1, 2, 3, 4]
    const generic = of(
      { get: (i: number) => values[i]!, set: (i: number, value: number) => (values[i] = value), length: 4 },
      2,
      2,
    )
    const product = einsum([generic, generic], 'i j, j k -> i k')
    expect(product.dtype).toBe('generic')
    expect([product.get(0, 0), product.get(0, 1), product.get(1, 0), product.get(1, 1)]).toEqual([
      7, 10, 15, 22,
    ])
  })

  test('float64 is computed in double precision', () => {
    const x = of(Float64Array.of(1 + 2 ** -40, 1), 2)
    expect(elements(einsum([x, of(Float64Array.of(1, -1), 2)], 'i, i ->'))).toEqual([2 ** -40])
  })

  test('a mixture is refused, and the message says how to convert', () => {
    const error = errorOf(() => einsum([counting(2), of(new Int32Array(2), 2)] as NdArray[], 'i, i ->'))
    expect(error.code).toBe('tensor/dtype')
    expect(error.message).toContain(
      'operand 2 has a dtype that cannot be used here — got int32, expected float32',
    )
    expect(error.hint).toContain("rearrange(x, '... -> ...', {}, { dtype: 'float32' })")
  })
})

describe('out', () => {
  test('the result is written through the strides of out, which is returned', () => {
    const out = ndarray(new Float32Array(8), [2, 2], [-4, 2], 5)
    const got = einsum([counting(2, 2), counting(2, 2)], 'i j, j k -> i k', {}, { out })
    expect(got).toBe(out)
    expect([...out.data]).toEqual([0, 6, 0, 11, 0, 2, 0, 3])
  })

  test('out may be an operand itself', () => {
    const x = counting(2, 2)
    einsum([x, x], 'i j, j k -> i k', {}, { out: x })
    expect(elements(x)).toEqual([2, 3, 6, 11])
  })

  test('an output group is written apart where out has no strides for it', () => {
    const out = ndarray(new Float32Array(12), [6], [2], 0)
    einsum(counting(2, 3), 'a b -> (b a)', {}, { out })
    expect([...out.data]).toEqual([0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5, 0])
  })

  test.each([
    ['another shape', () => counting(3), 'out/shape'],
    ['another dtype', () => of(new Float64Array(2), 2), 'out/dtype'],
    ['a repeated element', () => ndarray(new Float32Array(2), [2], [0], 0), 'out/overlap'],
  ])('%s is refused', (_, makeOut, code) => {
    const run = () => einsum(counting(2, 3), 'a b -> a', {}, { out: makeOut() as NdArray<Float32Array> })
    expect(errorOf(run).code).toBe(code)
  })
})

describe('messages', () => {
  test('two lengths of one axis are both told, with carets under the second', () => {
    const error = errorOf(() => einsum([counting(2, 3), counting(4, 5)], 'i j, j k -> i k'))
    expect(error.message).toBe(
      [
        "einsum: axis 'j' has two lengths — got 4 in dimension 0 of operand 2, expected 3 as in operand 1",
        '',
        '  i j, j k -> i k',
        '       ^',
        '  shapes:  [2, 3]: i = 2, j = 3',
        '           [4, 5]: j = 4, k = 5',
      ].join('\n'),
    )
  })

  test.each([
    ['a length that contradicts a shape', [[2, 3]], 'i j -> i', { j: 4 }, 'shape/two-lengths', 'j'],
    ['a given length of which there is only 1', [[2, 1]], 'i j -> i', { j: 4 }, 'shape/two-lengths', 'j'],
    ['a diagonal of two lengths', [[2, 3]], 'i i -> i', {}, 'shape/two-lengths', 'i'],
    ['a diagonal of length 1 and another', [[3, 1]], 'i i -> i', {}, 'shape/two-lengths', 'i'],
    ['too many dimensions', [[2, 3, 4]], 'i j -> i', {}, 'shape/rank', 'i j'],
    ['too few dimensions for an ellipsis', [[2]], 'i j ... -> i', {}, 'shape/rank', 'i j ...'],
    ['ellipses that do not broadcast', [[2, 3], [4]], '... , ... -> ...', {}, 'shape/ellipsis', '...'],
    ['a dropped ellipsis', [[2, 3]], 'i ... -> i', {}, 'shape/ellipsis-dropped', 'i'],
    ['a group with two unknowns', [[6]], '(a b) -> a b', {}, 'shape/cannot-infer', '(a b)'],
    ['a group that does not divide', [[7]], '(a b) -> a b', { a: 2 }, 'shape/not-divisible', '(a b)'],
    ['a group whose product is another', [[6]], '(a b) -> a b', { a: 2, b: 4 }, 'shape/mismatch', '(a b)'],
    ['a unit axis that is longer', [[2, 3]], 'i 1 -> i', {}, 'shape/mismatch', '1'],
    ['a group of length 0 with an unknown', [[0]], '(a b) -> a b', { a: 0 }, 'shape/zero-divisor', '(a b)'],
    ['a length that is no axis', [[2]], 'i -> i', { k: 3 }, 'length/unused', 'i -> i'],
    ['a length that is no number', [[2]], 'i -> i', { i: 1.5 }, 'length/bad-value', 'i'],
  ])('%s is refused where it stands', (_, shapes, pattern, lengths, code, marked) => {
    const error = errorOf(() =>
      einsum(
        shapes.map((shape) => counting(...shape)),
        pattern,
        lengths,
      ),
    )
    const { start, end } = error.span!
    expect([error.code, pattern.slice(start, end)]).toEqual([code, marked])
  })

  test('a wrong number of operands is told with carets under all of them', () => {
    const error = errorOf(() => einsum([counting(2)], 'i, j -> i' as string))
    expect(error.message).toContain('wrong number of operands — got 1, expected 2')
  })
})

describe('broadcast: false', () => {
  const strict = { broadcast: false }
  const loose = (...args: unknown[]) => (einsum as (...all: unknown[]) => NdArray)(...args)

  test('refuses length 1 against another, by name and with a hint, and says nothing against equal lengths', () => {
    const rows = counting(1, 3)
    expect(loose([rows, counting(2)], 'i j, i -> j').shape).toEqual([3])
    const error = errorOf(() => loose([rows, counting(2)], 'i j, i -> j', {}, strict))
    expect(error.what).toBe(
      "axis 'i' has two lengths — got 2 in dimension 0 of operand 2, expected 1 as in operand 1",
    )
    expect(error.hint).toBe('length 1 fits other lengths unless broadcast is false')
    expect(elements(loose([rows, counting(1)], 'i j, i -> j', {}, strict))).toEqual([0, 0, 0])
    expect(loose([rows, counting(2)], 'i j, i -> j', {}, { broadcast: true }).shape).toEqual([3])
  })

  test('holds for dimensions under an ellipsis and for given lengths', () => {
    const shapes = [counting(1, 3), counting(5, 3)]
    expect(errorOf(() => loose(shapes, '... i, ... i -> ...', {}, strict)).what).toBe(
      "axis '...' has two lengths — got 5 in dimension 0 of operand 2, expected 1 as in operand 1",
    )
    expect(errorOf(() => loose([counting(1)], 'i -> i', { i: 3 }, strict)).code).toBe('shape/two-lengths')
  })

  test('is a flag', () => {
    expect(errorOf(() => loose([counting(2)], 'i ->', {}, { broadcast: 0 })).what).toBe(
      "bad option 'broadcast' — got 0, expected true or false",
    )
  })
})

test('an axis may have any name that the language allows, also those of object members', () => {
  const got = einsum([counting(2, 3), counting(3)], 'constructor toString, toString -> constructor')
  expect(elements(got)).toEqual([5, 14])
})

test('a plan is frozen, says what it does, and is found again for the same shapes', () => {
  const plan = bindEinsum(parseEinsum('b (h d), d e -> b h e'), [
    [2, 12],
    [4, 5],
  ])
  expect(String(plan)).toBe(
    "einsum 'b (h d), d e -> b h e': [2, 12], [4, 5] -> [2, 3, 5] with b=2, h=3, d=4, e=5",
  )
  expect([plan, plan.lengths, plan.axes, plan.operands, plan.output].every(Object.isFrozen)).toBe(true)
})
