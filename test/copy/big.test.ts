/** Big integers are exact, however they are computed: below 2⁵³, where doubles do it, about it, and beyond, where they wrap around. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBig, writeBig } from '../../src/copy/big.ts'
import { foldInto } from '../../src/copy/fold.ts'
import { foldPlainly } from '../../src/copy/fold-reference.ts'
import type { ReductionName } from '../../src/copy/reduction.ts'
import { contiguous, permute } from '../../src/layout/layout.ts'

const kinds = { BigInt64Array, BigUint64Array }

/** Numbers about a size, of both signs where there are two. */
function numbers(kind: keyof typeof kinds, size: number, bits: number, seed: number) {
  const span = 1n << BigInt(bits)
  const around = (i: number) => ((BigInt(i) + 7n) * 0x9e3779b97f4a7c15n * BigInt(seed + 1)) % span
  const edge = (i: number) => (i % 5 === 0 ? span - BigInt(bits === 0 ? 0 : i % 3) : around(i))
  const values = Array.from({ length: size }, (_, i) =>
    i % 2 === 0 || kind === 'BigUint64Array' ? edge(i) : -edge(i),
  )
  return kind === 'BigInt64Array' ? BigInt64Array.from(values) : BigUint64Array.from(values)
}

const bits = fc.constantFrom(0, 1, 5, 20, 31, 32, 33, 47, 52, 53, 54, 62, 63)
const kind = fc.constantFrom('BigInt64Array' as const, 'BigUint64Array' as const)

test('as doubles and back they are the same numbers, and no magnitude is more than is said', () => {
  fc.assert(
    fc.property(kind, fc.integer({ min: 0, max: 53 }), fc.nat(), (kind, bits, seed) => {
      const values = numbers(kind, 40, bits, seed)
      const doubles = new Float64Array(30)
      const most = readBig(values, 3, 30, doubles)
      expect(Array.from(doubles, BigInt)).toEqual([...values.subarray(3, 33)])
      const largest = Math.max(...doubles.map(Math.abs))
      expect(most).toBeGreaterThanOrEqual(largest)
      expect(most).toBeLessThanOrEqual(2 * largest + 1)
      const back = new kinds[kind](31)
      writeBig(doubles, back, 1)
      expect(back.subarray(1)).toEqual(values.subarray(3, 33))
    }),
  )
})

const reductions: ReductionName[] = ['sum', 'prod', 'min', 'max', 'any', 'all']

test('every reduction of any layout is the plain one', () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(33, 70))
  fc.assert(
    fc.property(
      fc.record({
        ...{ kind, bits, seed: fc.nat(), sizes: fc.tuple(length, length, fc.integer({ min: 1, max: 4 })) },
        order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        keep: fc.subarray([0, 1, 2]),
        reduction: fc.constantFrom(...reductions),
        backwards: fc.boolean(),
      }),
      ({ kind, bits, seed, sizes, order, keep, reduction, backwards }) => {
        const size = sizes.reduce((n, length) => n * length, 1)
        const data = numbers(kind, size, bits, seed)
        const whole = permute(contiguous(sizes), order)
        const step = whole.stride.map((stride, axis) => (backwards && axis === 0 ? -stride : stride))
        const offset = backwards ? whole.stride[0]! * (whole.shape[0]! - 1) : 0
        const axes = (wanted: boolean) => [0, 1, 2].filter((axis) => keep.includes(axis) === wanted)
        const part = (axes: number[], offset: number) => ({
          shape: axes.map((axis) => whole.shape[axis]!),
          stride: axes.map((axis) => step[axis]!),
          offset,
        })
        const [kept, dropped] = [part(axes(true), offset), part(axes(false), 0)]
        const target = () => {
          const layout = contiguous(kept.shape)
          const count = kept.shape.reduce((n, length) => n * length, 1)
          const truth = reduction === 'any' || reduction === 'all'
          return { ...layout, data: truth ? new Uint8Array(count) : new kinds[kind](count) }
        }
        const [got, want] = [target(), target()]
        foldInto(reduction, data, kept, dropped, got)
        foldPlainly(reduction, data, kept, dropped, want)
        expect(got.data).toEqual(want.data)
      },
    ),
    { numRuns: 150 },
  )
})

test('a product of very many wraps at every step: numbers of a million bits would take minutes', () => {
  const values = BigInt64Array.from(numbers('BigInt64Array', 200_000, 62, 3), (value) => value | 1n)
  const target = { data: new BigInt64Array(1), shape: [], stride: [], offset: 0 }
  foldInto('prod', values, contiguous([]), contiguous([values.length]), target)
  expect(target.data[0]).toBe(values.reduce((product, value) => BigInt.asIntN(64, product * value), 1n))
  expect(target.data[0]).not.toBe(0n)
})
