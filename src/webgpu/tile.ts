/** Which tile a product or an attention is computed in, by what was measured (docs/webgpu.md): large ones compute more for each element they fetch, small ones keep more of the card busy. */
import type { Limits } from './lowering.ts'
import { invocationsOf, sharedBytes, type Tile } from './product.ts'

interface Sizes {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
}

/** From the largest on. Small ones split the sums, so that a workgroup has enough to do while it waits for memory. */
export const tiles: readonly Tile[] = [
  { rows: 64, columns: 64, depth: 16, rowsEach: 8, split: 1 },
  { rows: 32, columns: 64, depth: 8, rowsEach: 8, split: 2 },
  { rows: 32, columns: 64, depth: 8, rowsEach: 8, split: 4 },
  { rows: 16, columns: 32, depth: 16, rowsEach: 4, split: 4 },
  // for devices that have no more than they must
  { rows: 16, columns: 32, depth: 16, rowsEach: 4, split: 2 },
]

/** The tile; null where a product is too thin for any. */
export function tileFor({ batch, m, n, k }: Sizes, limits: Limits): Tile | null {
  if (m < 4 || n < 4 || k < 4 || batch * m * n * k < 4096) return null
  const possible = thrifty(
    tiles.filter((tile) => sharedBytes(tile) <= limits.shared && invocationsOf(tile) <= limits.invocations),
    ({ rows, columns }) => (Math.ceil(m / rows) * rows * Math.ceil(n / columns) * columns) / (m * n),
  )
  // sums too short to be split are left whole, where they can be
  const whole = possible.filter(({ depth, split }) => split === 1 || k >= depth * split)
  const teams = ({ rows, columns, split }: Tile) =>
    batch * Math.ceil(m / rows) * Math.ceil(n / columns) * split
  return busy(whole.length > 0 ? whole : possible, teams, 600)
}

/** Those that compute little beyond a result's edges; `covers` says how much larger than the result all tiles are together. */
export function thrifty<T>(possible: readonly T[], covers: (tile: T) => number): readonly T[] {
  const least = Math.min(...possible.map(covers))
  return possible.filter((tile) => covers(tile) <= 1.3 * least)
}

/** The first tile of which there are enough, or else the one of which there are most; null where there is none. */
export function busy<T>(possible: readonly T[], count: (tile: T) => number, enough: number): T | null {
  const most = possible.toSorted((a, b) => count(b) - count(a))[0] ?? null
  return possible.find((tile) => count(tile) >= enough) ?? most
}
