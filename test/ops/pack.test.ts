import fc from 'fast-check'
import ndarray, { type NdArray } from 'ndarray'
import { pack, unpack } from 'tesserae'
import { describe, expect, it } from 'vitest'
import { anyLayout, elements, indices, reach } from '../layouts.ts'
import { count } from './patterns.ts'

/** Arrays that share the axes around '*' and have any axes under it, with any strides. */
const anyPack = fc
  .record({
    before: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
    after: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    middles: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .chain(({ before, after, middles }) =>
    fc
      .tuple(...middles.map((middle) => anyLayout([...before, ...middle, ...after])))
      .map((layouts) => ({ before, after, middles, layouts })),
  )

const names = (axes: readonly number[], prefix: string) => axes.map((_, i) => `${prefix}${i}`).join(' ')

describe('pack and unpack', () => {
  it('put every element where its coordinates say, and give it back as views', () => {
    fc.assert(
      fc.property(anyPack, ({ before, after, middles, layouts }) => {
        let next = 0
        const arrays = layouts.map((layout) => {
          const data = Float64Array.from({ length: reach(layout) }, () => next++)
          return ndarray(data, [...layout.shape], [...layout.stride], layout.offset)
        })
        const pattern = `${names(before, 'a')} * ${names(after, 'z')}`
        const [packed, shapes] = pack(arrays, pattern)
        expect(shapes).toEqual(middles)
        const total = middles.reduce((sum, middle) => sum + count(middle), 0)
        expect(packed.shape).toEqual([...before, total, ...after])
        for (const index of indices(packed.shape)) {
          let place = index[before.length]!
          const from = middles.findIndex((middle) => {
            if (place < count(middle)) return true
            place -= count(middle)
            return false
          })
          const inside = [...indices(middles[from]!)][place]!
          const want = arrays[from]!.get(
            ...index.slice(0, before.length),
            ...inside,
            ...index.slice(before.length + 1),
          )
          expect(packed.get(...index)).toBe(want)
        }
        const parts = unpack(packed, shapes, pattern)
        expect(parts.map(elements)).toEqual(arrays.map((x) => elements(x as NdArray)))
        expect(parts.every(({ data }) => data === packed.data)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('infer one -1 from what is left', () => {
    const x = ndarray(new Float32Array(24), [2, 12])
    expect(unpack(x, [[2], [-1, 2], [4]], 'a *').map(({ shape }) => shape)).toEqual([
      [2, 2],
      [2, 3, 2],
      [2, 4],
    ])
  })

  it.each([
    [[[3], [-1], [-1]], 'more than one -1 in the packed shapes'],
    [[[3], [4]], "the packed shapes do not fill axis '*' — got 7 elements, expected 12"],
    [[[13], [-1]], "the packed shapes do not fill axis '*' — got 13 elements, expected 12"],
    [[[2], [-1, 3]], 'packed shape 1 does not divide what is left — got 10, expected a multiple of 3'],
    [[[12], [0, -1]], 'packed shape 1 does not divide what is left'],
    [[[1.5]], 'bad packed shapes'],
    ['12', 'bad packed shapes'],
  ])('%# of wrong packed shapes is rejected in words', (shapes, message) => {
    const x = ndarray(new Float32Array(24), [2, 12])
    expect(() => unpack(x, shapes as number[][], 'a *')).toThrow(`unpack: ${message}`)
  })

  it('arrays that do not fit each other are rejected in words', () => {
    const x = ndarray(new Float32Array(6), [2, 3])
    const y = ndarray(new Float32Array(6), [3, 2])
    expect(() => pack([x, y], 'a *')).toThrow("pack: tensor 1 differs in axis 'a' — got length 3, expected 2")
    expect(() => pack([x, x.pick(0, null)], 'a b *')).toThrow('pack: tensor 1 has too few dimensions — got 1')
    const z = ndarray(new Float64Array(6), [2, 3]) as unknown as NdArray<Float32Array>
    expect(() => pack([x, z], 'a *')).toThrow('pack: tensors of different dtypes in one list')
  })
})
