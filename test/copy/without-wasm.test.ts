/** Where WebAssembly is missing or forbidden, the plain loops give the same. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { contiguous, permute } from '../../src/layout/layout.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

const forbidden = {
  ...WebAssembly,
  validate: WebAssembly.validate,
  Memory: WebAssembly.Memory,
  Module: class {
    constructor() {
      throw new WebAssembly.CompileError('code generation disallowed by embedder')
    }
  },
}

describe.each([
  ['missing', undefined],
  ['forbidden', forbidden],
])('WebAssembly %s', (_, WebAssembly) => {
  it('leaves copies and reductions as they are', async () => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', WebAssembly)
    const { materialize } = await import('../../src/copy/copy.ts')
    const { foldInto } = await import('../../src/copy/fold.ts')
    const data = Float32Array.from({ length: 120 * 130 }, (_, i) => i % 1000)
    const turned = permute(contiguous([120, 130]), [1, 0])
    const copy = materialize({ ...turned, data })
    expect([copy.data[0], copy.data[1], copy.data[120]]).toEqual([0, 130, 1])
    const sums = { ...contiguous([120]), data: new Float32Array(120) }
    foldInto('sum', data, { shape: [120], stride: [130], offset: 0 }, contiguous([130]), sums)
    expect(sums.data[1]).toBe((130 * (130 + 259)) / 2)
  })
})
