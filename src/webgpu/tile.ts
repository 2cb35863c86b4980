/** Which tile a product is computed in, by what was measured (docs/webgpu.md): large ones multiply more for each element they fetch, small ones keep more of the card busy. */
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
  { rows: 64, columns: 64, depth: 16, rowsEach: 4, columnsEach: 8, split: 1 },
  { rows: 32, columns: 64, depth: 16, rowsEach: 4, columnsEach: 8, split: 2 },
  { rows: 32, columns: 32, depth: 16, rowsEach: 4, columnsEach: 8, split: 4 },
  { rows: 16, columns: 32, depth: 16, rowsEach: 4, columnsEach: 4, split: 8 },
  // for devices that have no more than they must
  { rows: 16, columns: 32, depth: 16, rowsEach: 4, columnsEach: 4, split: 2 },
]

/** Teams from which on more of them are of no use. */
const enough = 256

/** The tile; null where a product is too thin for any. */
export function tileFor({ batch, m, n, k }: Sizes, limits: Limits): Tile | null {
  if (m < 4 || n < 4 || k < 4 || batch * m * n * k < 4096) return null
  const possible = tiles.filter(
    (tile) => sharedBytes(tile) <= limits.shared && invocationsOf(tile) <= limits.invocations,
  )
  const teams = ({ rows, columns, split }: Tile) =>
    batch * Math.ceil(m / rows) * Math.ceil(n / columns) * split
  // what a tile computes beyond the product's edges is lost
  const waste = ({ rows, columns }: Tile) =>
    (Math.ceil(m / rows) * rows * Math.ceil(n / columns) * columns) / (m * n)
  const least = Math.min(...possible.map(waste))
  const thrifty = possible.filter((tile) => waste(tile) <= 1.3 * least)
  // sums too short to be split are left whole, where they can be
  const whole = thrifty.filter(({ depth, split }) => split === 1 || k >= depth * split)
  const suitable = whole.length > 0 ? whole : thrifty
  const busiest = suitable.toSorted((a, b) => teams(b) - teams(a))[0] ?? null
  return suitable.find((tile) => teams(tile) >= enough) ?? busiest
}
