/** Copying into another dtype, against values that are assigned one by one. */
import { Float16Array as Float16Polyfill } from '@petamoriken/float16'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyApart, copyInto } from '../../src/copy/copy.ts'
import { copyPlainly } from '../../src/copy/reference.ts'
import { GenericData } from '../../src/layout/data.ts'
import type { Dtype } from '../../src/layout/dtype.ts'
import { contiguous, type Layout, permute } from '../../src/layout/layout.ts'
import type { Data } from '../../src/layout/tensor.ts'
import { anyLayout, elements, reach } from '../layouts.ts'

const makers = {
  int8: (size) => new Int8Array(size),
  int16: (size) => new Int16Array(size),
  int32: (size) => new Int32Array(size),
  uint8: (size) => new Uint8Array(size),
  uint16: (size) => new Uint16Array(size),
  uint32: (size) => new Uint32Array(size),
  uint8_clamped: (size) => new Uint8ClampedArray(size),
  bigint64: (size) => new BigInt64Array(size),
  biguint64: (size) => new BigUint64Array(size),
  float16: (size) => new Float16Polyfill(size) as unknown as Data,
  float32: (size) => new Float32Array(size),
  float64: (size) => new Float64Array(size),
  buffer: (size) => Buffer.alloc(size),
  array: (size) => new Array(size).fill(0),
  generic: (size) => new GenericData(size),
} satisfies Record<Dtype, (size: number) => Data>

const dtypes = Object.keys(makers) as Dtype[]
const pairs = dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const))

const odd = [0, 1, -1, 0.5, 1.5, 2.5, -0.5, 127, 128, 200, 254.5, 255, 255.5, 256, -129, 65_535, 65_536]
const large = [2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32 + 7, 2 ** 53, -(2 ** 63), 2 ** 64, 1e20, -1e300]
const values = [...odd, ...large, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]
const whole = [0n, 1n, -1n, 255n, 256n, -300n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 62n + 12345n, -(2n ** 63n)]

function filled(dtype: Dtype, size: number): Data {
  const data = makers[dtype](size)
  const isBig = dtype === 'bigint64' || dtype === 'biguint64'
  for (let i = 0; i < size; i++) {
    const value = isBig ? whole[i % whole.length] : values[(i * 7) % values.length]
    if (data instanceof GenericData) data.set(i, value)
    else (data as unknown[])[i] = value
  }
  return data
}

function bytesOf(data: Data): Buffer {
  const { buffer, byteOffset, byteLength } = data as Uint8Array
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}

function compare(from: Dtype, to: Dtype, source: Layout, target: Layout): void {
  const x = { ...source, data: filled(from, reach(source)) }
  const got = { ...target, data: makers[to](reach(target) + 3) }
  const want = { ...target, data: makers[to](reach(target) + 3) }
  copyPlainly(x, want)
  copyApart(x, got)
  const same = ArrayBuffer.isView(got.data) && bytesOf(got.data).equals(bytesOf(want.data))
  const all = (data: Data) => elements({ ...contiguous([data.length]), data })
  // what stands beside the target has to stay; bytes are compared faster than elements
  if (!same) expect(all(got.data)).toEqual(all(want.data))
}

it.each(pairs)('%s becomes %s as by assignment, whatever the two layouts', (from, to) => {
  fc.assert(
    fc.property(
      anyLayout().chain((source) =>
        fc.tuple(fc.constant(source), anyLayout(source.shape, { distinct: true })),
      ),
      ([source, target]) => compare(from, to, source, target),
    ),
    { numRuns: 8 },
  )
})

describe('where there are many elements', () => {
  const sources = ['int8', 'uint8', 'uint16', 'float32', 'float64', 'bigint64'] as const
  const targets = ['uint8_clamped', 'int32', 'float32', 'biguint64'] as const
  const picture = { shape: [3, 91, 70], stride: [1, 210, 3], offset: 0 }
  const turned = permute(contiguous([130, 140]), [1, 0])
  const layouts: [string, Layout, Layout][] = [
    ['channels apart', picture, contiguous(picture.shape)],
    ['channels together', contiguous(picture.shape), picture],
    ['transposed', turned, contiguous(turned.shape)],
    ['backwards', { shape: [17_000], stride: [-1], offset: 16_999 }, contiguous([17_000])],
    ['repeated', { shape: [6000, 3], stride: [1, 0], offset: 2 }, contiguous([6000, 3])],
    ['into gaps', contiguous([200, 90]), { shape: [200, 90], stride: [181, 2], offset: 1 }],
    ['in rows', { shape: [30, 600], stride: [700, 1], offset: 5 }, contiguous([30, 600])],
  ]
  it.each(layouts)('%s', (_, source, target) => {
    for (const from of sources) for (const to of targets) compare(from, to, source, target)
  })
})

it('what is copied over its own memory in another dtype is read before it is written', () => {
  const floats = Float32Array.from({ length: 300 }, (_, i) => i)
  const bytes = new Uint8Array(floats.buffer)
  copyInto({ ...contiguous([300]), data: floats }, { ...contiguous([300]), data: bytes })
  expect([...bytes.subarray(0, 300)]).toEqual(Array.from({ length: 300 }, (_, i) => i % 256))
})

it('big integers and numbers meet by the rules of typed arrays: toward zero, wrapping, rounded, NaN as 0', () => {
  const to = (dtype: Dtype, data: Data) => {
    const target = { ...contiguous([data.length]), data: makers[dtype](data.length) }
    copyApart({ ...contiguous([data.length]), data }, target)
    return elements(target)
  }
  const numbers = Float64Array.of(-1.7, 2 ** 63, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 40 + 0.5)
  expect(to('bigint64', numbers)).toEqual([-1n, -(2n ** 63n), 0n, 0n, 2n ** 40n])
  expect(to('biguint64', numbers)).toEqual([2n ** 64n - 1n, 2n ** 63n, 0n, 0n, 2n ** 40n])
  const big = BigInt64Array.of(-1n, 300n, 2n ** 32n + 5n, 2n ** 53n + 1n)
  expect(to('float64', big)).toEqual([-1, 300, 2 ** 32 + 5, 2 ** 53])
  expect(to('int32', big)).toEqual([-1, 300, 5, 1])
  expect(to('uint8', big)).toEqual([255, 44, 5, 1])
  expect(to('uint8_clamped', big)).toEqual([0, 255, 255, 255])
  expect(to('bigint64', [1, 2n, Number.NaN] as unknown as Data)).toEqual([1n, 2n, 0n])
})
