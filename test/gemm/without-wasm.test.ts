/** Where there is no WebAssembly everything is computed all the same. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { contiguous } from '../../src/layout/layout.ts'

beforeEach(() => {
  vi.resetModules()
})

afterEach(() => {
  vi.unstubAllGlobals()
})

const tensor = (shape: readonly number[], value: (i: number) => number) => ({
  ...contiguous(shape),
  data: Float32Array.from({ length: shape.reduce((n, m) => n * m, 1) }, (_, i) => value(i)),
})

/** Platforms without kernels: no WebAssembly, no SIMD in it, a policy that forbids compiling it, no room for a memory. */
const platforms: Record<string, unknown> = {
  'no WebAssembly': undefined,
  'no SIMD': replaced({ validate: () => false }),
  "no 'wasm-unsafe-eval'": replaced({
    Module: class {
      constructor() {
        throw new WebAssembly.CompileError('violates the policy')
      }
    },
  }),
  'no memory': replaced({
    Memory: class {
      constructor() {
        throw new RangeError('could not allocate memory')
      }
    },
  }),
}

function replaced(members: object): unknown {
  return Object.defineProperties(Object.create(WebAssembly), Object.getOwnPropertyDescriptors(members))
}

test.each(Object.entries(platforms))(
  'where there is %s products come from the plain kernel',
  async (_, platform) => {
    vi.stubGlobal('WebAssembly', platform)
    const { einsum } = await import('../steps/on-host.ts')
    const { getHeap } = await import('../../src/wasm/heap.ts')
    expect(getHeap()).toBeNull()
    const n = 50
    const identity = tensor([n, n], (i) => (i % (n + 1) === 0 ? 1 : 0))
    const x = tensor([n, n], (i) => i)
    expect(einsum([x, identity], 'i j, j k -> i k').data).toEqual(x.data)
  },
)

test.each(Object.entries(platforms))(
  'where there is %s a weight is multiplied, and attention attends',
  async (_, platform) => {
    vi.stubGlobal('WebAssembly', platform)
    const { attend, einsum, scope } = await import('../steps/on-host.ts')
    const { Weight } = await import('../../src/gemm/weight.ts')
    const weight = {
      ...contiguous([30, 20]),
      weight: new Weight(new Float32Array(600).fill(0.5)),
    }
    const x = tensor([40, 20], () => 1)
    const y = scope(() => einsum([x, weight], 'i k, o k -> i o'))
    expect(new Set(y.data)).toEqual(new Set([10]))
    const q = tensor([2, 60, 4], (i) => i % 3)
    const ones = tensor([2, 60, 4], () => 1)
    const output = attend(q, q, ones)
    for (const value of output.data) expect(value).toBeCloseTo(1, 6)
  },
)
