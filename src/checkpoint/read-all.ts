/** All tensors of a checkpoint, some at a time. */
import type { NdArray } from '../layout/tensor.ts'
import type { CheckpointData } from './dtype.ts'

/** As many as Node's file system works on, and few enough that little memory waits to be converted. */
const READERS = 4

/** Reads tensors and gives them in the order of their names; after a failure no more are begun. */
export async function readAll(
  names: readonly string[],
  read: (name: string) => Promise<NdArray<CheckpointData>>,
): Promise<Record<string, NdArray<CheckpointData>>> {
  const results = new Array<NdArray<CheckpointData>>(names.length)
  const failures: { readonly index: number; readonly error: unknown }[] = []
  const waiting = names.entries()
  const readInTurn = async () => {
    for (const [index, name] of waiting) {
      try {
        results[index] = await read(name)
      } catch (error) {
        failures.push({ index, error })
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: READERS }, readInTurn))
  const [first] = failures.sort((a, b) => a.index - b.index)
  if (first) throw first.error
  const tensors = Object.create(null) as Record<string, NdArray<CheckpointData>>
  for (const [index, name] of names.entries()) tensors[name] = results[index]!
  return tensors
}
