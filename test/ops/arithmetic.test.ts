/** Arithmetic on arrays: what each operation gives, by values computed element by element. */

import fc from 'fast-check'
import ndarray, { type Data, type NdArray } from 'ndarray'
import { describe, expect, it } from 'vitest'
import {
  add,
  allClose,
  arange,
  argmax,
  argmin,
  divide,
  EinopsError,
  fromNested,
  full,
  map,
  multiply,
  ones,
  rearrange,
  reduce,
  softmax,
  subtract,
  toNested,
  zeros,
} from '../../src/index.ts'
import { dtypeOf } from '../../src/layout/data.ts'
import { contiguous } from '../../src/layout/layout.ts'
import { zipInto, zipPlainly } from '../../src/rows/zip.ts'
import { anyLayout, elements, reach } from '../layouts.ts'

const tokens = fromNested([
  [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
])

describe('add, subtract, multiply and divide', () => {
  it('repeat along the axes that an operand lacks, by name', () => {
    expect(toNested(add([tokens, fromNested([10, 20])], 'b n d, d -> b n d'))).toEqual([
      [
        [11, 22],
        [13, 24],
        [15, 26],
      ],
    ])
    expect(toNested(subtract([tokens, fromNested([1, 2, 3])], 'b n d, n -> d (b n)'))).toEqual([
      [0, 1, 2],
      [1, 2, 3],
    ])
    const column = fromNested([1, 2])
    const row = fromNested([3, 4, 5])
    expect(toNested(multiply([column, row], 'i, j -> i j'))).toEqual([
      [3, 4, 5],
      [6, 8, 10],
    ])
    expect(toNested(divide([row, column], 'j, i -> j i'))).toEqual([
      [3, 1.5],
      [4, 2],
      [5, 2.5],
    ])
  })

  it('take numbers, groups, diagonals and lengths of 1', () => {
    expect(toNested(multiply([tokens, 2], 'b n d, -> b (n d)'))).toEqual([[2, 4, 6, 8, 10, 12]])
    const grid = fromNested([0, 1, 2, 3])
    expect(toNested(add([grid, fromNested([[10], [20]])], '(h w), h w -> h w', { h: 2 }))).toEqual([
      [10, 11],
      [22, 23],
    ])
    const square = fromNested([
      [1, 2],
      [3, 4],
    ])
    expect(toNested(subtract([square, 1], 'i i, -> i'))).toEqual([0, 3])
    expect(toNested(add([1, 2], ', ->'))).toBe(3)
  })

  it('go on with the result where there are more than two operands, and copy where there is one', () => {
    const x = fromNested([20, 30])
    expect(toNested(subtract([x, x, 1, 2], 'i, i, , -> i'))).toEqual([-3, -3])
    expect(toNested(divide([x, 2, 5], 'i, , -> i'))).toEqual([2, 3])
    const copy = add([x], 'i -> i')
    expect(copy.data).toEqual(x.data)
    expect(copy.data).not.toBe(x.data)
  })

  it('keep floats and big integers, and make float64 of integers', () => {
    const of = (data: Data) => ndarray(data, [2])
    const bytes = of(Uint8Array.of(200, 100))
    expect(add([bytes, bytes], 'i, i -> i').data).toEqual(Float64Array.of(400, 200))
    expect(divide([bytes, 255], 'i, -> i').data).toEqual(Float64Array.of(200 / 255, 100 / 255))
    expect(multiply([of(Float32Array.of(0.1, 2)), 3], 'i, -> i').data).toEqual(
      Float32Array.of(Math.fround(0.1) * 3, 6),
    )
    const big = of(BigInt64Array.of(2n ** 60n, 3n))
    expect(add([big, big], 'i, i -> i').data).toEqual(BigInt64Array.of(2n ** 61n, 6n))
    expect(subtract([big, 1], 'i, -> i').data).toEqual(BigInt64Array.of(2n ** 60n - 1n, 2n))
    for (const options of [{}, { dtype: 'float64' as const }]) {
      expect(() => multiply([big, 0.5], 'i, -> i', {}, options)).toThrow(
        'got 0.5 beside bigint64, expected numbers, which have fractions',
      )
    }
    expect(() => add([big, 2n as never], 'i, -> i')).toThrow(
      'fromNested(2n) makes an array without axes of it',
    )
    expect(() => divide([big, big], 'i, i -> i')).toThrow(
      'divide: an operand has a dtype that cannot be used here — got bigint64, expected numbers, which have fractions',
    )
  })

  it('convert what they compute, of any dtypes', () => {
    const bytes = ndarray(Uint8Array.of(200, 100), [2])
    const floats = ndarray(Float64Array.of(0.5, -300), [2])
    const big = ndarray(BigInt64Array.of(1n, 2n), [2])
    expect(add([bytes, floats], 'i, i -> i', {}, { dtype: 'uint8_clamped' }).data).toEqual(
      Uint8ClampedArray.of(200, 0),
    )
    expect(add([bytes, floats, big], 'i, i, i -> i', {}, { dtype: 'float32' }).data).toEqual(
      Float32Array.of(201.5, -198),
    )
    expect(multiply([bytes, 2], 'i, -> i', {}, { dtype: 'bigint64' }).data).toEqual(
      BigInt64Array.of(400n, 200n),
    )
    expect(add([big, big], 'i, i -> i', {}, { dtype: 'int8' }).data).toEqual(Int8Array.of(2, 4))
    // @ts-expect-error two dtypes, and none that they become
    expect(() => add([bytes, floats], 'i, i -> i')).toThrow(
      'add: operand 2 has a dtype that cannot be used here — got float64, expected uint8, as the operands before it',
    )
  })

  it('write into out, also where it is an operand', () => {
    const x = fromNested([1, 2, 3])
    expect(add([x, 1], 'i, -> i', {}, { out: x })).toBe(x)
    expect([...x.data]).toEqual([2, 3, 4])
    multiply([x, rearrange(x.step(-1), 'i -> i')], 'i, i -> i', {}, { out: x })
    expect([...x.data]).toEqual([8, 9, 8])
    const bytes = ndarray(new Uint8ClampedArray(3), [3])
    divide([x, -2, -1], 'i, , -> i', {}, { out: bytes })
    expect([...bytes.data]).toEqual([4, 4, 4]) // 4.5 to even
  })

  it('refuse what they cannot do before anything is written', () => {
    const x = fromNested([1, 2, 3])
    const out = zeros([2])
    expect(() => add([x, 1], 'i, -> i', {}, { out: out as never })).toThrow("'out' has a wrong shape")
    expect(() => add([x, 1], 'i, -> i', {}, { copy: 'never' })).toThrow('arithmetic computes new elements')
    // @ts-expect-error two operands
    expect(() => add([x], 'i, -> i')).toThrow('add: wrong number of operands — got 1, expected 2')
    expect(() => add(x as never, 'i -> i')).toThrow('add: no list — got an object')
    expect(() => add([x, '1'] as never, 'i, -> i' as never)).toThrow('operand 2 is not an ndarray — got "1"')
    // @ts-expect-error an axis that is summed
    expect(() => add([x, x], 'i, j -> i')).toThrow(
      "add: axis 'j' is missing in the output — got no 'j' after '->', expected every axis of the operands",
    )
    // @ts-expect-error the lists are literal, and so are their lengths
    expect(() => multiply([x, fromNested([1, 2])], 'i, i -> i')).toThrow("multiply: axis 'i' has two lengths")
    expect([...out.data]).toEqual([0, 0])
  })

  it('have nothing to do with results of no elements', () => {
    expect(add([zeros([0, 3]), ones([3])], 'a b, b -> b a').shape).toEqual([3, 0])
  })

  const kinds = [Float32Array, Float64Array, Int16Array, Uint8ClampedArray, BigInt64Array] as const
  it('compute as the plain loop does, whatever the three layouts', () => {
    const any = anyLayout().chain((layout) =>
      fc.tuple(
        fc.constant(layout),
        anyLayout(layout.shape),
        anyLayout(layout.shape, { distinct: true }),
        fc.constantFrom(...kinds),
        fc.constantFrom('add', 'subtract', 'multiply', 'divide'),
      ),
    )
    fc.assert(
      fc.property(any, ([a, b, to, Kind, name]) => {
        const isBig = Kind === BigInt64Array
        const filled = (size: number): Data => {
          const data = new Kind(size)
          for (let i = 0; i < size; i++) data[i] = isBig ? BigInt((i % 17) + 1) : (i % 17) + 1
          return data as Data
        }
        const [x, y] = [
          { ...a, data: filled(reach(a)) },
          { ...b, data: filled(reach(b)) },
        ]
        const Target = isBig || Kind === Float32Array ? Kind : Float64Array
        const target = { ...to, data: new Target(reach(to) + 2) as Data }
        const want = { ...to, data: new Target(reach(to) + 2) as Data }
        const operation = name === 'divide' && isBig ? 'add' : (name as 'add')
        zipInto(operation, x, y, target)
        zipPlainly(operation, x, y, want)
        expect(target.data).toEqual(want.data)
      }),
      { numRuns: 300 },
    )
  })
})

describe('argmax and argmin', () => {
  const x = fromNested([
    [3, 1, 3],
    [-1, -5, -5],
  ])

  it('say where the first best element stands', () => {
    expect(argmax(x, 'b c -> b').data).toEqual(Int32Array.of(0, 0))
    expect(argmin(x, 'b c -> b').data).toEqual(Int32Array.of(1, 1))
    expect(argmax(x, 'b c -> c').data).toEqual(Int32Array.of(0, 0, 0))
    expect(argmax(x, 'b (c 1) -> 1 b').shape).toEqual([1, 2])
  })

  it('count through all dropped axes in the order of the left side', () => {
    expect(argmin(x, 'b c ->').get()).toBe(4)
    expect(argmax(rearrange(x, 'b c -> c b'), 'c b ->').get()).toBe(0)
    const cube = rearrange(arange(24), '(a b c) -> a b c', { a: 2, b: 3 })
    expect(argmax(cube, 'a b c -> b').data).toEqual(Int32Array.of(7, 7, 7))
  })

  it('give the first NaN, as max and min do', () => {
    const odd = fromNested([
      [1, Number.NaN, 5, Number.NaN],
      [Number.NaN, 1, 2, 3],
    ])
    expect(argmax(odd, 'b c -> b').data).toEqual(Int32Array.of(1, 0))
    expect(argmin(odd, 'b c -> b').data).toEqual(Int32Array.of(1, 0))
  })

  it('know every dtype, lists, and what to become', () => {
    const big = ndarray(BigInt64Array.of(2n ** 60n, 2n ** 60n + 1n), [2])
    expect(argmax(big, 'i ->').get()).toBe(1)
    const list = [fromNested([1, 5]), fromNested([7, 2])]
    expect(argmax(list, 'n i -> i', {}, { dtype: 'bigint64' }).data).toEqual(BigInt64Array.of(1n, 0n))
    const out = ndarray(new Uint8Array(2), [2])
    expect(argmin(x, 'b c -> b', {}, { out })).toBe(out)
    expect([...out.data]).toEqual([1, 1])
  })

  it('have no place in nothing', () => {
    expect(() => argmax(zeros([2, 0]), 'a b -> a')).toThrow(
      "argmax: 'argmax' of no elements — got a reduced dimension of length 0, expected 1 or more",
    )
    expect(argmax(zeros([0, 2]), 'a b -> a').shape).toEqual([0])
    // @ts-expect-error an axis from nowhere
    expect(() => argmin(x, 'b c -> d')).toThrow("argmin: axis 'd' is only on the right")
  })
})

describe('std and variance', () => {
  it('are those of the elements, or of a sample', () => {
    const x = fromNested([
      [1, 2, 3, 4],
      [2, 2, 2, 2],
    ])
    expect(reduce(x, 'b d -> b', 'variance').data).toEqual(Float32Array.of(1.25, 0))
    expect(reduce(x, 'b d -> b', 'std').data).toEqual(Float32Array.of(Math.sqrt(1.25), 0))
    expect(reduce(x, 'b d -> b', 'variance', {}, { correction: 1, dtype: 'float64' }).data).toEqual(
      Float64Array.of(5 / 3, 0),
    )
    expect(reduce(x, 'b d ->', 'variance').get()).toBeCloseTo(0.6875 + 0 * 1, 6)
  })

  it('lose nothing where the mean is large, in slabs as at once', () => {
    const n = 1000
    const data = Float64Array.from({ length: 600 * n }, (_, i) => 1e9 + (i % n) / n + Math.floor(i / n))
    const x = ndarray(data, [600, n])
    const want = (n * n - 1) / 12 / (n * n)
    for (const value of reduce(x, 'b d -> b', 'variance').data) expect(value).toBeCloseTo(want, 5)
    const turned = reduce(rearrange(x, 'b d -> d b'), 'd b -> b', 'std')
    for (const value of turned.data) expect(value).toBeCloseTo(Math.sqrt(want), 5)
  })

  it('make float64 of integers, NaN of nothing, and refuse big integers', () => {
    const bytes = ndarray(Uint8Array.of(0, 255), [2])
    expect(reduce(bytes, 'i ->', 'std').data).toEqual(Float64Array.of(127.5))
    expect(reduce(zeros([2, 0]), 'a b -> a', 'std').data).toEqual(Float32Array.of(Number.NaN, Number.NaN))
    expect(reduce(ones([1]), 'a ->', 'variance', {}, { correction: 1 }).get()).toBeNaN()
    expect(reduce(ones([2]), 'a -> a', 'variance').data).toEqual(Float32Array.of(0, 0))
    const big = ndarray(BigInt64Array.of(1n), [1])
    expect(() => reduce(big, 'a ->', 'std')).toThrow("'std' of bigint64")
    expect(() => reduce(bytes, 'i ->', 'sum', {}, { correction: 1 })).toThrow("bad option 'correction'")
    expect(() => reduce(bytes, 'i ->', 'std', { correction: 1 } as never)).toThrow(
      'options are the argument after the lengths',
    )
  })
})

describe('map', () => {
  it('goes through the elements in the order of the shape', () => {
    const seen: number[] = []
    const x = fromNested([
      [1, 2],
      [3, 4],
    ])
    const y = map(rearrange(x, 'a b -> b a'), (value) => {
      seen.push(value)
      return value * 10
    })
    expect(seen).toEqual([1, 3, 2, 4])
    expect(toNested(y)).toEqual([
      [10, 30],
      [20, 40],
    ])
  })

  it('loses no fractions of integers, keeps big integers, and converts where it is asked to', () => {
    const bytes = ndarray(Uint8Array.of(1, 2), [2])
    expect(map(bytes, (value) => value / 4).data).toEqual(Float64Array.of(0.25, 0.5))
    expect(map(bytes, (value) => value > 1, { dtype: 'uint8' }).data).toEqual(Uint8Array.of(0, 1))
    const big = ndarray(BigInt64Array.of(1n, 2n), [2])
    expect(map(big, (value) => value * 3n).data).toEqual(BigInt64Array.of(3n, 6n))
    const x = fromNested([1, 2])
    expect(map(x, (value) => -value, { out: x })).toBe(x)
    expect([...x.data]).toEqual([-1, -2])
  })

  it('says where the function gives nothing', () => {
    const x = fromNested([1])
    expect(() => map(x, (() => {}) as never)).toThrow(
      'map: the function gave no number — got undefined, expected one for each element',
    )
    expect(() => map(x, 5 as never)).toThrow('the order is map(x, (value) => …)')
    expect(() => map([1] as never, Math.sqrt)).toThrow(EinopsError)
  })
})

describe('softmax', () => {
  it('sums to one along any axis, in the dtype of floats', () => {
    const x = fromNested([
      [1, 2, 3],
      [1000, 1000, Number.NEGATIVE_INFINITY],
    ])
    const rows = softmax(x)
    expect(rows.data).toBeInstanceOf(Float32Array)
    expect(allClose(reduce(rows, 'a b -> a', 'sum'), ones([2]))).toBe(true)
    expect(rows.get(1, 0)).toBe(0.5)
    for (const axis of [0, 1, 2, -2]) {
      const cube = rearrange(arange(24), '(a b c) -> a b c', { a: 2, b: 3 })
      const doubles = softmax(rearrange(cube, 'a b c -> a b c', {}, { dtype: 'float64' }), { axis })
      expect(doubles.data).toBeInstanceOf(Float64Array)
      expect(allClose(softmax(cube, { axis }), doubles, { rtol: 1e-6 })).toBe(true)
      const sums = [reduce(doubles, 'a b c -> b c', 'sum'), reduce(doubles, 'a b c -> a c', 'sum')]
      const sum = [...sums, reduce(doubles, 'a b c -> a b', 'sum')][(axis + 3) % 3]!
      expect(
        allClose(
          sum,
          map(sum, () => 1),
          { rtol: 1e-12 },
        ),
      ).toBe(true)
    }
  })

  it('knows integers, what to become, and out', () => {
    const x = ndarray(Uint8Array.of(0, 0), [2])
    expect(softmax(x).data).toEqual(Float64Array.of(0.5, 0.5))
    expect(softmax(x, { dtype: 'float32' }).data).toEqual(Float32Array.of(0.5, 0.5))
    const out = zeros([2])
    expect(softmax(x, { out })).toBe(out)
    expect([...out.data]).toEqual([0.5, 0.5])
    expect(softmax(ndarray(Float32Array.of(3), [])).get()).toBe(1)
    expect(softmax(zeros([2, 0])).shape).toEqual([2, 0])
  })

  it('refuses axes that there are not', () => {
    expect(() => softmax(zeros([2, 3]), { axis: 2 })).toThrow(
      "bad option 'axis' — got 2, expected one of 2 axes",
    )
    expect(() => softmax(zeros([2]), { axis: 0.5 })).toThrow("bad option 'axis'")
    expect(() => softmax(ndarray(BigInt64Array.of(1n), [1]))).toThrow('got bigint64')
  })
})

describe('allClose', () => {
  it('is for rounding: relative and absolute, whatever dtypes and strides', () => {
    const x = fromNested([[1, 2, 3]])
    expect(allClose(x, rearrange(ndarray(Int8Array.of(1, 2, 3), [3, 1]), 'a b -> b a'))).toBe(true)
    expect(allClose(fromNested([1e6]), fromNested([1e6 + 5]))).toBe(true)
    expect(allClose(fromNested([1]), fromNested([1.1]))).toBe(false)
    expect(allClose(fromNested([0]), fromNested([1e-9]))).toBe(true)
    expect(allClose(fromNested([0]), fromNested([1e-9]), { atol: 0 })).toBe(false)
  })

  it('knows what is not finite', () => {
    const odd = fromNested([Number.POSITIVE_INFINITY, Number.NaN])
    expect(allClose(odd, odd)).toBe(false)
    expect(allClose(odd, odd, { equalNan: true })).toBe(true)
    expect(allClose(fromNested([5]), fromNested([Number.POSITIVE_INFINITY]))).toBe(false)
    expect(allClose(fromNested([Number.NEGATIVE_INFINITY]), fromNested([Number.POSITIVE_INFINITY]))).toBe(
      false,
    )
  })

  it('compares no shapes that differ', () => {
    expect(() => allClose(zeros([2]), zeros([2, 1]))).toThrow(
      'allClose: the shapes differ — got [2, 1], expected [2]',
    )
    expect(() => allClose(zeros([2]), 5 as never)).toThrow('the second array is not an ndarray')
    // @ts-expect-error no such option
    expect(() => allClose(zeros([2]), zeros([2]), { tol: 1 })).toThrow("unknown option 'tol'")
  })
})

describe('zeros, ones, full and arange', () => {
  it('make arrays of a shape and a dtype', () => {
    expect(zeros([2, 3]).data).toEqual(new Float32Array(6))
    expect(ones([2], 'bigint64').data).toEqual(BigInt64Array.of(1n, 1n))
    expect(full([2], 300, 'uint8').data).toEqual(Uint8Array.of(44, 44))
    expect(zeros([]).get()).toBe(0)
    expect(arange(3).data).toEqual(Float32Array.of(0, 1, 2))
    expect(arange(1, 0, -0.25, 'float64').data).toEqual(Float64Array.of(1, 0.75, 0.5, 0.25))
    expect(arange(5, 2).shape).toEqual([0])
  })

  it.each([
    ['zeros', () => zeros([-1])],
    ['ones', () => ones([2.5])],
    ['full', () => full(3 as never, 1)],
    ['full', () => full([3], 'x' as never)],
    ['arange', () => arange(Number.POSITIVE_INFINITY)],
    ['arange', () => arange(0, 5, 0)],
    ['zeros', () => zeros([1], 'float23' as never)],
    ['zeros', () => zeros([2 ** 40])],
  ])('%s refuses what makes no array', (operation, call) => {
    expect(call).toThrow(new RegExp(`^${operation}: `))
    expect(call).toThrow(EinopsError)
  })
})

it('what is computed is new: nothing shares memory with what it is made of', () => {
  const x: NdArray<Float32Array> = fromNested([1, 2])
  for (const y of [
    add([x], 'i -> i'),
    map(x, (v) => v),
    softmax(x),
    rearrange(x, 'i -> i', {}, { dtype: 'int8' }),
  ]) {
    expect(y.data).not.toBe(x.data)
    expect(dtypeOf(y.data)).not.toBe('generic')
    expect(elements({ ...contiguous([2]), data: x.data })).toEqual([1, 2])
  }
})
