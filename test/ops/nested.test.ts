/** Looking at results: as text, as nested lists, and back. */
import { inspect } from 'node:util'
import ndarray, { type Data } from 'ndarray'
import { describe, expect, it, vi } from 'vitest'
import { EinopsError, fromNested, rearrange, repeat, show, toNested } from '../../src/index.ts'

const x = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])

describe('show', () => {
  it('prints a view in its own order, and says dtype and shape', () => {
    expect(show(x.transpose(1, 0))).toBe('float32 [3, 2]\n[[1, 4],\n [2, 5],\n [3, 6]]')
    expect(show(x.step(1, -2))).toBe('float32 [2, 2]\n[[3, 1],\n [6, 4]]')
  })

  it('prints any rank', () => {
    expect(show(ndarray(Int8Array.of(-7), []))).toBe('int8 []\n-7')
    expect(show(ndarray(new Uint8Array(0), [0]))).toBe('uint8 [0]\n[]')
    expect(show(ndarray(new Uint8Array(0), [2, 0]))).toBe('uint8 [2, 0]\n[[],\n []]')
    expect(show(ndarray(new Uint8Array(4), [2, 1, 2]))).toBe('uint8 [2, 1, 2]\n[[[0, 0]],\n\n [[0, 0]]]')
  })

  it('puts columns under each other and rounds to eight digits, but no whole number', () => {
    const values = ndarray(Float32Array.of(0.1, -100, 1 / 3, 16_777_216), [2, 2])
    expect(show(values)).toBe('float32 [2, 2]\n[[       0.1,       -100],\n [0.33333334,   16777216]]')
    expect(show(values, { precision: 2 })).toBe(
      'float32 [2, 2]\n[[     0.1,     -100],\n [    0.33, 16777216]]',
    )
  })

  it('says what numbers JavaScript has beside the finite ones', () => {
    const odd = ndarray(Float64Array.of(Number.NaN, Number.NEGATIVE_INFINITY, -0), [3])
    expect(show(odd)).toBe('float64 [3]\n[      NaN, -Infinity,        -0]')
    expect(show(ndarray(BigInt64Array.of(2n ** 60n), [1]))).toBe('bigint64 [1]\n[1152921504606846976n]')
    expect(show(ndarray([true, 'a', null] as unknown as Data, [3]) as never)).toBe(
      'array [3]\n[true,  "a", null]',
    )
  })

  it('leaves out the middle of each axis where there are many', () => {
    const many = ndarray(
      Float64Array.from({ length: 40 * 50 }, (_, i) => i),
      [40, 50],
    )
    expect(show(many).split('\n')).toEqual([
      'float64 [40, 50]',
      '[[   0,    1,    2, …,   47,   48,   49],',
      ' [  50,   51,   52, …,   97,   98,   99],',
      ' [ 100,  101,  102, …,  147,  148,  149],',
      ' …,',
      ' [1850, 1851, 1852, …, 1897, 1898, 1899],',
      ' [1900, 1901, 1902, …, 1947, 1948, 1949],',
      ' [1950, 1951, 1952, …, 1997, 1998, 1999]]',
    ])
    expect(show(many, { edgeItems: 1 })).toBe('float64 [40, 50]\n[[   0, …,   49],\n …,\n [1950, …, 1999]]')
    expect(show(many, { threshold: 2000 }).length).toBeGreaterThan(2000 * 4)
  })

  it('never reads what it leaves out, so that a huge view is shown at once', () => {
    const huge = repeat(ndarray(Float32Array.of(1), [1]), '1 -> a b', { a: 1e7, b: 1e7 })
    expect(show(huge).split('\n')).toHaveLength(8)
  })

  it('goes on in the next line where a row is long', () => {
    const row = ndarray(new Uint8Array(60), [60])
    expect(
      show(row)
        .split('\n')
        .map((line) => line.length),
    ).toEqual([10, 78, 78, 24])
    expect(show(row, { lineWidth: 1 }).split('\n')).toHaveLength(61)
  })

  it('refuses what is no array, and options that there are not', () => {
    expect(() => show([1] as never)).toThrow(EinopsError)
    // @ts-expect-error no such option
    expect(() => show(x, { edgeitems: 2 })).toThrow("did you mean 'edgeItems'?")
    expect(() => show(x, { precision: 0 })).toThrow("bad option 'precision'")
  })
})

