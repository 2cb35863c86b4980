/** Reading a whole safetensors file that is in memory. */
import { isA } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { decodeTensor, expectReadOptions, type ReadOptions } from './decode.ts'
import type { CheckpointData } from './dtype.ts'
import { CheckpointError } from './error.ts'
import { headerLength, LENGTH_BYTES, parseHeader } from './header.ts'

/** Tensors by name, as `stateDict()` gives and `loadStateDict()` takes them. */
export type StateDict = Record<string, NdArray<Data>>

/**
 * Reads all tensors of a safetensors file that is in memory. A tensor is a view on `file` where its elements are
 * aligned there and need no conversion, else a copy; F16 and BF16 widen to float32, BOOL becomes uint8.
 *
 * @param file the bytes of the whole file
 * @param options `raw`: half, bfloat16 and 8-bit floats as their bits instead
 * @returns the tensors by name, in the order of the header; an object without a prototype
 * @throws CheckpointError when the file breaks a rule of the format, naming the rule and the tensor
 *
 * @example
 * const bytes = writeSafetensors({ bias: ndarray(new Float32Array([1, 2, 3])) })
 * const { bias } = readSafetensors(bytes)
 * bias.shape // [3]
 */
export function readSafetensors(
  file: Uint8Array | ArrayBuffer,
  options: ReadOptions = {},
): Record<string, NdArray<CheckpointData>> {
  const reading = { operation: 'readSafetensors' }
  expectReadOptions(options, reading)
  const bytes = isA(file, 'ArrayBuffer') ? new Uint8Array(file) : file
  if (!isA(bytes, 'Uint8Array')) {
    const hint = typeof bytes === 'string' ? '; openSafetensors(path) opens a file' : ''
    const what = `the argument is not the bytes of a file — got ${show(bytes)}, expected a Uint8Array${hint}`
    throw new CheckpointError({ ...reading, code: 'source/type', what })
  }
  const length = headerLength(bytes, bytes.length, reading)
  const header = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)
  const { entries } = parseHeader(header, bytes.length, reading)

  const tensors = Object.create(null) as Record<string, NdArray<CheckpointData>>
  for (const [name, entry] of entries) {
    tensors[name] = decodeTensor(name, entry, bytes.subarray(entry.start, entry.end), options, reading)
  }
  return tensors
}
