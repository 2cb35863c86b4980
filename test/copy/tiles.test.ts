/** Tiles are rewrites of loops: they visit what the loops visit, once. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Loop, sizeOfLoops, walk } from '../../src/copy/nest.ts'
import { runsOf, tilesOf } from '../../src/copy/tiles.ts'

const anyLoop = fc.record({
  length: fc.integer({ min: 2, max: 40 }),
  source: fc.integer({ min: -300, max: 300 }),
  target: fc.integer({ min: 1, max: 300 }),
})

const anyLoops = fc
  .array(anyLoop, { minLength: 1, maxLength: 4 })
  .filter((loops) => sizeOfLoops(loops) <= 20_000)

/** Every pair of positions that some loops visit, sorted. */
function visited(loops: readonly Loop[], source: number, target: number): string[] {
  const pairs: string[] = []
  walk(loops, source, target, (from, to) => pairs.push(`${from} ${to}`))
  return pairs.sort()
}

it('tiles visit every element of their loops once, and none is larger than it may be', () => {
  const sizes = fc.integer({ min: 1, max: 5000 })
  fc.assert(
    fc.property(anyLoops, sizes, fc.constantFrom(1, 2, 4, 8), (loops, size, bytes) => {
      const pieces = tilesOf({ loops, source: 7, target: 5 }, size, bytes)
      const all = pieces.flatMap(({ outer, inner, source, target }) =>
        visited([...outer, ...inner], source, target),
      )
      expect(all.sort()).toEqual(visited(loops, 7, 5))
      for (const { inner } of pieces) expect(sizeOfLoops(inner)).toBeLessThanOrEqual(size)
    }),
    { numRuns: 200 },
  )
})

it('runs of the target have no gaps, and those of either side hold all elements', () => {
  fc.assert(
    fc.property(anyLoops, fc.constantFrom('source', 'target'), (loops, side) => {
      const { inside, between, extent } = runsOf(loops, side, 4)
      expect([...inside, ...between].sort(order)).toEqual([...loops].sort(order))
      const places = new Set<number>()
      const steps = inside.map((loop) => ({ ...loop, source: Math.abs(loop[side]) }))
      walk(steps, 0, 0, (at) => places.add(at))
      expect(Math.max(...places)).toBe(extent - 1)
      if (side === 'target') expect(places.size).toBe(extent)
    }),
    { numRuns: 300 },
  )
})

function order(a: Loop, b: Loop): number {
  return a.source - b.source || a.target - b.target || a.length - b.length
}

it('a tile of a square transpose is long in both directions, of interleaved channels holds all of them', () => {
  const square = [
    { length: 4096, source: 1, target: 4096 },
    { length: 4096, source: 4096, target: 1 },
  ]
  const [tile] = tilesOf({ loops: square, source: 0, target: 0 }, 1 << 18, 4)
  expect(tile!.inner.map(({ length }) => length)).toEqual([1024, 256])
  const pixels = [
    { length: 3, source: 1, target: 1 << 21 },
    { length: 1 << 21, source: 3, target: 1 },
  ]
  const [stretch] = tilesOf({ loops: pixels, source: 0, target: 0 }, 1 << 19, 4)
  expect(stretch!.inner[0]!.length).toBe(3)
  expect(runsOf(stretch!.inner, 'source', 4).between).toEqual([])
})
