/** Results begin as memory that nobody cleared: nothing of what it held may be seen, and the buffer is the result's alone. */
import { Worker } from 'node:worker_threads'
import ndarray from 'ndarray'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { materialize } from '../../src/copy/copy.ts'
import { allocate } from '../../src/layout/data.ts'
import type { Data } from '../../src/layout/tensor.ts'
import { allocateUnset } from '../../src/layout/unset.ts'
import { einsum } from '../../src/ops/einsum.ts'
import { pack } from '../../src/ops/pack.ts'
import { rearrange } from '../../src/ops/rearrange.ts'
import { reduce } from '../../src/ops/reduce.ts'
import { repeat } from '../../src/ops/repeat.ts'

const allocUnsafeSlow = Buffer.allocUnsafeSlow

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Memory as bad as it can be: every float is NaN, every integer −1. Returns how often it was asked for. */
function spoilMemory(): () => number {
  let asked = 0
  vi.stubGlobal('Buffer', {
    ...Buffer,
    allocUnsafeSlow(bytes: number) {
      asked++
      return allocUnsafeSlow(bytes).fill(0xff)
    },
  })
  return () => asked
}

/** Small whole numbers, so that sums are exact. */
function numbers<D extends Data>(like: D, size: number): D {
  const data = allocate<D>(like, size) as D & Record<number, unknown>
  const isBig = like instanceof BigInt64Array || like instanceof BigUint64Array
  for (let i = 0; i < size; i++) data[i] = isBig ? BigInt(i % 7) : i % 7
  return data
}

const arrays = [
  ...[new Int8Array(0), new Int16Array(0), new Int32Array(0), new Uint8Array(0), new Uint16Array(0)],
  ...[new Uint32Array(0), new Uint8ClampedArray(0), new BigInt64Array(0), new BigUint64Array(0)],
  ...[new Float32Array(0), new Float64Array(0)],
]

describe('large memory whose elements are to be set', () => {
  it.each(arrays.map((like) => [like.constructor.name, like] as const))(
    'is one %s that begins where its buffer begins, and ends where it ends',
    (_, like) => {
      for (const size of [0, 1, 1000, 2 ** 20 + 3]) {
        const data = allocateUnset<Data>(like, size) as typeof like
        expect(data.constructor).toBe(like.constructor)
        expect(data.length).toBe(size)
        expect(data.byteOffset).toBe(0)
        expect(data.buffer.constructor).toBe(ArrayBuffer)
        expect(data.buffer.byteLength).toBe(size * like.BYTES_PER_ELEMENT)
      }
    },
  )

  it('is shared by no two results', () => {
    const [a, b] = [0, 1].map(() => allocateUnset(new Float32Array(0), 2 ** 18).fill(1))
    b!.fill(2)
    expect(a!.buffer).not.toBe(b!.buffer)
    expect(a!.every((value) => value === 1)).toBe(true)
  })

  it('is of the platform where Buffer is missing, throws, or gives other memory than was asked for', () => {
    const wrong = [
      undefined,
      {},
      {
        allocUnsafeSlow() {
          throw new TypeError('no')
        },
      },
      { allocUnsafeSlow: (bytes: number) => new Uint8Array(bytes + 64).subarray(64) },
      { allocUnsafeSlow: (bytes: number) => new Uint8Array(new SharedArrayBuffer(bytes)) },
    ]
    for (const buffer of wrong) {
      vi.stubGlobal('Buffer', buffer)
      const data = allocateUnset(new Float64Array(0), 2 ** 17)
      expect([data.length, data.byteOffset, data.buffer.byteLength]).toEqual([2 ** 17, 0, 2 ** 20])
      expect(data.buffer.constructor).toBe(ArrayBuffer)
      expect(data.every((value) => value === 0)).toBe(true)
    }
  })

  it('too large for the platform is refused by an error that names elements and dtype', () => {
    const scalar = ndarray(new Float32Array(1), [1])
    expect(() => repeat(scalar, '1 -> n', { n: 2 ** 40 }, { copy: 'always' })).toThrow(
      /no memory for the result — got 1099511627776 elements of float32/,
    )
    expect(() => allocateUnset(new Float32Array(0), 2 ** 40)).toThrow(RangeError)
  })
})

