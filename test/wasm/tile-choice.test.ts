/** Which tile computes is decided by what took less time for products of one size, whatever order they come in and whoever disturbs. */
import { afterEach, expect, test, vi } from 'vitest'
import { type Tile, TileChoice } from '../../src/wasm/tile-choice.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** The tile that computes after many products of these sizes, where a multiplication takes each tile so many nanoseconds, and every seventh try ten times as long. */
function chosenAfter(
  sizes: readonly (readonly [number, number, number])[],
  cost: Record<string, number>,
): Tile {
  let now = 0
  let tries = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const choice = new TileChoice()
  let last: Tile = 'wide'
  for (let i = 0; i < 600; i++) {
    const size = sizes[i % sizes.length]!
    choice.run((tile) => {
      last = tile
      // what is summed over much is faster for each multiplication, whoever computes
      const perMultiplication = cost[tile]! * (size[2] > 1000 ? 0.5 : 1)
      now += size[0] * size[1] * size[2] * 1e-6 * perMultiplication * (tries++ % 7 === 0 ? 10 : 1)
    }, size)
  }
  return last
}

const ofModel = [
  [197, 2304, 768],
  [197, 768, 768],
  [197, 3072, 768],
  [197, 768, 3072],
] as const

test.each([
  ['fours', { fours: 1, pairs: 1.2 }],
  ['pairs', { fours: 1.2, pairs: 1 }],
] as const)('%s, where it is faster', (faster, cost) => {
  expect(chosenAfter(ofModel, cost)).toBe(faster)
  expect(chosenAfter([[197, 768, 768]], cost)).toBe(faster)
  expect(chosenAfter(ofModel.slice(0, 3), cost)).toBe(faster)
})

test('products that never come twice, and small ones, leave it at the first', () => {
  const sizes = Array.from({ length: 600 }, (_, i) => [100 + i, 768, 768] as const)
  expect(chosenAfter(sizes, { fours: 1.2, pairs: 1 })).toBe('fours')
  expect(chosenAfter([[4, 8, 16]], { fours: 1.2, pairs: 1 })).toBe('fours')
})
