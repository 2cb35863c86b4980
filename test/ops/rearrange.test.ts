import ndarray, { type NdArray } from 'ndarray'
import { EinopsError, rearrange, repeat } from 'tesserae'
import { describe, expect, it } from 'vitest'
import { elements } from '../layouts.ts'

const count = (shape: number[]) =>
  ndarray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  )

describe('rearrange', () => {
  it('shows writes through a view in the original, and the other way round', () => {
    const x = count([2, 6])
    const view = rearrange(x, 'a (b c) -> c a b', { b: 3 })
    view.set(1, 0, 2, 100)
    expect(x.get(0, 5)).toBe(100)
    x.set(1, 0, 200)
    expect(view.get(0, 1, 0)).toBe(200)
  })

  it('copies once where strides cannot express the result, into a buffer of its own', () => {
    const x = count([1, 3, 4, 4])
    const patches = rearrange(x, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 2, s2: 2 })
    expect(patches.shape).toEqual([1, 4, 12])
    expect(patches.stride).toEqual([48, 12, 1])
    // patch 1 is in row 0, column 1; its first element is pixel (0, 2) in channel 0, its second that in channel 1
    expect(patches.get(0, 1, 0)).toBe(2)
    expect(patches.get(0, 1, 1)).toBe(16 + 2)
    expect(patches.data).not.toBe(x.data)
  })

  it('cuts pixels into patches and puts them together again, exactly', () => {
    const x = count([2, 3, 6, 4])
    const patches = rearrange(x, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 3, s2: 2 })
    const back = rearrange(patches, 'b (h w) (s1 s2 c) -> b c (h s1) (w s2)', { h: 2, s1: 3, s2: 2 })
    expect(elements(back)).toEqual(elements(x))
  })

  it('stacks a list without a copy where its arrays stand evenly in one buffer', () => {
    const x = count([3, 2, 2])
    const list = [x.pick(2), x.pick(1), x.pick(0)]
    const stacked = rearrange(list, 'b h w -> h w b')
    expect(stacked.data).toBe(x.data)
    expect(stacked.stride).toEqual([2, 1, -4])
    expect(elements(stacked)).toEqual([8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3])
    const uneven = rearrange([x.pick(0), x.pick(2), x.pick(1)], 'b h w -> h w b')
    expect(uneven.data).not.toBe(x.data)
    expect(elements(uneven)).toEqual([0, 8, 4, 1, 9, 5, 2, 10, 6, 3, 11, 7])
  })

  it('keeps what a plain array holds, whatever it is', () => {
    const values = ['a', { b: 1 }, null, 4]
    const x = ndarray(values as number[], [2, 2])
    expect(elements(rearrange(x, 'a b -> (b a)'))).toEqual(['a', null, values[1], 4])
  })

  it('gives half floats of the platform or of a polyfill back as such', async () => {
    const { Float16Array } = await import('@petamoriken/float16')
    const half = Float16Array.of(1, 0.5, -2, 65504) as unknown as Float32Array
    const turned = rearrange(ndarray(half, [2, 2]), 'a b -> (b a)')
    expect(turned.dtype).toBe('float16')
    expect([...turned.data]).toEqual([1, -2, 0.5, 65504])
  })
})

