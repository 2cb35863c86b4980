/** Where a platform compiles no WebAssembly, the library runs modules that were compiled elsewhere, and says how to get them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { mistakeOf } from '../mistake.ts'

const { Module } = WebAssembly
const folder = join(import.meta.dirname, '../../src/wasm/generated')

function compiled(file: string): WebAssembly.Module {
  return new Module(readFileSync(join(folder, `${file}.wasm`)))
}

/** The library on a platform that refuses to compile. */
async function deployed() {
  const refusing = Object.assign(
    function Refusing() {
      throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder')
    },
    { customSections: Module.customSections },
  )
  vi.stubGlobal('WebAssembly', Object.create(WebAssembly, { Module: { value: refusing } }))
  vi.resetModules()
  const [tesserae, { Linear, Sequential, LayerNorm }, { getHeap }] = await Promise.all([
    import('../../src/index.ts'),
    import('../../src/nn.ts'),
    import('../../src/wasm/heap.ts'),
  ])
  return { ...tesserae, Linear, Sequential, LayerNorm, getHeap }
}

const all = () => ({
  copy: compiled('copy'),
  fold: compiled('fold'),
  product: compiled('product'),
  rows: compiled('rows'),
})

const x = () =>
  ndarray(
    Float32Array.from({ length: 64 * 96 }, (_, i) => (i % 13) - 6),
    [64, 96],
  )

beforeEach(() => vi.resetModules())
afterEach(() => vi.unstubAllGlobals())

describe('a platform that compiles no WebAssembly', () => {
  it('is told so in its own words, with both ways out', async () => {
    const { capabilities, einsum } = await deployed()
    expect(einsum([x(), x()], 'i k, j k -> i j').shape).toEqual([64, 64])
    expect(capabilities().simd).toBe(false)
    const [reason] = capabilities().reasons
    expect(reason).toContain('Wasm code generation disallowed by embedder')
    expect(reason).toContain("'wasm-unsafe-eval'")
    expect(reason).toContain('init({ modules })')
  })

  it('runs modules that it is given, also after it ran without, with the values of the plain path', async () => {
    const { capabilities, einsum, getHeap, init, LayerNorm, Linear, rearrange, reduce, Sequential } =
      await deployed()
    const model = new Sequential(new LayerNorm(96), new Linear(96, 8, { seed: 1 }))
    const calls = () => [
      rearrange(x(), 'a b -> (b a)'),
      reduce(x(), 'a b -> b', 'sum'),
      einsum([x(), x()], 'i k, j k -> i j'),
      model.forward(x()),
    ]
    const plain = calls()
    expect(getHeap()).toBe(null)
    const { simd, threads } = await init({ modules: all() })
    expect([simd, threads]).toEqual([true, 1])
    for (const [i, result] of calls().entries()) {
      const want = [...plain[i]!.data]
      for (const [j, value] of [...result.data].entries()) expect(value).toBeCloseTo(want[j]!, 4)
    }
    expect(getHeap()).not.toBe(null)
    expect(capabilities().reasons.some((reason) => reason.startsWith('simd'))).toBe(false)
  })

  it('computes plainly what it was given no kernels for: attention, gradients, weights of eight bits', async () => {
    const { init, getHeap } = await deployed()
    await init({ modules: all() })
    const { Attention, quantize, Linear } = await import('../../src/nn.ts')
    const { adamw, valueAndGradients, mse } = await import('../../src/train.ts')
    const attention = new Attention(8, { numHeads: 2 })
    const tokens = ndarray(
      Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
      [1, 5, 8],
    )
    const target = ndarray(new Float32Array(40), [1, 5, 8])
    const { value, gradients } = valueAndGradients(attention, () => mse(attention.forward(tokens), target))
    adamw(attention).step(gradients)
    expect(valueAndGradients(attention, () => mse(attention.forward(tokens), target)).value).toBeLessThan(
      value,
    )
    const linear = new Linear(96, 8, { seed: 1 })
    quantize(linear)
    expect(linear.forward(x()).shape).toEqual([64, 8])
    expect(getHeap()).not.toBe(null)
  })

  it('computes int8-fast as int8 by a module without its instructions, whatever the other modules have', async () => {
    vi.stubGlobal('WebAssembly', Object.create(WebAssembly, { validate: { value: () => true } }))
    const { precisionHere } = await import('../../src/wasm/precision.ts')
    const { handed } = await import('../../src/wasm/capabilities.ts')
    const module = compiled('quantized')
    handed.set('product', { module, isRelaxed: true })
    expect(precisionHere('int8-fast')).toBe('int8-fast')
    handed.set('quantized', { module, isRelaxed: false })
    expect(precisionHere('int8-fast')).toBe('int8')
  })

  it('starts no threads, and says why', async () => {
    const { init } = await deployed()
    const { threads, reasons } = await init({ modules: all(), threads: 2 })
    expect(threads).toBe(1)
    expect(reasons.join()).toContain('take no memory that threads share')
  })

  it('needs those modules only that its program uses', async () => {
    const { init, rearrange, getHeap } = await deployed()
    await init({ modules: { copy: compiled('copy') } })
    expect(rearrange(x(), 'a b -> (b a)').get(1)).toBe(x().get(1, 0))
    expect(getHeap()).toBe(null)
    await init({ modules: all() })
    expect(getHeap()).not.toBe(null)
  })
})

