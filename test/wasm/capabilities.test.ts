/** What the platform can do is asked of the platform, and the answer is explained. */
import { afterEach, describe, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

async function fresh() {
  vi.resetModules()
  return await import('../../src/wasm/capabilities.ts')
}

describe('capabilities', () => {
  test('every Node that the package supports has SIMD', async () => {
    const { capabilities } = await fresh()
    expect(capabilities().simd).toBe(true)
  })

  test('relaxed SIMD is in use from Node 22 on and not before', async () => {
    const { capabilities } = await fresh()
    expect(capabilities().relaxedSimd).toBe(Number(process.versions.node.split('.')[0]) >= 22)
  })

  test('a platform without WebAssembly is served by the plain path and told why', async () => {
    vi.stubGlobal('WebAssembly', undefined)
    const { capabilities } = await fresh()
    expect(capabilities()).toMatchObject({ simd: false, relaxedSimd: false, threads: 1 })
    expect(capabilities().reasons[0]).toBe('simd: this platform has no WebAssembly')
  })

  test('an engine that refuses SIMD is told apart from one that is missing', async () => {
    const refusing = Object.create(WebAssembly, { validate: { value: () => false } })
    vi.stubGlobal('WebAssembly', refusing)
    const { capabilities } = await fresh()
    expect(capabilities().simd).toBe(false)
    expect(capabilities().reasons[0]).toMatch(/does not accept SIMD/)
  })

  test('everything that is not in use has a reason that names it', async () => {
    const { capabilities } = await fresh()
    const { reasons, ...flags } = capabilities()
    for (const [name, value] of Object.entries(flags)) {
      const unused = value === false || value === 1 || value === 'own'
      expect(reasons.some((reason) => reason.startsWith(`${name}:`))).toBe(unused)
    }
  })
})
