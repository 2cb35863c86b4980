/** Sums of rows in linear memory, by all threads where there is enough of them: apart from what else is done there, which who only reduces does not carry with it. */
import { isWeighted, type Stored } from '../gemm/weighted.ts'
import type { Layout } from '../layout/layout.ts'
import type { FloatTensor } from '../layout/tensor.ts'
import type { Heap } from '../wasm/heap.ts'
import { called } from '../wasm/recording.ts'
import { isResident } from '../wasm/resident.ts'
import { resultTensor } from '../wasm/result.ts'

/** What of a tensor is summed, and what is kept: layouts of its elements, whose lengths are the result's. */
export interface Summed {
  readonly kept: Layout
  readonly dropped: Layout
  readonly shape: readonly number[]
}

/** Sums of rows, or their means, where what is kept stands side by side; null where it does not. */
export function sumInHeap(
  heap: Heap,
  x: Stored,
  { kept, dropped, shape }: Summed,
  mean: boolean,
): FloatTensor | null {
  if (isWeighted(x) || !isResident(x.data)) return null
  const [outside, inside] = [runsOf(kept), runsOf(dropped)]
  const columns = outside.pop()
  const [rows = { length: 1, step: 0 }, ...more] = inside
  const [outer = { length: 1, step: 0 }, ...others] = outside
  if (columns === undefined || columns.step !== 1 || columns.length < 16 || rows.length === 0) return null
  if (more.length > 0 || others.length > 0) return null
  const result = resultTensor(shape)
  const form = { step: 4 * rows.step, rows: rows.length, n: columns.length, divisor: mean ? rows.length : 1 }
  for (let i = 0; i < outer.length; i++) {
    const places = [4 * (result.offset + i * columns.length), 4 * (kept.offset + i * outer.step)] as const
    called(() => heap.rows.sumRows(places, form))
  }
  return result
}

/** The axes of a layout, those that follow one another at equal distances as one. */
function runsOf({ shape, stride }: Layout): { length: number; step: number }[] {
  const runs: { length: number; step: number }[] = []
  for (const [axis, length] of shape.entries()) {
    if (length === 1) continue
    const [last, step] = [runs.at(-1), stride[axis]!]
    if (last !== undefined && last.step === step * length)
      runs.splice(-1, 1, { length: last.length * length, step })
    else runs.push({ length, step })
  }
  return runs
}
