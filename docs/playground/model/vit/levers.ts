/** What a reader may change inside the model, and what it does to the picture. */

export interface Levers {
  /** Patches without ink, by their number from 0. */
  readonly erased: readonly number[]
  /** Which patch stands where: `order[3]` is the patch that is shown in place 3. */
  readonly order: readonly number[]
  /** Whether positions are added. */
  readonly positions: boolean
  /** Heads that find nothing: layer × heads + head. */
  readonly muted: readonly number[]
  /** Two tokens that change places after their positions were added; 0 is the class token. */
  readonly swap: readonly [number, number] | null
}

const patches = 16
const grid = 4
const side = 28
const patch = 7

export const untouched: Levers = {
  erased: [],
  order: Array.from({ length: patches }, (_, i) => i),
  positions: true,
  muted: [],
  swap: null,
}

export function isUntouched({ erased, order, positions, muted, swap }: Levers): boolean {
  return (
    erased.length === 0 &&
    order.every((one, i) => one === i) &&
    positions &&
    muted.length === 0 &&
    swap === null
  )
}

/** The picture with patches erased and moved, [28, 28]. */
export function pixelsUnder(drawn: Float32Array, { erased, order }: Levers): Float32Array {
  const pixels = new Float32Array(side * side)
  for (let place = 0; place < patches; place++) {
    const from = order[place]!
    if (erased.includes(from)) continue
    for (let k = 0; k < patch * patch; k++) {
      pixels[pixelOf(place, k)] = drawn[pixelOf(from, k)]!
    }
  }
  return pixels
}

/** Where the pixel `k` of a patch stands in the picture. */
export function pixelOf(which: number, k: number): number {
  const top = Math.floor(which / grid) * patch + Math.floor(k / patch)
  const left = (which % grid) * patch + (k % patch)
  return top * side + left
}

/** Another order of all patches, by a given source of chance. */
export function shuffled(order: readonly number[], random: () => number): number[] {
  const next = [...order]
  for (let i = next.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[next[i], next[j]] = [next[j]!, next[i]!]
  }
  return next
}

/** Adds what is not there, takes away what is. */
export function toggled(list: readonly number[], one: number): number[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one]
}
