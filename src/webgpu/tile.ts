/** Which tile a product is computed in, by what was measured (docs/webgpu.md): large ones multiply more for each element they fetch, small ones keep more of the card busy. */
import type { Limits } from './lowering.ts'
import { invocationsOf, sharedBytes, type Tile } from './product.ts'

interface Sizes {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
}

/** From the largest on. */
export const tiles: readonly Tile[] = [
  { rows: 128, columns: 128, depth: 16, rowsEach: 8, columnsEach: 8 },
  { rows: 64, columns: 64, depth: 16, rowsEach: 8, columnsEach: 8 },
  { rows: 32, columns: 64, depth: 16, rowsEach: 4, columnsEach: 8 },
  { rows: 32, columns: 32, depth: 16, rowsEach: 4, columnsEach: 4 },
  { rows: 16, columns: 32, depth: 16, rowsEach: 4, columnsEach: 4 },
]

/** Workgroups from which on more of them are of no use. */
const enough = 192

/** The tile; null where a product is too thin for any. */
export function tileFor({ batch, m, n, k }: Sizes, limits: Limits): Tile | null {
  if (m < 4 || n < 4 || k < 4 || batch * m * n * k < 4096) return null
  const possible = tiles.filter(
    (tile) => sharedBytes(tile) <= limits.shared && invocationsOf(tile) <= limits.invocations,
  )
  const groups = ({ rows, columns }: Tile) => batch * Math.ceil(m / rows) * Math.ceil(n / columns)
  // what a tile computes beyond the product's edges is lost
  const waste = ({ rows, columns }: Tile) =>
    (Math.ceil(m / rows) * rows * Math.ceil(n / columns) * columns) / (m * n)
  const least = Math.min(...possible.map(waste))
  return (
    possible.find((tile) => groups(tile) >= enough && waste(tile) <= 1.3 * least) ??
    possible.toReversed().find((tile) => waste(tile) <= 1.1 * least) ??
    null
  )
}
