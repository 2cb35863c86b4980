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
/** How often each is tried, and of how many tries the time is counted, the last ones. */
const TRIES = 24
const COUNTED = 12

export class TileChoice {
  #chosen: (typeof candidates)[number] | null = null
  #tries = 0
  /** Milliseconds for each multiplication, summed. */
  readonly #times = { fours: 0, pairs: 0 }

  /** Computes a product of so many multiplications by one of them. */
  run(compute: (tile: Tile) => void, multiplications: number): void {
    if (this.#chosen !== null || multiplications < LEAST) {
      compute(this.#chosen ?? candidates[0])
      return
    }
    const tile = candidates[this.#tries % 2]!
    const started = performance.now()
    compute(tile)
    const time = (performance.now() - started) / multiplications
    this.#tries++
    if (this.#tries > 2 * (TRIES - COUNTED)) this.#times[tile] += time
    if (this.#tries < 2 * TRIES) return
    this.#chosen = this.#times.pairs < this.#times.fours ? 'pairs' : 'fours'
    inUse.tiles['int8-fast'] = instructions[this.#chosen]
  }
}