describe('results in memory that held other values', () => {
  it.each(arrays.map((like) => [like.constructor.name, like] as const))(
    'have every element set, as %s',
    (_, like) => {
      const [rows, columns] = [1023, 1031]
      const data = numbers(like as Data, rows * columns) as typeof like
      const x = ndarray(data as Data, [rows, columns])
      const asked = spoilMemory()
      const turned = rearrange(x, 'a b -> (b a)')
      const tiled = repeat(x, 'a b -> (a 2) b')
      const [packed] = pack([x, x], '* b')
      const repeated = materialize({
        data: data as Data,
        shape: [3, rows * columns],
        stride: [0, -1],
        offset: rows * columns - 1,
      })
      expect(asked()).toBe(4)
      const at = (array: { data: Data }, i: number) => (array.data as unknown as Record<number, unknown>)[i]
      for (let i = 0; i < rows * columns; i++) {
        const [a, b] = [Math.floor(i / columns), i % columns]
        const value = data[i]
        if (at(turned, b * rows + a) !== value) expect(at(turned, b * rows + a)).toBe(value)
        for (const twin of [0, 1]) {
          const place = (2 * a + twin) * columns + b
          if (at(tiled, place) !== value) expect(at(tiled, place)).toBe(value)
          const other = twin * rows * columns + i
          if (at(packed, other) !== value) expect(at(packed, other)).toBe(value)
        }
        const last = 3 * rows * columns - 1 - i
        if (at(repeated, last) !== value) expect(at(repeated, last)).toBe(value)
      }
    },
    30_000,
  )

  it('are sums, extremes and products as ever', () => {
    const shape = [3, 512, 520]
    const x = ndarray(numbers(new Float32Array(0), 3 * 512 * 520), shape)
    const twin = ndarray(Float64Array.from(x.data), shape)
    const asked = spoilMemory()
    for (const reduction of ['sum', 'max', 'min', 'prod', 'mean', 'any'] as const) {
      const got = reduce(x, 'a b c -> c b', reduction)
      const want = reduce(twin, 'a b c -> c b', reduction)
      for (let i = 0; i < want.data.length; i++) {
        const value = Math.fround(want.data[i]!)
        if (got.data[i] !== value) expect(got.data[i]).toBe(value)
      }
    }
    expect(asked()).toBeGreaterThanOrEqual(12)
    const outer = einsum([x, x], 'a b c, a b c -> a c b')
    for (let i = 0; i < outer.data.length; i++) {
      const [a, c, b] = [Math.floor(i / (520 * 512)), Math.floor(i / 512) % 520, i % 512]
      const value = x.get(a, b, c) ** 2
      if (outer.data[i] !== value) expect(outer.data[i]).toBe(value)
    }
    const nothing = ndarray(new Float32Array(0), [512, 0])
    const zeros = einsum([nothing, nothing], 'a k, b k -> a b')
    expect(zeros.data.every((value) => value === 0)).toBe(true)
    const sums = reduce(ndarray(new Float32Array(0), [512, 0, 512]), 'a k b -> a b', 'sum')
    expect(sums.data.every((value) => value === 0)).toBe(true)
  })

  it('of an operation that throws on its way are seen by nobody', () => {
    const x = ndarray(numbers(new Float32Array(0), 2 ** 18), [512, 512])
    const out = ndarray(new Float32Array(2 ** 18).fill(5), [512, 512])
    const broken = ndarray(new Float32Array(2 ** 18), [512, 511])
    expect(() => rearrange([x, broken], 'n a b -> (b a n)')).toThrow('shape')
    expect(() =>
      reduce(
        [x, x.transpose(1, 0)],
        'n a b -> a b',
        () => {
          throw new Error('from the callback')
        },
        {},
        { out },
      ),
    ).toThrow('from the callback')
    expect(out.data.every((value) => value === 5)).toBe(true)
  })
})

describe('the buffer of a large result', () => {
  const result = () => rearrange(ndarray(numbers(new Float32Array(0), 2 ** 20), [1024, 1024]), 'a b -> (b a)')

  it('is moved by structuredClone, and is empty where it was', () => {
    const { data } = result()
    const moved = structuredClone(data, { transfer: [data.buffer as ArrayBuffer] })
    expect(data.length).toBe(0)
    expect(moved.length).toBe(2 ** 20)
    expect(moved[1]).toBe(1024 % 7)
  })

  it('is moved to a worker by postMessage and back', async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads')
       parentPort.once('message', (x) => parentPort.postMessage(x, [x.buffer]))`,
      { eval: true },
    )
    const { data } = result()
    const answer = new Promise<Float32Array>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    worker.postMessage(data, [data.buffer as ArrayBuffer])
    expect(data.length).toBe(0)
    const back = await answer
    await worker.terminate()
    expect([back.length, back[1], back[1024]]).toEqual([2 ** 20, 1024 % 7, 1])
  })

  it('is copied, not shared, by structuredClone without a transfer', () => {
    const { data } = result()
    const copy = structuredClone(data)
    copy[1] = -1
    expect(data[1]).toBe(1024 % 7)
    expect(copy.buffer.byteLength).toBe(2 ** 22)
  })
})