describe('console.log in Node', () => {
  it('shows results as show does, also inside of other things', () => {
    const view = rearrange(x, 'h w -> w h')
    expect(inspect(view)).toBe(show(view))
    expect(inspect({ view })).toBe('{\n  view: float32 [3, 2]\n  [[1, 4],\n   [2, 5],\n   [3, 6]]\n}')
    expect(inspect({ a: { b: { c: { view } } } })).toContain('[Object]')
    expect(inspect([view], { depth: 0 })).toBe('[ float32 [3, 2] ]')
  })

  it('is not changed for arrays that are not ours, and nothing enumerable is added to results', () => {
    rearrange(x, 'h w -> w h')
    expect(inspect(x)).toContain('data: Float32Array')
    const view = rearrange(x, 'h w -> w h')
    expect(view).toEqual(x.transpose(1, 0))
    expect(Object.keys(view)).toEqual(Object.keys(x))
    expect(Object.getOwnPropertySymbols({ ...view })).toEqual([])
  })

  it('shows results where no code may be generated too', async () => {
    vi.resetModules()
    vi.stubGlobal(
      'Function',
      class {
        constructor() {
          throw new EvalError('forbidden')
        }
      },
    )
    vi.doMock('ndarray', () => ({
      default: () => {
        throw new EvalError('forbidden')
      },
    }))
    const { makeNdarray } = await import('../../src/ops/array.ts')
    vi.unstubAllGlobals()
    vi.doUnmock('ndarray')
    expect(inspect(makeNdarray(x.data, [3, 2], [1, 3], 0))).toBe(
      'float32 [3, 2]\n[[1, 4],\n [2, 5],\n [3, 6]]',
    )
    expect(inspect(makeNdarray(x.data, [], [], 2))).toBe('float32 []\n3')
  })
})

describe('toNested and fromNested', () => {
  it('are inverse to each other', () => {
    const lists = [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
      [
        [9, 10],
        [11, 12],
      ],
    ]
    const array = fromNested(lists)
    expect(array.shape).toEqual([3, 2, 2])
    expect(toNested(array)).toEqual(lists)
    expect(toNested(rearrange(array, 'a b c -> c (a b)'))).toEqual([
      [1, 3, 5, 7, 9, 11],
      [2, 4, 6, 8, 10, 12],
    ])
    expect(toNested(fromNested(7))).toBe(7)
    expect(fromNested([[], []]).shape).toEqual([2, 0])
    expect(toNested(fromNested([]))).toEqual([])
  })

  it('a dtype is what the values say, or what was asked for', () => {
    expect(fromNested([1, 2.5]).data).toEqual(Float32Array.of(1, 2.5))
    expect(fromNested([1n, -2n]).data).toEqual(BigInt64Array.of(1n, -2n))
    expect(fromNested([true, false]).data).toEqual(Uint8Array.of(1, 0))
    expect(fromNested([1, true, 3n]).data).toEqual(Float32Array.of(1, 1, 3))
    expect(fromNested([1.5, 300, -1], 'uint8_clamped').data).toEqual(Uint8ClampedArray.of(2, 255, 0))
    expect(fromNested([1.5, true, 3n], 'bigint64').data).toEqual(BigInt64Array.of(1n, 1n, 3n))
    expect(fromNested([Float64Array.of(1, 2), [3, 4]], 'float64').data).toEqual(Float64Array.of(1, 2, 3, 4))
  })

  it('say where lists are ragged, and what is no number', () => {
    expect(() => fromNested([[1, 2], [3]])).toThrow(
      'fromNested: the lists are ragged — got length 1 at [1], expected a list of length 2',
    )
    expect(() => fromNested([[1, 2], 3])).toThrow('got 3 at [1], expected a list of length 2')
    expect(() => fromNested([1, [2]])).toThrow('got a list of length 1 at [1], expected a number')
    expect(() => fromNested([1, '2' as never])).toThrow('no number in the lists — got "2" at [1]')
    expect(() => fromNested([x, x] as never)).toThrow("rearrange(list, 'n ... -> n ...')")
    expect(() => fromNested([1], 'float23' as never)).toThrow("bad option 'dtype'")
    expect(() => toNested(5 as never)).toThrow(EinopsError)
  })
})
