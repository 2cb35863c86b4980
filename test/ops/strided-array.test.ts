/** Our arrays against ndarray's own, member by member, over random calls. */
import fc from 'fast-check'
import ndarray, { type NdArray } from 'ndarray'
import ops from 'ndarray-ops'
import { describe, expect, it } from 'vitest'
import { GenericData } from '../../src/layout/data.ts'
import { makeNdarray } from '../../src/ops/array.ts'
import { stridedArray } from '../../src/ops/strided-array.ts'
import { anyLayout, reach } from '../layouts.ts'

const makers = [
  (size: number) => Float32Array.from({ length: size }, (_, i) => i),
  (size: number) => Uint8ClampedArray.from({ length: size }, (_, i) => i),
  (size: number) => Array.from({ length: size }, (_, i) => i),
  (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => i)),
  (size: number) => {
    const data = new GenericData(size)
    for (let i = 0; i < size; i++) data.set(i, i)
    return data
  },
]

const anIndex = fc.oneof(fc.integer({ min: -2, max: 4 }), fc.constantFrom(undefined, null, 1.5))
const anyCall = fc.record({
  method: fc.constantFrom('lo', 'hi', 'step', 'transpose', 'pick', 'get', 'set', 'index', 'valueOf'),
  args: fc.array(anIndex, { maxLength: 6 }),
})

/** Everything that can be seen of an array. */
function look(x: unknown): unknown {
  if (typeof x !== 'object' || x === null || !('dimension' in x)) return x
  const { dtype, shape, stride, offset, size, order, dimension } = x as NdArray
  return { dtype, shape, stride, offset, size, order, dimension, keys: Object.keys(x).sort() }
}

type Callable = Record<string, (...args: unknown[]) => unknown>

describe('our strided arrays', () => {
  it('behave as ndarrays do, over any sequence of calls', () => {
    fc.assert(
      fc.property(
        anyLayout(),
        fc.constantFrom(...makers),
        fc.array(anyCall, { maxLength: 6 }),
        (layout, make, calls) => {
          const { shape, stride, offset } = layout
          const size = reach(layout) + 8
          let theirs: unknown = ndarray(make(size) as number[], [...shape], [...stride], offset)
          let ours: unknown = stridedArray(make(size) as number[], shape, stride, offset)
          for (const { method, args } of calls) {
            expect(look(ours)).toEqual(look(theirs))
            // steps of 0 and axes out of range make arrays that no one can use
            if (method === 'step' && args.some((arg) => typeof arg === 'number' && (arg | 0) === 0)) continue
            const rank = (theirs as NdArray).dimension
            if (
              method === 'transpose' &&
              args.some((arg) => arg !== undefined && !((arg ?? 0) >= 0 && (arg ?? 0) < rank))
            )
              continue
            const want = (theirs as Callable)[method]!(...args)
            const got = (ours as Callable)[method]!(...args)
            expect(look(got)).toEqual(method === 'valueOf' && want === theirs ? look(theirs) : look(want))
            if (typeof want === 'object' && want !== null && 'dimension' in want) {
              theirs = want
              ours = got
            }
          }
          const { data } = theirs as NdArray
          const values = (from: unknown) =>
            from instanceof GenericData ? Array.from({ length: size }, (_, i) => from.get(i)) : from
          expect(values((ours as NdArray).data)).toEqual(values(data))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('serve ndarray-ops', () => {
    const x = stridedArray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [3, 1], 0)
    const y = stridedArray(new Float32Array(6), [2, 3], [1, 2], 0)
    ops.assign(y, x)
    ops.addseq(y, 10)
    expect([...y.data]).toEqual([11, 14, 12, 15, 13, 16])
    expect(ops.sum(y)).toBe(81)
  })
})

describe('the ndarrays that we make', () => {
  it.each(makers.slice(0, 4).map((make) => [make(0).constructor.name, make] as const))(
    'of %s are of ndarray’s own class, the first and the next, of every rank',
    (_, make) => {
      const [lengths, steps] = [
        [2, 1, 3, 2, 1, 2],
        [3, -1, 5, 0, 7, 2],
      ]
      for (const rank of [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]) {
        const [data, shape, stride] = [make(200), lengths.slice(0, rank), steps.slice(0, rank)]
        const [made, expected] = [makeNdarray(data, shape, stride, 20), ndarray(data, shape, stride, 20)]
        expect(Object.getPrototypeOf(made)).toBe(Object.getPrototypeOf(expected))
        expect(look(made)).toEqual(look(expected))
        expect(made.shape).not.toBe(shape)
      }
    },
  )
})
