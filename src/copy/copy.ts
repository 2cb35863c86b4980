/**
 * Moving elements from one layout to another: any strides, negative and 0 too, and any kind of buffer. Chooses the
 * order of the loops (nest.ts) and what runs the innermost ones: `set` for long runs, else the loops of words.ts.
 */
import { dtypeOf } from '../layout/data.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { allocateUnset } from '../layout/unset.ts'
import { currentRecording } from '../wasm/recording.ts'
import { current } from '../wasm/resident.ts'
import { convert } from './convert.ts'
import { bytesOf, isTyped, keepsBits, mostBytes, overlap, type Typed, wordsOf } from './memory.ts'
import { blocked, type Nest, nestOf, sizeOfLoops, walk } from './nest.ts'
import { copyStaged, fewBytes } from './staged.ts'
import { copyAny, copyWords, runLoops } from './words.ts'

/** From this length on, `subarray` and `set` are faster than anything else. */
const longRunBytes = 1024

/** Elements along each side of a block: its lines of both buffers fit the first-level cache together. */
const blockWidth = 32

/**
 * Copies every element of `source` into `target`, which has the same shape; where they share memory, as if the
 * source had been copied first.
 */
export function copyInto(source: Tensor, target: Tensor): void {
  if (sizeOf(target.shape) === 0) return
  copyApart(overlap(source, target) ? materialize(source) : source, target)
}

/** A contiguous copy, in a buffer of the same kind. */
export function materialize<D extends Data>(tensor: Tensor<D>): Tensor<D> {
  const copy = { ...contiguous(tensor.shape), data: allocateUnset(tensor.data, sizeOf(tensor.shape)) }
  copyApart(tensor, copy)
  return copy
}

/** Copies between tensors that share no memory, as when the target is new. */
export function copyApart(source: Tensor, target: Tensor): void {
  if (sizeOf(target.shape) === 0) return
  currentRecording()?.add(() => copyApart(source, target))
  const nest = nestOf(source, target)
  const from = current(source.data)
  const to = current(target.data)
  const read = dtypeOf(from)
  const write = dtypeOf(to)
  if (isTyped(from) && isTyped(to) && keepsBits(from, read, to, write)) copyBits(from, to, nest)
  else if (ArrayBuffer.isView(from) && ArrayBuffer.isView(to))
    convert(from as Typed, read, to as Typed, write, nest)
  else runLoops(copyAny, from, to, nest)
}

function copyBits(source: Typed, target: Typed, nest: Nest): void {
  const bytes = source.BYTES_PER_ELEMENT
  const isFar = target.length * bytes > mostBytes
  const inner = nest.loops.at(-1)
  if (
    !isFar &&
    inner !== undefined &&
    inner.source === 1 &&
    inner.target === 1 &&
    inner.length * bytes >= longRunBytes
  ) {
    copyRuns(bytesOf(source), bytesOf(target), bytes, nest, inner.length * bytes)
    return
  }
  const from = wordsOf(source)
  const to = wordsOf(target)
  if (isFar || sizeOfLoops(nest.loops) * bytes < fewBytes) {
    copyWords(from, to, nest)
    return
  }
  for (const left of copyStaged(source, bytesOf(target), bytes, nest)) {
    for (const piece of blocked(left, blockWidth)) copyWords(from, to, piece)
  }
}

/**
 * Sets runs of `length` bytes; the loop around them is written out, since most copies spend their time in it. Of the next run two
 * neighbouring cache lines are read before this one is copied: a processor looks ahead for itself only where addresses go on. Their sum is given back so
 * that reading them is not left out.
 */
function copyRuns(source: Uint8Array, target: Uint8Array, bytes: number, nest: Nest, length: number): number {
  const { buffer, byteOffset } = source
  const {
    length: count,
    source: read,
    target: write,
  } = nest.loops.at(-2) ?? { length: 1, source: 0, target: 0 }
  let ahead = 0
  walk(nest.loops.slice(0, -2), nest.source, nest.target, (from, to) => {
    let start = from * bytes
    let end = to * bytes
    for (let i = 1; i <= count; i++) {
      const next = start + read * bytes
      if (i < count) ahead += source[next]! + source[next + 64]!
      // a new view is made faster than a subarray
      target.set(new Uint8Array(buffer, byteOffset + start, length), end)
      start = next
      end += write * bytes
    }
  })
  return ahead
}
