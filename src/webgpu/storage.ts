/** Which results share a buffer: one serves the next as soon as nobody reads the last any more. */
import type { KernelCode } from './shader.ts'

/** Buffers by their bytes, and which of them each value is in. */
export interface Storage {
  readonly bytes: readonly number[]
  readonly slotOf: ReadonlyMap<number, number>
}

/** Finds slots for the values whose bytes are given, for kernels that run one after the other. */
export function storageFor(
  kernels: readonly Pick<KernelCode, 'buffers'>[],
  bytesOf: ReadonlyMap<number, number>,
): Storage {
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  kernels.forEach(({ buffers }, i) => {
    for (const id of buffers) {
      if (!bytesOf.has(id)) continue
      if (!first.has(id)) first.set(id, i)
      last.set(id, i)
    }
  })
  const bytes: number[] = []
  const slotOf = new Map<number, number>()
  let free: number[] = []
  kernels.forEach(({ buffers }, i) => {
    const own = [...new Set(buffers)].filter((id) => bytesOf.has(id))
    for (const id of own) {
      if (first.get(id) !== i) continue
      const size = bytesOf.get(id)!
      const slot = bestOf(free, bytes, size) ?? bytes.push(0) - 1
      bytes[slot] = Math.max(bytes[slot]!, size)
      free = free.filter((other) => other !== slot)
      slotOf.set(id, slot)
    }
    for (const id of own) if (last.get(id) === i) free.push(slotOf.get(id)!)
  })
  return { bytes, slotOf }
}

/** The smallest free slot with room, or the largest, which then grows. */
function bestOf(free: readonly number[], bytes: readonly number[], size: number): number | undefined {
  const roomy = free.filter((slot) => bytes[slot]! >= size).sort((a, b) => bytes[a]! - bytes[b]!)
  return roomy[0] ?? [...free].sort((a, b) => bytes[b]! - bytes[a]!)[0]
}
