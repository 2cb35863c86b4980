/**
 * Which of two tiles with the same bits computes: the faster one, found out on the first products that there are to compute, since it depends on the processor and on
 * what the engine makes of the instructions, and since code is slow before it has run a while.
 */
import { inUse } from './capabilities.ts'

/** The numbers of the tiles in src/wasm/assembly/quantized.ts. */
export const tileNumbers = { wide: 0, narrow: 1, pairs: 2, fours: 3 } as const

export type Tile = keyof typeof tileNumbers

const candidates = ['fours', 'pairs'] as const

const instructions = {
  pairs: 'i16x8.relaxed_dot_i8x16_i7x16_s',
  fours: 'i32x4.relaxed_dot_i8x16_i7x16_add_s',
} as const

/** Products of fewer multiplications tell nothing. */
const LEAST = 2 ** 20
/** How many products are tried: the first ones are computed by code that V8 has yet to make fast. */
const TRIES = 48

/** The least milliseconds that products of one size took with each of the candidates. */
type Times = [number, number]

export class TileChoice {
  #chosen: (typeof candidates)[number] | null = null
  #tries = 0
  /** By size: only what computes the same can be compared, and the best time is the one that nothing disturbed. */
  readonly #times = new Map<string, { tries: number; best: Times }>()

  /** Computes a product of this size by one of them. */
  run(compute: (tile: Tile) => void, size: readonly [m: number, n: number, k: number]): void {
    if (this.#chosen !== null || size.reduce((all, length) => all * length) < LEAST) {
      compute(this.#chosen ?? candidates[0])
      return
    }
    const key = size.join()
    const times = this.#times.get(key) ?? { tries: 0, best: [Infinity, Infinity] }
    this.#times.set(key, times)
    const which = (times.tries++ % 2) as 0 | 1
    const started = performance.now()
    compute(candidates[which])
    times.best[which] = Math.min(times.best[which], performance.now() - started)
    if (++this.#tries >= TRIES) this.#choose()
  }

  #choose(): void {
    const compared = [...this.#times.values()].filter(({ tries }) => tries > 3)
    if (compared.length === 0 && this.#tries < 4 * TRIES) return
    const sum = (which: 0 | 1) => compared.reduce((all, { best }) => all + best[which], 0)
    const chosen = candidates[sum(1) < sum(0) ? 1 : 0]
    this.#chosen = chosen
    this.#times.clear()
    inUse.tiles['int8-fast'] = instructions[chosen]
  }
}