describe('options', () => {
  const x = count([2, 3])
  const rejected = (options: object): EinopsError => {
    try {
      rearrange(x, 'a b -> b a', {}, options)
    } catch (error) {
      if (error instanceof EinopsError) return error
    }
    throw new Error('not rejected')
  }

  it('out is written and returned', () => {
    const out = ndarray(new Float32Array(12), [3, 2], [-4, 2], 8)
    expect(rearrange(x, 'a b -> b a', {}, { out })).toBe(out)
    expect([...out.data]).toEqual([2, 0, 5, 0, 1, 0, 4, 0, 0, 0, 3, 0])
  })

  it('a rejected call has written nothing into out', () => {
    for (const out of [
      count([2, 3]),
      ndarray(new Float32Array(6), [3, 2], [0, 1]),
      ndarray(new Float32Array(5), [3, 2]),
    ]) {
      const before = [...out.data]
      expect(() => rearrange(x, 'a b -> b a', {}, { out: out as NdArray<Float32Array> })).toThrow(EinopsError)
      expect([...out.data]).toEqual(before)
    }
  })

  it.each([
    [{ out: count([2, 3]) }, "'out' has a wrong shape — got [2, 3], expected [3, 2]"],
    [
      { out: ndarray(new Float64Array(6), [3, 2]), dtype: 'int8' },
      "'out' has a wrong dtype — got float64, expected int8, as the option 'dtype' says",
    ],
    [{ dtype: 'float23' }, `bad option 'dtype' — got "float23", expected 'int8' or`],
    [{ dtype: 'int8', copy: 'never' }, "a view cannot express the result — got copy: 'never'"],
    [
      { out: ndarray(new Float32Array(6), [3, 2], [0, 1]) },
      "'out' cannot be written — got stride 0 of axis 0, expected a place of its own for every element",
    ],
    [
      { out: ndarray(new Float32Array(5), [3, 2]) },
      "'out' is not a valid ndarray — got elements from 0 to 5",
    ],
    [{ out: [1] }, "'out' is not an ndarray — got a list"],
    [{ copy: 'sometimes' }, `bad option 'copy' — got "sometimes", expected 'auto' or 'always' or 'never'`],
    [{ copy: 'never', out: count([3, 2]) }, "bad option 'copy' — got 'never' together with 'out'"],
    [{ coppy: 'never' }, "unknown option 'coppy'"],
  ])('%# is rejected in words', (options, message) => {
    expect(rejected(options).message).toContain(`rearrange: ${message}`)
  })

  it('copy: never says which strides stand in the way', () => {
    const tall = count([2, 3, 4])
    expect(() => rearrange(tall, 'a b c -> (c a) b', {}, { copy: 'never' })).toThrow(
      "'c' and 'a' cannot be one dimension: a step of 'c' moves by 1 in memory, going on after the 2 of 'a' would take 24",
    )
  })
})

describe('an argument', () => {
  const call = (x: unknown) => () => rearrange(x as NdArray, 'a b -> b a')

  it.each([
    [undefined, 'the argument is not an ndarray — got undefined'],
    [null, 'the argument is not an ndarray — got null'],
    [7, 'the argument is not an ndarray — got 7'],
    [new Float32Array(6), 'the argument is not an ndarray — got a bare Float32Array'],
    [{ data: [1], shape: [1] }, 'the argument is not an ndarray — got an object'],
    [
      { data: new DataView(new ArrayBuffer(8)), shape: [1], stride: [1], offset: 0 },
      'the argument is not an ndarray',
    ],
    [[1, 2], 'the argument is not an ndarray — got a list'],
  ])('%# that is no ndarray is rejected in words', (x, message) => {
    expect(call(x)).toThrow(`rearrange: ${message}`)
  })

  it.each([
    [[2, 3], [3, 1], 1, 'got elements from 1 to 6, expected all of them in its buffer of 6'],
    [[2, 3], [-3, 1], 0, 'got elements from -3 to 2'],
    [[2, 3], [3], 0, 'got 1 strides, expected 2'],
    [[2, -3], [3, 1], 0, 'got length -3 of axis 1'],
    [[2, 1.5], [3, 1], 0, 'got length 1.5 of axis 1'],
    [[2, 3], [Number.NaN, 1], 0, 'got stride NaN of axis 0'],
    [[2, 3], [3, 1], 0.5, 'got offset 0.5'],
    [[2 ** 30, 2 ** 30], [0, 0], 0, 'got lengths whose product is 2^53 or more'],
    [[0, 2 ** 30, 2 ** 30], [0, 0, 0], 0, 'got lengths whose product is 2^53 or more'],
  ])('of shape %j, strides %j and offset %j is rejected in words', (shape, stride, offset, message) => {
    expect(call({ data: new Float32Array(6), shape, stride, offset })).toThrow(message)
  })

  it('whose buffer was transferred away is rejected', () => {
    const x = count([2, 3])
    structuredClone(x.data.buffer, { transfer: [x.data.buffer] })
    expect(call(x)).toThrow('expected all of them in its buffer of 0')
  })
})

describe('sizes', () => {
  it('over 2^53 are refused before anything is allocated', () => {
    const x = count([1])
    expect(() => repeat(x, 'a -> a b c', { b: 2 ** 30, c: 2 ** 30 })).toThrow('the result is too large')
    expect(() => repeat(x, 'a -> a b c d', { b: 2 ** 30, c: 2 ** 30, d: 0 })).toThrow(
      'the result is too large',
    )
  })

  it('up to 2^53 are views, and an EinopsError where memory does not hold a copy', () => {
    const x = count([1])
    const view = repeat(x, 'a -> a b', { b: 2 ** 52 })
    expect(view.shape).toEqual([1, 2 ** 52])
    expect(view.data).toBe(x.data)
    expect(() => repeat(x, 'a -> a b', { b: 2 ** 52 }, { copy: 'always' })).toThrow(
      'no memory for the result',
    )
  })
})
