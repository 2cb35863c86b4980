/** Where arguments and results lie in memory: shared, repeated, far away, empty. */
import ndarray from 'ndarray'
import { einsum, rearrange, reduce } from 'tesserae'
import { describe, expect, it, test } from 'vitest'
import { type ReductionName, reductionNames } from '../../src/copy/reduction.ts'

describe('shared memory that is reached through two buffer objects', () => {
  const reached: Record<string, () => [SharedArrayBuffer, SharedArrayBuffer]> = {
    'a clone': () => {
      const buffer = new SharedArrayBuffer(64)
      return [buffer, structuredClone(buffer)]
    },
    'a WebAssembly memory before and after it grew': () => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
      const before = memory.buffer as unknown as SharedArrayBuffer
      memory.grow(1)
      return [before, memory.buffer as unknown as SharedArrayBuffer]
    },
  }

  test.each(Object.keys(reached))('is read before it is written: %s', (name) => {
    const [first, second] = reached[name]!()
    expect(first).not.toBe(second)
    const x = new Float32Array(first, 0, 6)
    x.set([0, 1, 2, 3, 4, 5])
    rearrange(ndarray(x, [2, 3]), 'a b -> b a', {}, { out: ndarray(new Float32Array(second, 0, 6), [3, 2]) })
    expect([...x]).toEqual([0, 3, 1, 4, 2, 5])

    const a = new Float32Array(first, 0, 4)
    a.set([1, 2, 3, 4])
    const out = ndarray(new Float32Array(second, 0, 4), [2, 2])
    einsum([ndarray(a, [2, 2]), ndarray(a, [2, 2])], 'i j, j k -> i k', {}, { out })
    expect([...a]).toEqual([7, 10, 15, 22])

    const b = new Float32Array(first, 0, 6)
    b.set([1, 2, 3, 4, 5, 6])
    reduce(ndarray(b, [3, 2]), 'i j -> j', 'sum', {}, { out: ndarray(new Float32Array(second, 8, 2), [2]) })
    expect([...b]).toEqual([1, 2, 9, 12, 5, 6])
  })
})

describe('an axis along which memory repeats', () => {
  it.each(reductionNames)('%s along it is that of as many equal elements', (reduction) => {
    for (const [Kind, values] of [
      [Float32Array, [3, -1.5, 0, Number.NaN, -0]],
      [Float64Array, [2, -1, 0.5]],
      [Int16Array, [3, -2, 0]],
    ] as const) {
      const once = new Kind(values)
      const repeated = ndarray(once, [once.length, 3], [1, 0])
      const written = ndarray(Kind.from([...once].flatMap((value) => [value, value, value])), [
        once.length,
        3,
      ])
      for (const pattern of ['a r -> a', 'a r -> r', 'a r -> r a', 'a r ->']) {
        const [got, want] = [repeated, written].map((x) =>
          reduce(x as never, pattern, reduction as ReductionName),
        )
        expect(got!.shape).toEqual(want!.shape)
        const all = (x: typeof got) => [...rearrange(x as never, '... -> (...)', {}, { copy: 'always' }).data]
        expect(all(got)).toEqual(all(want))
      }
    }
  })

  it('costs no memory, whichever axis is dropped', () => {
    const rows = 2 ** 21
    const x = ndarray(new Float32Array(16).fill(1), [4, rows, 4], [4, 0, 1])
    const before = process.memoryUsage().arrayBuffers
    const sums = reduce(x, 'a r b -> b a', 'sum')
    const largest = reduce(x, 'a r b -> a b', 'max')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * rows)
    expect(sums.get(3, 2)).toBe(rows)
    expect(largest.get(3, 2)).toBe(1)
  })
})

it.each([
  ['an empty axis of stride 0', [0, 3], [0, 1]],
  ['an empty axis beside one of stride 0', [3, 0], [0, 0]],
])('einsum writes nothing into an empty out: %s', (_, shape, stride) => {
  const data = new Float32Array([1, 2, 3])
  const x = ndarray(new Float32Array(0), shape)
  expect(einsum(x, 'i j -> i j', {}, { out: ndarray(data, shape, stride) }).data).toBe(data)
  const [n, m] = shape as [number, number]
  const factors = [ndarray(new Float32Array(n * 2), [n, 2]), ndarray(new Float32Array(2 * m), [2, m])]
  einsum(factors, 'i k, k j -> i j', {}, { out: ndarray(data, shape, stride) })
  expect([...data]).toEqual([1, 2, 3])
})

it('−0 stays −0 where nothing is added to it', () => {
  const x = ndarray(new Float64Array([-0, 0, -0]), [3])
  for (const result of [einsum(x, 'a -> a'), rearrange(x, 'a -> a'), reduce(x, 'a -> a', 'sum')]) {
    expect([...result.data]).toEqual([-0, 0, -0])
  }
})

/** Room for a buffer whose pages nobody touches, or null where the system grants none. */
function largeBuffer(bytes: number): ArrayBuffer | null {
  try {
    return new ArrayBuffer(bytes)
  } catch {
    return null
  }
}

describe('a buffer of more than 4 GB', () => {
  const buffer = largeBuffer(2 ** 32 + 2 ** 20)

  // a machine may refuse the addresses
  it.skipIf(buffer === null)('is read and written where a small view of it lies', () => {
    const all = new Float32Array(buffer!)
    const start = all.length - 9000
    for (let i = 0; i < 9000; i++) all[start + i] = i
    const x = ndarray(all, [90, 100], [100, 1], start)
    const turned = rearrange(x, 'a b -> (b a)')
    expect([turned.get(0), turned.get(1), turned.get(8999)]).toEqual([0, 100, 8999])
    expect(rearrange(x.hi(2, 3), 'a b -> (b a)').get(3)).toBe(101)
    expect([...reduce(x, 'a b -> a', 'max').data].at(-1)).toBe(8999)
    expect(einsum([x, x], 'a b, c b -> a c').get(0, 0)).toBe(328_350)
    rearrange(turned, '(b a) -> a b', { a: 90 }, { out: ndarray(all, [90, 100], [-100, 1], start + 8900) })
    expect([all[start], all[start + 8999]]).toEqual([8900, 99])
    rearrange(ndarray(all.slice(start), [9000]), 'a -> a', {}, { out: ndarray(all, [9000], [1], 16) })
    expect([all[16], all[9015]]).toEqual([8900, 99])
  })
})