describe('init takes modules', () => {
  it.each<[string, unknown]>([
    [
      "got 'kopy', expected attention, copy, fold, jpeg, product, quantized, rows, training",
      { kopy: compiled('copy') },
    ],
    [
      "'modules.copy' — got fold.wasm of this version, expected copy.wasm of this version",
      { copy: compiled('fold') },
    ],
    ["'modules.copy' — got an Uint8Array", { copy: readFileSync(join(folder, 'copy.wasm')) }],
    [
      "'modules.rows' — got another library's",
      { rows: new Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) },
    ],
    ["bad option 'modules' — got 5", 5],
  ])('and no others: %s', async (words, modules) => {
    const { init } = await import('../../src/index.ts')
    await expect(init({ modules } as never)).rejects.toThrow(words.replace('an Uint8Array', 'a bare Buffer'))
  })

  it('of this version, in both forms', async () => {
    const { handOver } = await import('../../src/wasm/modules.ts')
    const relaxed = ['product-relaxed', 'training-relaxed'].filter((file) => {
      return WebAssembly.validate(readFileSync(join(folder, `${file}.wasm`)))
    })
    for (const file of relaxed) handOver({ [file.split('-')[0]!]: compiled(file) })
    handOver(all())
    expect(() => mistakeOf(() => handOver({ copy: undefined }))).toThrow('nothing was refused')
  })
})

it('more threads than are of use are capped at once, with the reason', async () => {
  const { init, capabilities } = await import('../../src/index.ts')
  const { availableParallelism } = await import('node:os')
  const most = Math.max(16, availableParallelism())
  const starting = init({ threads: 1000, worker: new URL('file:///missing.js') })
  const { threads } = await starting
  expect(threads).toBe(1) // there is no such worker
  const build = new URL('../../dist/worker.js', import.meta.url)
  await init({ threads: 1000, worker: build })
  expect(capabilities().threads).toBe(most)
  expect(capabilities().reasons.join()).toContain(`threads: ${most} of the 1000 that init was told`)
  await init({ threads: 1 })
})

it('every module has a file in the package, and each form that differs has its own', async () => {
  const { moduleNames } = await import('../../src/wasm/capabilities.ts')
  const { exports } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  const exported = Object.keys(exports).flatMap((path) => /^\.\/wasm\/(.+)\.wasm$/.exec(path)?.[1] ?? [])
  const built = readdirSync(folder).flatMap((file) => /^(.+)\.wasm$/.exec(file)?.[1] ?? [])
  expect(exported.sort()).toEqual(built.sort())
  expect([...new Set(built.map((name) => name.split('-')[0]))].sort()).toEqual([...moduleNames].sort())
})
