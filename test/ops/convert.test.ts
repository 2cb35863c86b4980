/** Elements become another dtype while they are copied: the option `dtype`, and `out` of another dtype. */
import ndarray, { type Data } from 'ndarray'
import { describe, expect, it } from 'vitest'
import { pack, rearrange, reduce, repeat } from '../../src/index.ts'
import { dtypeOf } from '../../src/layout/data.ts'
import { elements } from '../layouts.ts'

const pixels = ndarray(Uint8Array.of(0, 10, 200, 30, 255, 50), [1, 2, 3])

describe('dtype', () => {
  it('rearranges pixels to the floats of a model in one call', () => {
    const x = rearrange(pixels, 'h w c -> 1 c h w', {}, { dtype: 'float32' })
    expect(dtypeOf(x.data)).toBe('float32')
    expect(x.shape).toEqual([1, 3, 1, 2])
    expect([...x.data]).toEqual([0, 30, 10, 255, 200, 50])
  })

  it('that an array has already changes nothing: a view stays a view', () => {
    const view = rearrange(pixels, 'h w c -> c h w', {}, { dtype: 'uint8' })
    expect(view.data).toBe(pixels.data)
    expect(() => rearrange(pixels, 'h w c -> c h w', {}, { dtype: 'int8', copy: 'never' })).toThrow(
      'int8 of uint8 is other bits',
    )
  })

  it('copies also where the elements would stand as they are', () => {
    const same = rearrange(pixels, 'h w c -> h w c', {}, { dtype: 'int16' })
    expect(same.data).toEqual(Int16Array.of(0, 10, 200, 30, 255, 50))
  })

  it('wraps integers, rounds and clamps where the target clamps, and makes NaN the integer 0', () => {
    const x = ndarray(Float32Array.of(-3, 1.5, 2.5, 300, Number.NaN), [5])
    expect(rearrange(x, 'a -> a', {}, { dtype: 'uint8' }).data).toEqual(Uint8Array.of(253, 1, 2, 44, 0))
    expect(rearrange(x, 'a -> a', {}, { dtype: 'uint8_clamped' }).data).toEqual(
      Uint8ClampedArray.of(0, 2, 2, 255, 0),
    )
    expect(rearrange(x, 'a -> a', {}, { dtype: 'bigint64' }).data).toEqual(
      BigInt64Array.of(-3n, 1n, 2n, 300n, 0n),
    )
  })

  it('brings the big integers of tokens to numbers', () => {
    const tokens = ndarray(BigInt64Array.of(5n, -1n, 2n ** 40n), [1, 3])
    expect(rearrange(tokens, 'b n -> n b', {}, { dtype: 'int32' }).data).toEqual(Int32Array.of(5, -1, 0))
    expect(repeat(tokens, 'b n -> (2 b) n', {}, { dtype: 'float64' }).data).toEqual(
      Float64Array.of(5, -1, 2 ** 40, 5, -1, 2 ** 40),
    )
  })

  it('takes whole numbers from sums of big integers that doubles do not hold', () => {
    const x = ndarray(BigInt64Array.of(2n ** 60n, 39n, -(2n ** 60n), 2n ** 60n), [4])
    expect(reduce(x, 'a ->', 'sum', {}, { dtype: 'int8' }).get()).toBe(39)
    expect(reduce(x, 'a ->', 'sum', {}, { out: ndarray(new Uint16Array(1), []) }).get()).toBe(39)
    expect(reduce(x.hi(3), 'a ->', 'sum', {}, { dtype: 'float64' }).get()).toBe(39)
    expect(reduce(x.hi(2), 'a ->', 'sum', {}, { dtype: 'uint8_clamped' }).get()).toBe(255)
  })

  it('sums floats as doubles on the way to big integers, and gives the same where memory is shared', () => {
    const memory = new ArrayBuffer(32)
    const x = ndarray(new Float32Array(memory, 0, 3), [3])
    const out = ndarray(new BigInt64Array(memory, 8, 1), [])
    x.data.set([2 ** 25, 1, 2])
    expect(reduce(x, 'a ->', 'sum', {}, { dtype: 'bigint64' }).get()).toBe(2n ** 25n + 3n)
    expect(reduce(x, 'a ->', 'sum', {}, { out }).get()).toBe(2n ** 25n + 3n)
  })

  it('lets the arrays of a list be of several dtypes', () => {
    const list = [ndarray(Float32Array.of(0.5, 1.5), [2]), ndarray(BigInt64Array.of(3n, 4n), [2])]
    expect(rearrange(list, 'n a -> a n', {}, { dtype: 'float64' }).data).toEqual(
      Float64Array.of(0.5, 3, 1.5, 4),
    )
    expect(reduce(list, 'n a -> a', 'max', {}, { dtype: 'int32' }).data).toEqual(Int32Array.of(3, 4))
    expect(() => rearrange(list, 'n a -> a n')).toThrow(
      "the option { dtype: 'float32' } converts what is not of it",
    )
  })

  it('packs arrays of several dtypes', () => {
    const bias = ndarray(Int8Array.of(-1, -2), [2])
    const rows = ndarray(Float64Array.of(0.5, 1, 2, 3), [2, 2])
    const [packed, shapes] = pack([bias, rows], 'a *', { dtype: 'float32' })
    expect(packed.data).toEqual(Float32Array.of(-1, 0.5, 1, -2, 2, 3))
    expect(shapes).toEqual([[], [2]])
    // @ts-expect-error two dtypes, and none that they become
    expect(() => pack([bias, rows], 'a *')).toThrow('different dtypes')
    // @ts-expect-error what is packed is new
    expect(() => pack([bias], 'a *', { copy: 'never' })).toThrow("unknown option 'copy'")
  })
})

