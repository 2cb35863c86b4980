/** The fast reduction against the plain one, on inputs of many tiles and on small ones. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldInto } from '../../src/copy/fold.ts'
import { foldPlainly } from '../../src/copy/fold-reference.ts'
import { type ReductionName, reductionNames } from '../../src/copy/reduction.ts'
import { contiguous, type Layout, permute, sizeOf } from '../../src/layout/layout.ts'
import type { Data } from '../../src/layout/tensor.ts'
import { anyLayout, reach } from '../layouts.ts'

const kinds = [Float32Array, Float64Array, Int32Array, Uint8Array, Int16Array] as const

/** Small whole numbers and quarters, so that sums are exact; zeros among them, and NaN where asked. */
function numbers(Kind: (typeof kinds)[number], size: number, nan: boolean): Data {
  const data = new Kind(size)
  for (let i = 0; i < size; i++) data[i] = nan && i % 97 === 13 ? Number.NaN : ((i * 7919) % 17) - 4
  return data
}

function compare(reduction: ReductionName, data: Data, layout: Layout, dropped: readonly number[]): void {
  const axes = [...layout.shape.keys()]
  const keptLayout = permute(
    layout,
    axes.filter((axis) => !dropped.includes(axis)),
  )
  const droppedLayout = permute(layout, [...dropped])
  const size = sizeOf(keptLayout.shape)
  const isFloat = data instanceof Float32Array
  const make = () => (isFloat ? new Float32Array(size) : new Float64Array(size))
  const got = { ...contiguous(keptLayout.shape), data: make() }
  const want = { ...contiguous(keptLayout.shape), data: make() }
  foldInto(reduction, data, keptLayout, droppedLayout, got)
  foldPlainly(reduction, data, keptLayout, droppedLayout, want)
  for (let i = 0; i < size; i++) {
    const [g, w] = [got.data[i]!, want.data[i]!]
    const near = Object.is(g, w) || g === w || Math.abs(g - w) <= (isFloat ? 1e-6 : 1e-12) * Math.abs(w)
    if (!near) expect(g).toBe(w)
  }
}

it.each(['max', 'min'] as const)('%s is NaN where any one element is, and nowhere else', (reduction) => {
  const [rows, columns] = [3, 23]
  const layout = contiguous([rows, columns])
  for (let at = 0; at < rows * columns; at++) {
    const data = Float32Array.from({ length: rows * columns }, (_, i) => (i === at ? Number.NaN : i % 7))
    for (const dropped of [[0], [1], [0, 1]]) compare(reduction, data, layout, dropped)
  }
})

describe.each(reductionNames)('%s', (reduction) => {
  it('is the plain one over any axes of an input of many tiles', () => {
    for (const shape of [
      [4, 6, 31, 37],
      [11, 5003],
      [3, 11, 2, 1500],
      [9000, 3],
      [40_000],
      [5, 7, 9, 11, 13],
    ]) {
      const axes = [...shape.keys()]
      for (let subset = 1; subset < 1 << shape.length; subset++) {
        const dropped = axes.filter((axis) => subset & (1 << axis))
        // products of thousands of numbers are all 0 or infinite
        if (reduction === 'prod' && sizeOf(dropped.map((axis) => shape[axis]!)) > 50) continue
        compare(reduction, numbers(Float32Array, sizeOf(shape), subset % 2 === 0), contiguous(shape), dropped)
      }
    }
  })

  it('is the plain one on any layout and dtype', () => {
    const anyCase = anyLayout()
      .filter(({ shape }) => sizeOf(shape) > 0)
      .chain((layout) =>
        fc.tuple(
          fc.constant(layout),
          fc.subarray([...layout.shape.keys()]),
          fc.constantFrom(...kinds),
          fc.boolean(),
        ),
      )
    fc.assert(
      fc.property(anyCase, ([layout, dropped, Kind, nan]) => {
        compare(reduction, numbers(Kind, reach(layout), nan && Kind === Float32Array), layout, dropped)
      }),
      { numRuns: 300 },
    )
  })
})

describe('sum', () => {
  it('of many floats is rounded once', () => {
    const data = new Float32Array(100_001).fill(0.1)
    data[0] = 1e8
    const target = { ...contiguous([]), data: new Float32Array(1) }
    foldInto('sum', data, { shape: [], stride: [], offset: 0 }, contiguous([data.length]), target)
    expect(target.data[0]).toBe(Math.fround(1e8 + 100_000 * Math.fround(0.1)))
  })

  it('of −0 stays −0, of nothing is 0', () => {
    const target = { ...contiguous([]), data: new Float32Array(1) }
    foldInto('sum', Float32Array.of(-0, -0), { shape: [], stride: [], offset: 0 }, contiguous([2]), target)
    expect(target.data[0]).toBe(-0)
    foldInto('sum', Float32Array.of(), { shape: [], stride: [], offset: 0 }, contiguous([0]), target)
    expect(target.data[0]).toBe(0)
  })

  it('of few long rows is rounded once, column by column, and stays −0', () => {
    const columns = 20_003
    const rows = [1e8, 0.1, 0.1].map((value) => Math.fround(value))
    const data = Float32Array.from({ length: 3 * columns }, (_, i) =>
      i % columns === 7 ? -0 : rows[Math.floor(i / columns)]!,
    )
    const kept = contiguous([columns])
    const dropped = { shape: [3], stride: [columns], offset: 0 }
    for (const [reduction, divisor] of [
      ['sum', 1],
      ['mean', 3],
    ] as const) {
      const target = { ...kept, data: new Float32Array(columns).fill(5) }
      foldInto(reduction, data, kept, dropped, target)
      const want = Math.fround((rows[0]! + rows[1]! + rows[2]!) / divisor)
      expect(target.data.findIndex((value, i) => !Object.is(value, i === 7 ? -0 : want))).toBe(-1)
    }
  })

  it('over an axis that is repeated in memory a billion times takes no memory for it', () => {
    const kept = { shape: [2 ** 20], stride: [0], offset: 0 }
    const dropped = { shape: [4], stride: [1], offset: 0 }
    const target = { ...contiguous([2 ** 20]), data: new Float64Array(2 ** 20) }
    foldInto('sum', Int32Array.of(1, 2, 3, 4), kept, dropped, target)
    expect(target.data.every((value) => value === 10)).toBe(true)
  })
})
