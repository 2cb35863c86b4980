import { Float16Array as Float16Polyfill } from '@petamoriken/float16'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyInto, materialize } from '../../src/copy/copy.ts'
import { copyPlainly } from '../../src/copy/reference.ts'
import { dtypeOf, GenericData } from '../../src/layout/data.ts'
import type { Dtype } from '../../src/layout/dtype.ts'
import { contiguous, isContiguous, sizeOf } from '../../src/layout/layout.ts'
import type { Data, Tensor } from '../../src/layout/tensor.ts'
import { anyLayout, elements, reach } from '../layouts.ts'

const dtypes: Record<Dtype, (size: number) => Data> = {
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
}

/** Element i holds a value that tells it from its 100 neighbours in every dtype. */
function fill(data: Data): Data {
  const big = dtypeOf(data) === 'bigint64' || dtypeOf(data) === 'biguint64'
  for (let i = 0; i < data.length; i++) {
    const value = big ? BigInt(i % 101) : i % 101
    if (data instanceof GenericData) data.set(i, value)
    else (data as unknown[])[i] = value
  }
  return data
}

describe('materialize', () => {
  it.each(Object.keys(dtypes) as Dtype[])('gives the elements of any layout in order, as %s', (dtype) => {
    fc.assert(
      fc.property(anyLayout(), (layout) => {
        const tensor = { ...layout, data: fill(dtypes[dtype](reach(layout))) }
        const copy = materialize(tensor)
        expect(dtypeOf(copy.data)).toBe(dtype)
        expect(copy.shape).toEqual(tensor.shape)
        expect(isContiguous(copy)).toBe(true)
        expect(copy.data.length).toBe(sizeOf(tensor.shape))
        expect(elements(copy)).toEqual(elements(tensor))
      }),
      { numRuns: 60 },
    )
  })

  it('keeps the payload of every NaN', () => {
    for (const [floats, bits] of [
      [new Float32Array(4), (data: Float32Array) => new Uint32Array(data.buffer)],
      [new Float64Array(4), (data: Float64Array) => new BigUint64Array(data.buffer)],
    ] as [Float32Array, (data: Float32Array) => Uint32Array][]) {
      new Uint8Array(floats.buffer).set(
        Array.from({ length: floats.byteLength }, (_, i) =>
          i % floats.BYTES_PER_ELEMENT >= floats.BYTES_PER_ELEMENT - 2 ? (i % 2 ? 0x7f : 0xf4) : i,
        ),
      )
      const copy = materialize({ data: floats, shape: [2, 2], stride: [1, 2], offset: 0 })
      const got = [...bits(copy.data)]
      const want = [...bits(floats)]
      expect(got).toEqual([want[0], want[2], want[1], want[3]])
    }
  })

  it.each([
    [
      [3, 1000],
      [1, 3],
    ],
    [
      [100, 70],
      [1, 100],
    ],
    [
      [64, 64],
      [1, 64],
    ],
    [
      [65, 129],
      [1, 65],
    ],
    [
      [5, 40, 70],
      [1, 5, 200],
    ],
    [
      [40, 5, 70],
      [350, 70, 1],
    ],
    [
      [2, 3000],
      [0, 1],
    ],
    [
      [33, 2000],
      [-2100, 1],
    ],
  ])('copies large layouts as the plain loop does: %j by %j', (shape, stride) => {
    const offset = stride.reduce((sum, step, axis) => sum + (step < 0 ? -step * (shape[axis]! - 1) : 0), 0)
    const layout = { shape, stride, offset }
    for (const data of [
      new Uint8Array(reach(layout)),
      new Float32Array(reach(layout)),
      new Float64Array(reach(layout)),
    ]) {
      for (let i = 0; i < data.length; i++) data[i] = (i * 7919) % 251
      const want = { ...contiguous(shape), data: new Float64Array(sizeOf(shape)) }
      copyPlainly({ ...layout, data }, want)
      expect([...materialize({ ...layout, data }).data]).toEqual([...want.data])
    }
  })
})

describe('copyInto', () => {
  it('writes the target and nothing beside it, whatever the two layouts', () => {
    fc.assert(
      fc.property(
        anyLayout().chain((source) =>
          fc.tuple(fc.constant(source), anyLayout(source.shape, { distinct: true })),
        ),
        ([from, into]) => {
          const source = { ...from, data: fill(new Float32Array(reach(from))) }
          const target = { ...into, data: new Float32Array(reach(into)).fill(-1) }
          const want = { ...into, data: target.data.slice() }
          copyPlainly(source, want)
          copyInto(source, target)
          expect(target.data).toEqual(want.data)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('converts between dtypes as assignment does', () => {
    const source: Tensor = {
      data: new Float64Array([1.5, -1, 300, Number.NaN]),
      shape: [4],
      stride: [1],
      offset: 0,
    }
    const targets = { int8: [1, -1, 44, 0], uint8_clamped: [2, 0, 255, 0], array: [1.5, -1, 300, Number.NaN] }
    for (const [dtype, want] of Object.entries(targets)) {
      const target = { data: dtypes[dtype as Dtype](4), shape: [4], stride: [1], offset: 0 }
      copyInto(source, target)
      expect([...(target.data as number[])]).toEqual(want)
    }
  })

  it('reads everything before it writes where the two share memory, also through another dtype', () => {
    fc.assert(
      fc.property(
        anyLayout().chain((source) =>
          fc.tuple(fc.constant(source), anyLayout(source.shape, { distinct: true })),
        ),
        fc.nat(3),
        ([from, into], shift) => {
          const buffer = new ArrayBuffer(4 * (reach(from) + reach(into) + shift))
          const source = { ...from, data: fill(new Int32Array(buffer)) }
          const target = { ...into, data: new Int32Array(buffer, 4 * shift) }
          const want = elements(source)
          copyInto(source, target)
          expect(elements(target)).toEqual(want)
        },
      ),
      { numRuns: 300 },
    )
    const data = new Float32Array([1, 2, 3, 4])
    const bytes = new Uint8Array(data.buffer)
    copyInto(
      { data, shape: [4], stride: [1], offset: 0 },
      { data: bytes, shape: [4], stride: [-1], offset: 11 },
    )
    expect([...bytes.subarray(8, 12)]).toEqual([4, 3, 2, 1])
  })

  it('keeps the last of several elements that fall on one', () => {
    const target = { data: new Float32Array(3), shape: [4, 3], stride: [0, 1], offset: 0 }
    copyInto({ ...contiguous([4, 3]), data: Float32Array.from({ length: 12 }, (_, i) => i) }, target)
    expect([...target.data]).toEqual([9, 10, 11])
  })
})
