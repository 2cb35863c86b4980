/** Threads share products, change no bit of any result, and when they die they are missed rather than waited for. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ndarray from 'ndarray'
import { build } from 'tsdown'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { VisionTransformer } from '../../src/nn/index.ts'
import { capabilities } from '../../src/wasm/capabilities.ts'
import { patience } from '../../src/wasm/crew.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { CONTROL } from '../../src/wasm/memory.ts'
import { ProductEngine } from '../../src/wasm/product.ts'
import { init } from '../../src/wasm/threads.ts'
import { numbers, place, read } from './matrices.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'threads-'))
const worker = pathToFileURL(join(folder, 'worker.js'))

beforeAll(async () => {
  await build({
    ...{ config: false, cwd: root, outDir: folder, clean: false, dts: false, logLevel: 'silent' as const },
    ...{ entry: { worker: 'src/wasm/worker.ts', threads: 'src/wasm/threads.ts' } },
    ...{ platform: 'neutral' as const, format: 'esm' as const, fixedExtension: false },
  })
})

afterEach(() => init({ threads: 1 }))
afterAll(() => rmSync(folder, { recursive: true }))

const heap = getHeap()!
const plain = { columnsInside: true, gaps: [0, 0], reversed: [false, false], split: false } as const

/** c = GELU(a·b + a residual), in the heap. */
function product(m: number, n: number, k: number): Float32Array {
  const { memory, engine } = heap
  const A = place(memory, numbers(m * k, 1), m, k, plain)
  const B = place(memory, numbers(k * n, 2), k, n, plain)
  const C = place(memory, numbers(m * n, 3), m, n, plain)
  const panels = memory.allocate(ProductEngine.packedBytes(k, n))
  try {
    engine.packColumns(B, k, n, panels)
    engine.multiply({ m, n, k, a: A, b: { panels }, target: C, residual: C, activation: 'gelu' })
    return read(memory, C, m, n)
  } finally {
    for (const block of [A.block, B.block, C.block, panels]) memory.free(block)
  }
}

const shapes = [
  [197, 192, 192],
  [197, 100, 777],
  [1, 1000, 768],
  [1000, 8, 1000],
  [5000, 64, 64],
] as const

describe('threads', () => {
  test('give the same bits as one thread, whatever their number', async () => {
    const alone = shapes.map(([m, n, k]) => product(m, n, k))
    for (const threads of [2, 3, 5]) {
      expect((await init({ threads, worker })).threads).toBe(threads)
      for (let i = 0; i < 5; i++) {
        const [m, n, k] = shapes[i]!
        expect(product(m, n, k)).toEqual(alone[i])
      }
    }
    await init({ threads: 1 })
    expect(product(...shapes[0])).toEqual(alone[0])
  })

  test('a model made before they are started gives the same bits with them, and after they are gone', async () => {
    const model = new VisionTransformer({
      imgSize: 32,
      patchSize: 8,
      embedDim: 128,
      depth: 2,
      numHeads: 2,
      numClasses: 10,
    })
    const x = ndarray(numbers(4 * 3 * 32 * 32, 1), [4, 3, 32, 32])
    const alone = model.forward(x).data
    await init({ threads: 3, worker })
    expect(model.forward(x).data).toEqual(alone)
    await init({ threads: 1 })
    expect(model.forward(x).data).toEqual(alone)
    model.dispose()
  })

  test('blocks keep their addresses and contents when memory becomes shared, and when it grows then', async () => {
    const { memory } = heap
    const block = memory.allocate(4000)
    memory.floats(block, 1000).set(numbers(1000, 9))
    await init({ threads: 2, worker })
    const large = memory.allocate(2 ** 24)
    expect(memory.floats(block, 1000)).toEqual(numbers(1000, 9))
    expect(product(197, 192, 192)).toHaveLength(197 * 192)
    memory.free(large)
    memory.free(block)
  })

  test('capabilities say how many are in use, and why there are no more', async () => {
    await init({ threads: 2, worker })
    expect(capabilities()).toMatchObject({ threads: 2, sharedMemory: true })
    expect(capabilities().reasons.filter((reason) => reason.startsWith('threads'))).toEqual([])
    await init({ threads: 1 })
    expect(capabilities().threads).toBe(1)
    expect(capabilities().reasons).toContain('threads: one, as init was told')
  })

  test('a worker that cannot be started leaves one thread, and the reason', async () => {
    await init({ threads: 3, worker: pathToFileURL(join(folder, 'missing.js')) })
    expect(capabilities().threads).toBe(1)
    expect(capabilities().reasons.at(-1)).toMatch(
      /^threads: one, since workers could not be started \(.*missing\.js/,
    )
    expect(product(197, 192, 192)).toHaveLength(197 * 192)
  })

  test('a worker that dies over a block gives an error, not a hang, and work goes on with one thread', async () => {
    const expected = product(197, 192, 192)
    const dying = join(folder, 'dying.mjs')
    writeFileSync(
      dying,
      `import { parentPort } from 'node:worker_threads'
       parentPort.once('message', ({ memory }) => {
         const words = new Int32Array(memory.buffer, ${CONTROL}, 48)
         parentPort.postMessage('ready')
         // takes a block, and is gone
         while (Atomics.load(words, 0) === 0) Atomics.wait(words, 0, 0)
         Atomics.sub(words, 0, 1)
         process.exit()
       })`,
    )
    const before = patience.milliseconds
    patience.milliseconds = 200
    try {
      await init({ threads: 2, worker: pathToFileURL(dying) })
      let failure: unknown
      // the calling thread may be done before the worker has woken up
      for (let i = 0; i < 200 && failure === undefined; i++) {
        try {
          product(197, 192, 192)
        } catch (error) {
          failure = error
        }
      }
      expect(String(failure)).toMatch(/^Error: threads: a worker has stopped/)
      expect(capabilities().reasons).toContain('threads: one, since a worker has stopped')
      expect(product(197, 192, 192)).toEqual(expected)
    } finally {
      patience.milliseconds = before
    }
  })

  test('sleeping workers do not keep a process alive', () => {
    const program = `
      import { init } from ${JSON.stringify(pathToFileURL(join(folder, 'threads.js')).href)}
      const { threads } = await init({ threads: 3 })
      console.log(threads)`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect(run.stderr).toBe('')
    expect(run.stdout).toBe('3\n')
    expect(run.status).toBe(0)
  })

  test.each([0, -1, 1.5, Number.NaN])('%s threads are refused', async (threads) => {
    await expect(init({ threads })).rejects.toThrow(/^init: threads says how many compute/)
  })
})
