/** A contraction never rearranges an operand into a temporary of its own size, however the operand stands in memory. */
import { afterEach, expect, test, vi } from 'vitest'
import { windowFloats } from '../../src/gemm/stage.ts'
import { contiguous, permute, sizeOf } from '../../src/layout/layout.ts'
import type { Tensor } from '../../src/layout/tensor.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { einsum } from '../steps/on-host.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The bytes of all typed arrays that a computation makes, in JavaScript's memory and, growing, in linear memory. */
function allocatedBy(run: () => void): { largest: number; linear: number } {
  let largest = 0
  for (const name of ['Float32Array', 'Float64Array', 'Int32Array'] as const) {
    const original = globalThis[name]
    const counting = new Proxy(original, {
      construct(target, args: [unknown, number?, number?], newTarget) {
        const made = Reflect.construct(target, args, newTarget) as Float32Array
        if (typeof args[0] === 'number') largest = Math.max(largest, made.byteLength)
        return made
      },
    })
    vi.stubGlobal(name, counting)
  }
  const before = getHeap()?.memory.size ?? 0
  run()
  return { largest, linear: (getHeap()?.memory.size ?? 0) - before }
}

/** Ones in a shape, the axes standing in memory in the order given. */
function ones(data: Float32Array | Float64Array, shape: readonly number[], order: readonly number[]): Tensor {
  const inMemory = contiguous(order.map((axis) => shape[axis]!))
  return {
    data: data.fill(1),
    ...permute(
      inMemory,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  }
}

const shape = [6, 3, 512, 512] // b c h w: 4.7 million elements
const size = sizeOf(shape)
const lengths = { s1: 16, s2: 16 }
const pattern = 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d'

test.each([
  ['as it comes', [0, 1, 2, 3]],
  ['channels last', [0, 2, 3, 1]],
  ['columns first', [3, 1, 0, 2]],
])('float32 patches, %s, take windows of linear memory and nothing else', (_, order) => {
  const image = ones(new Float32Array(size), shape, order)
  const weight = ones(new Float32Array(8 * 768), [8, 768], [0, 1])
  let result: Tensor | undefined
  const { largest, linear } = allocatedBy(() => {
    result = einsum([image, weight], pattern, lengths)
  })
  expect(new Set(result!.data as Float32Array)).toEqual(new Set([768]))
  expect(largest).toBeLessThanOrEqual(4 * sizeOf(result!.shape))
  // the windows of image, weight and result, the panels, and what linear memory grows by at once
  expect(linear).toBeLessThan(4 * 2.5 * windowFloats)
})

test('float64 patches take the panels of the plain kernel and nothing else', () => {
  const image = ones(new Float64Array(size), shape, [0, 2, 3, 1])
  const weight = ones(new Float64Array(8 * 768), [8, 768], [1, 0])
  let result: Tensor | undefined
  const { largest, linear } = allocatedBy(() => {
    result = einsum([image, weight], pattern, lengths)
  })
  expect(new Set(result!.data as Float64Array)).toEqual(new Set([768]))
  expect(largest).toBeLessThan(2 * 2 ** 20)
  expect(linear).toBe(0)
})
