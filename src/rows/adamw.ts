/**
 * One step of AdamW (Loshchilov and Hutter, arXiv:1711.05101) on the numbers of a parameter, in one pass: plainly, and by SIMD, some thousands at a time, which pass through
 * linear memory while a fast cache has them.
 */
import { getHeap, type Heap } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import { type AdamWFactors, trainingOn } from '../wasm/training.ts'

/** All of one length. */
export interface AdamWArrays {
  readonly values: Float32Array
  readonly gradient: Float32Array
  /** The mean of the gradients, and of their squares. */
  readonly mean: Float32Array
  readonly square: Float32Array
}

/** values −= decay · values + size · mean / (√square · root + eps), after the means have followed the gradient. */
export function stepAdamW(arrays: AdamWArrays, factors: AdamWFactors): void {
  const heap = getHeap('training')
  if (heap === null) stepPlainly(arrays, factors)
  else stepInHeap(heap, arrays, factors)
}

export function stepPlainly({ values, gradient, mean, square }: AdamWArrays, factors: AdamWFactors): void {
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]!
    const first = mean[i]! + factors.mean * (g - mean[i]!)
    const second = square[i]! + factors.square * (g * g - square[i]!)
    mean[i] = first
    square[i] = second
    values[i]! -=
      factors.decay * values[i]! + (factors.size * first) / (Math.sqrt(second) * factors.root + factors.eps)
  }
}

/** Numbers of each array that are brought at a time: 128 kB in all. */
const atOnce = 2 ** 13

const spaces = new WeakMap<Heap, Pointer>()

function spaceOf(heap: Heap): Pointer {
  const known = spaces.get(heap)
  if (known !== undefined) return known
  const space = heap.memory.allocate(4 * 4 * atOnce)
  spaces.set(heap, space)
  return space
}

export function stepInHeap(
  heap: Heap,
  { values, gradient, mean, square }: AdamWArrays,
  factors: AdamWFactors,
): void {
  const space = spaceOf(heap)
  const kernels = trainingOn(heap)
  const arrays = [values, gradient, mean, square]
  const pointers = arrays.map((_, i) => space + 4 * i * atOnce)
  const places = pointers.map((pointer) => heap.memory.floats(pointer, atOnce))
  for (let from = 0; from < values.length; from += atOnce) {
    const parts = arrays.map((array) => array.subarray(from, from + atOnce))
    for (let i = 0; i < parts.length; i++) places[i]!.set(parts[i]!)
    kernels.adamw(pointers, parts[0]!.length, factors)
    for (const i of [0, 2, 3]) parts[i]!.set(places[i]!.subarray(0, parts[i]!.length))
  }
}