describe('dtype of reduce', () => {
  it('is what results become, whatever they were folded in', () => {
    expect(reduce(pixels, 'h w c -> c', 'mean', {}, { dtype: 'float32' }).data).toEqual(
      Float32Array.of(15, 132.5, 125),
    )
    expect(reduce(pixels, 'h w c -> c', 'sum', {}, { dtype: 'bigint64' }).data).toEqual(
      BigInt64Array.of(30n, 265n, 250n),
    )
    expect(reduce(pixels, 'h w c -> h w', 'any', {}, { dtype: 'float64' }).data).toEqual(
      Float64Array.of(1, 1),
    )
    expect(reduce(pixels, 'h w c -> c w h', 'max', {}, { dtype: 'int16' }).data).toEqual(
      Int16Array.of(0, 30, 10, 255, 200, 50),
    )
  })

  it('float64 keeps the sum of floats as exact as it was added up', () => {
    const x = ndarray(Float32Array.of(2 ** 24, 1, 1, 0.25), [4])
    expect(reduce(x, 'a ->', 'sum', {}, { dtype: 'float64' }).data[0]).toBe(2 ** 24 + 2.25)
    const long = ndarray(new Float32Array(100_000).fill(0.1), [100_000])
    const sum = reduce(long, 'a ->', 'sum', {}, { dtype: 'float64' }).data[0]!
    expect(sum).toBeCloseTo(100_000 * Math.fround(0.1), 6)
    expect(sum).not.toBe(Math.fround(sum))
  })

  it('converts what a function gives', () => {
    const first = reduce(pixels, 'h w c -> c', (view) => view.pick(null, 0, 1), {}, { dtype: 'float32' })
    expect(first.data).toEqual(Float32Array.of(30, 255, 50))
  })

  it('sums of big integers become numbers, and sums of numbers big integers', () => {
    const big = ndarray(BigInt64Array.of(2n, 3n), [2])
    expect(reduce(big, 'a ->', 'sum', {}, { dtype: 'float32' }).data).toEqual(Float32Array.of(5))
    const floats = ndarray(Float64Array.of(2.5, 3), [2])
    expect(reduce(floats, 'a ->', 'sum', {}, { dtype: 'biguint64' }).data).toEqual(BigUint64Array.of(5n))
  })
})

describe('out of another dtype', () => {
  it('is filled and returned, by all that copy', () => {
    const x = ndarray(Float32Array.of(1.5, 2.5, 3.5, 4.5), [2, 2])
    const out = ndarray(new Uint8ClampedArray(4), [2, 2])
    expect(rearrange(x, 'a b -> b a', {}, { out })).toBe(out)
    expect([...out.data]).toEqual([2, 4, 2, 4])
    const row = ndarray(new Int32Array(2), [2])
    expect(reduce(x, 'a b -> b', 'sum', {}, { out: row })).toBe(row)
    expect([...row.data]).toEqual([5, 7])
    expect([...repeat(row, 'b -> 2 b', {}, { out: ndarray(new Float64Array(4), [2, 2]) }).data]).toEqual([
      5, 7, 5, 7,
    ])
    const packed = ndarray(new BigInt64Array(3), [3])
    expect(pack([ndarray(Float32Array.of(9), []), row], '*', { out: packed })[0]).toBe(packed)
    expect([...packed.data]).toEqual([9n, 5n, 7n])
  })

  it('may share memory with what is read, and be of any kind', () => {
    const floats = Float32Array.of(1, 2, 3, 4)
    const bytes = ndarray(new Uint8Array(floats.buffer), [4], [1], 0)
    rearrange(ndarray(floats, [4]), 'a -> a', {}, { out: bytes })
    expect([...bytes.data.subarray(0, 4)]).toEqual([1, 2, 3, 4])
    const plain = ndarray(new Array<number>(4).fill(0) as unknown as Data, [4])
    rearrange(bytes.hi(4), 'a -> a', {}, { out: plain })
    expect(elements(plain)).toEqual([1, 2, 3, 4])
  })

  it('of pack is checked before anything is written', () => {
    const x = ndarray(Float32Array.of(1, 2), [2])
    const out = ndarray(new Float32Array(3), [3])
    expect(() => pack([x], '*', { out })).toThrow("'out' has a wrong shape")
    expect(() => pack([x], '*', { out: ndarray(new Float64Array(2), [2]), dtype: 'int8' })).toThrow(
      "'out' has a wrong dtype",
    )
    expect([...out.data]).toEqual([0, 0, 0])
  })

  it('of pack may be one of the arrays that are packed', () => {
    const data = Float32Array.of(1, 2, 3, 4)
    const [a, b] = [ndarray(data, [2], [1], 0), ndarray(data, [2], [1], 2)]
    pack([b, a], '*', { out: ndarray(data, [4]) })
    expect([...data]).toEqual([3, 4, 1, 2])
  })
})
