/** Copies that are large enough to be staged through WebAssembly, against plain loops. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyApart } from '../../src/copy/copy.ts'
import { copyPlainly } from '../../src/copy/reference.ts'
import { fewBytes } from '../../src/copy/staged.ts'
import { contiguous, contiguousStride, type Layout, permute, sizeOf } from '../../src/layout/layout.ts'
import { reach } from '../layouts.ts'

const kinds = [Uint8Array, Int16Array, Float32Array, Float64Array] as const

/** Copies between two layouts as the library and as the plain loop does; what stands beside the target must stay. */
function compare(Kind: (typeof kinds)[number], from: Layout, to: Layout): void {
  const data = new Kind(reach(from))
  for (let i = 0; i < data.length; i++) data[i] = (i * 7919) % 251
  const source = { ...from, data }
  const target = { ...to, data: new Kind(reach(to) + 8).fill(99) }
  const want = { ...to, data: target.data.slice() }
  copyPlainly(source, want)
  copyApart(source, target)
  // typed arrays of this size are compared a hundred times faster as bytes
  const differs = Buffer.compare(Buffer.from(target.data.buffer), Buffer.from(want.data.buffer))
  if (differs !== 0) expect([...target.data]).toEqual([...want.data])
}

describe.each(kinds.map((Kind) => [Kind.name, Kind] as const))('staged copies of %s', (_, Kind) => {
  const some = [1, 2, 3, 4, 5, 7, 8, 13, 15, 16, 17, 19, 33]

  it.each(some)('transpose %d rows of any length', (rows) => {
    for (const columns of some) {
      const blocks = Math.ceil(17_000 / (rows * columns * Kind.BYTES_PER_ELEMENT))
      const from = permute(contiguous([blocks, rows, columns]), [0, 2, 1])
      compare(Kind, from, contiguous(from.shape))
    }
  })

  it('interleave and separate channels that lie among others', () => {
    for (const [channels, all] of [
      [1, 4],
      [2, 3],
      [3, 4],
      [3, 5],
      [4, 4],
      [5, 8],
    ] as const) {
      const inside = { shape: [6000, channels], stride: [all, 1], offset: 1 }
      const apart = { shape: [6000, channels], stride: [1, 6011], offset: 3 }
      compare(Kind, inside, apart)
      compare(Kind, apart, inside)
      compare(Kind, inside, contiguous([6000, channels]))
    }
  })

  it('keep to their places whatever the order, direction and gaps of the axes', () => {
    const anyCase = fc
      .array(fc.constantFrom(2, 3, 5, 8, 16, 31, 100), { minLength: 2, maxLength: 4 })
      .filter((shape) => sizeOf(shape) <= 60_000 && sizeOf(shape) * Kind.BYTES_PER_ELEMENT >= fewBytes)
      .chain((shape) => fc.tuple(anyStride(shape, true), anyStride(shape, false)))
    fc.assert(
      fc.property(anyCase, ([from, to]) => compare(Kind, from, to)),
      { numRuns: 60 },
    )
  })
})

it('copies of many tiles leave out nothing', () => {
  for (const [shape, order] of [
    [
      [1201, 1403],
      [1, 0],
    ],
    [
      [1024, 1536],
      [1, 0],
    ],
    [
      [700_001, 3],
      [1, 0],
    ],
    [
      [3, 700_001],
      [1, 0],
    ],
    [
      [9, 21, 10, 31, 29],
      [4, 2, 0, 3, 1],
    ],
  ] as const) {
    const from = permute(contiguous(shape), order)
    compare(Float32Array, from, contiguous(from.shape))
  }
})

/** The axes of a shape in any order in memory; some backwards, some with gaps, and in sources some repeated. */
function anyStride(shape: readonly number[], repeat: boolean): fc.Arbitrary<Layout> {
  return fc
    .record({
      order: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      kinds: fc.array(fc.constantFrom('', '', '', 'backwards', 'gap', repeat ? 'repeat' : ''), {
        minLength: shape.length,
        maxLength: shape.length,
      }),
    })
    .map(({ order, kinds }) => {
      const dense = contiguousStride(order.map((axis) => shape[axis]!))
      const stride = shape.map(() => 0)
      let widen = 1
      let offset = 2
      for (const [place, axis] of [...order.entries()].toReversed()) {
        if (kinds[axis] === 'gap') widen++
        if (kinds[axis] === 'repeat') continue
        stride[axis] = dense[place]! * widen * (kinds[axis] === 'backwards' ? -1 : 1)
        if (kinds[axis] === 'backwards') offset -= stride[axis]! * (shape[axis]! - 1)
      }
      return { shape, stride, offset }
    })
}
