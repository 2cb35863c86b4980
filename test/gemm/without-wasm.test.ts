/** Where there is no WebAssembly everything is computed all the same. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { contiguous } from '../../src/layout/layout.ts'

beforeEach(() => {
  vi.resetModules()
  vi.stubGlobal('WebAssembly', undefined)
})

afterEach(() => {
  vi.unstubAllGlobals()
})

const tensor = (shape: readonly number[], value: (i: number) => number) => ({
  ...contiguous(shape),
  data: Float32Array.from({ length: shape.reduce((n, m) => n * m, 1) }, (_, i) => value(i)),
})

test('products come from the plain kernel', async () => {
  const { einsumTensor } = await import('../../src/ops/einsum.ts')
  const { getHeap } = await import('../../src/wasm/heap.ts')
  expect(getHeap()).toBeNull()
  const n = 50
  const identity = tensor([n, n], (i) => (i % (n + 1) === 0 ? 1 : 0))
  const x = tensor([n, n], (i) => i)
  expect(einsumTensor([x, identity], 'i j, j k -> i k').data).toEqual(x.data)
})

test('a weight is multiplied, and attention attends', async () => {
  const { einsumTensor } = await import('../../src/ops/einsum.ts')
  const { Weight } = await import('../../src/gemm/weight.ts')
  const { attention } = await import('../../src/gemm/attention.ts')
  const { scope } = await import('../../src/wasm/arena.ts')
  const weight = {
    ...contiguous([30, 20]),
    data: new Float32Array(),
    weight: new Weight(new Float32Array(600).fill(0.5)),
  }
  const x = tensor([40, 20], () => 1)
  const y = scope(() => einsumTensor([x, weight], 'i k, o k -> i o'))
  expect(new Set(y.data)).toEqual(new Set([10]))
  const q = tensor([2, 60, 4], (i) => i % 3)
  const ones = tensor([2, 60, 4], () => 1)
  const { output } = attention(q, q, ones)
  for (const value of output.data) expect(value).toBeCloseTo(1, 6)
})
