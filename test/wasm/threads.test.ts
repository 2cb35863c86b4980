/** Threads share products, change no bit of any result, and when they die they are missed rather than waited for. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import ndarray from 'ndarray'
import { build } from 'tsdown'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { asProduct } from '../../src/gemm/pair.ts'
import { multiplyInHeap } from '../../src/gemm/staging.ts'
import { contiguous } from '../../src/layout/layout.ts'
import { quantize, VisionTransformer } from '../../src/nn.ts'
import { capabilities } from '../../src/wasm/capabilities.ts'
import {
  beginGeneration,
  controlOf,
  DISMISSED,
  DONE,
  finish,
  LEFT,
  NONE,
  patience,
  take,
} from '../../src/wasm/crew.ts'
import { product as kernels } from '../../src/wasm/generated/product.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { compile } from '../../src/wasm/instantiate.ts'
import { CONTROL } from '../../src/wasm/memory.ts'
import { ProductEngine } from '../../src/wasm/product.ts'
import { init } from '../../src/wasm/threads.ts'
import { buildContraction } from '../gemm/build.ts'
import { attend, drop, scope } from '../steps/on-host.ts'
import { numbers, place, read } from './matrices.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'threads-'))
const worker = pathToFileURL(join(folder, 'worker.js'))

/** A worker that runs this code instead. */
function workerOf(name: string, code: string): URL {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, code)
  return pathToFileURL(path)
}

beforeAll(async () => {
  await build({
    ...{ config: false, cwd: root, outDir: folder, clean: false, dts: false, logLevel: 'silent' as const },
    ...{ entry: { worker: 'src/wasm/worker.ts', threads: 'src/wasm/threads.ts' } },
    ...{ platform: 'neutral' as const, format: 'esm' as const, fixedExtension: false },
  })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await init({ threads: 1 })
})
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

  test('give the same bits of many products that are computed together', async () => {
    const many = () => {
      const value = (tensor: number, index: number) => Math.sin(index * 12.9898 + tensor)
      const lengths = { b: 300, m: 13, k: 21, n: 17 }
      const options = { make: (size: number) => new Float32Array(size), value }
      const contraction = buildContraction('bmk,bkn->bmn', lengths, options)
      multiplyInHeap(heap, asProduct(contraction))
      return contraction.output.data
    }
    const alone = many()
    for (const threads of [2, 3]) {
      expect((await init({ threads, worker })).threads).toBe(threads)
      expect(many()).toEqual(alone)
    }
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

  test.each(['int8', 'int8-fast'] as const)(
    'weights in %s give the same bits, whatever their number',
    async (precision) => {
      const options = { imgSize: 64, patchSize: 8, embedDim: 128, depth: 1, numHeads: 2, numClasses: 10 }
      const model = new VisionTransformer(options)
      quantize(model, { precision })
      const x = ndarray(numbers(8 * 3 * 64 * 64, 1), [8, 3, 64, 64])
      const alone = model.forward(x).data
      for (const threads of [2, 3]) {
        expect((await init({ threads, worker })).threads).toBe(threads)
        for (let i = 0; i < 3; i++) expect(model.forward(x).data).toEqual(alone)
      }
      await init({ threads: 1 })
      expect(model.forward(x).data).toEqual(alone)
      model.dispose()
    },
  )

  test('attention in blocks of any number of heads gives the same bits, whatever their number', async () => {
    const attended = (heads: number, n: number) => {
      const tensor = (seed: number) => ({
        ...contiguous([heads, n, 24]),
        data: numbers(heads * n * 24, seed),
      })
      const [q, k, v] = [tensor(1), tensor(2), tensor(3)]
      return scope(() => attend(q, k, v)).data.slice()
    }
    const cases = [
      [3, 197],
      [1, 450],
      [7, 5],
    ] as const
    const alone = cases.map(([heads, n]) => attended(heads, n))
    for (const threads of [2, 3]) {
      expect((await init({ threads, worker })).threads).toBe(threads)
      for (const [i, [heads, n]] of cases.entries()) expect(attended(heads, n)).toEqual(alone[i])
    }
    await init({ threads: 1 })
  })

  test('what is dropped follows from where it stands, not from who draws', async () => {
    const shape = [3, 2 ** 15 + 7]
    const x = { ...contiguous(shape), data: numbers(3 * (2 ** 15 + 7), 1) }
    const run = () => drop(x, { p: 0.3, seed: 5 })
    const alone = scope(run).data
    expect(run().data).toEqual(alone)
    await init({ threads: 3, worker })
    expect(scope(run).data).toEqual(alone)
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
    const dying = workerOf(
      'dying',
      `import { parentPort } from 'node:worker_threads'
       parentPort.once('message', ({ memory, generation }) => {
         const words = new Int32Array(memory.buffer, ${CONTROL}, 48)
         parentPort.postMessage('ready')
         // takes a block, and is gone
         while (Atomics.load(words, 0) === generation) Atomics.wait(words, 0, generation)
         Atomics.sub(words, 0, 1)
         process.exit()
       })`,
    )
    const before = patience.working
    patience.working = 200
    try {
      await init({ threads: 2, worker: dying })
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
      patience.working = before
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

  test('a worker whose crew was dismissed leaves the blocks of the next crew alone, and ends by itself', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const control = controlOf(memory)
    const generation = beginGeneration(memory)
    const dismissed = new Worker(worker, { execArgv: [] })
    dismissed.postMessage({ module: compile(kernels, true), memory, generation, thread: 1 })
    await once(dismissed, 'message')
    const next = beginGeneration(memory)
    Atomics.store(control, DONE, next)
    Atomics.store(control, LEFT, next + 5)
    Atomics.notify(control, LEFT)
    expect(await once(dismissed, 'exit')).toEqual([0])
    expect(Atomics.load(control, LEFT)).toBe(next + 5)
    expect(Atomics.load(control, DONE)).toBe(next)
  })

  test('a block is neither taken nor counted by a generation that has ended, also when their numbers come round', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const control = controlOf(memory)
    const outcomes = new Set<string>()
    for (let i = 0; i < 2 ** 15 + 5; i++) {
      const ended = beginGeneration(memory)
      const now = beginGeneration(memory)
      Atomics.store(control, LEFT, now + 2)
      Atomics.store(control, DONE, now)
      const taken = [ended, now, now, now].map((generation) => take(control, generation))
      finish(control, ended)
      finish(control, now)
      outcomes.add(`took ${taken}, counted ${Atomics.load(control, DONE) - now}`)
    }
    expect([...outcomes]).toEqual([`took ${[DISMISSED, 1, 0, NONE]}, counted 1`])
  })

  test('a new crew starts only after the workers of the last one have ended', async () => {
    const events: string[] = []
    const { terminate, postMessage } = Worker.prototype
    vi.spyOn(Worker.prototype, 'terminate').mockImplementation(async function (this: Worker) {
      const code = await terminate.call(this)
      await new Promise((resolve) => setTimeout(resolve, 50))
      events.push('ended')
      return code
    })
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message) {
      events.push('employed')
      postMessage.call(this, message)
    })
    try {
      await init({ threads: 3, worker })
      await init({ threads: 2, worker })
      expect(events).toEqual(['employed', 'employed', 'ended', 'ended', 'employed'])
    } finally {
      vi.restoreAllMocks()
    }
  })

  test('calls of init that overlap take effect one after the other, and leave no worker behind', async () => {
    const expected = product(197, 192, 192)
    const employed = vi.spyOn(Worker.prototype, 'postMessage')
    const ended = vi.spyOn(Worker.prototype, 'terminate')
    const results = await Promise.all([2, 2, 1, 3].map((threads) => init({ threads, worker })))
    expect(results.map(({ threads }) => threads)).toEqual([2, 2, 1, 3])
    expect(capabilities().threads).toBe(3)
    expect(capabilities().reasons.filter((reason) => reason.startsWith('threads'))).toEqual([])
    expect(product(197, 192, 192)).toEqual(expected)
    await init({ threads: 1 })
    expect([employed.mock.calls.length, ended.mock.calls.length]).toEqual([4, 4])
  })

  test('each reason says something while workers start', async () => {
    let settled = false
    const starting = init({ threads: 2, worker }).finally(() => {
      settled = true
    })
    const reasons = new Set<string>()
    while (!settled) {
      for (const reason of capabilities().reasons) reasons.add(reason)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await starting
    expect(reasons).toContain('threads: one, until the workers have started')
    expect([...reasons].filter((reason) => !/^\w+: ./.test(reason))).toEqual([])
  })

  test('a worker that loads and never answers is given up, and the reason says so', async () => {
    const silent = workerOf('silent', 'setInterval(() => {}, 1000)')
    const before = patience.starting
    patience.starting = 300
    try {
      const stuck = init({ threads: 3, worker: silent })
      const next = init({ threads: 1 })
      const { threads, reasons } = await stuck
      expect(threads).toBe(1)
      expect(reasons.at(-1)).toMatch(/could not be started \(.*silent\.mjs gave no answer within 0\.3 s\)$/)
      expect((await next).reasons).toContain('threads: one, as init was told')
    } finally {
      patience.starting = before
    }
  })

  test('a worker address that the platform refuses at once leaves one thread, and the reason', async () => {
    const { threads, reasons } = await init({ threads: 3, worker: new URL('http://localhost/worker.js') })
    expect(threads).toBe(1)
    expect(reasons.at(-1)).toMatch(/^threads: one, since workers could not be started \(.*URL/)
  })

  test('a worker that ends while nothing is to be done is missed, and work goes on with one thread', async () => {
    const expected = product(197, 192, 192)
    const leaving = workerOf(
      'leaving',
      `import { parentPort } from 'node:worker_threads'
       parentPort.once('message', () => {
         parentPort.postMessage('ready')
         setTimeout(() => process.exit(), 20)
       })`,
    )
    expect((await init({ threads: 2, worker: leaving })).threads).toBe(2)
    await vi.waitFor(() => expect(capabilities().threads).toBe(1))
    expect(capabilities().reasons).toContain('threads: one, since a worker has stopped')
    expect(product(197, 192, 192)).toEqual(expected)
  })

  test('a worker that cannot be told what to do is stopped like one that does not start', async () => {
    const tell = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(() => {
      throw new Error('could not be cloned')
    })
    const terminate = vi.spyOn(Worker.prototype, 'terminate')
    try {
      const { threads, reasons } = await init({ threads: 2, worker })
      expect(threads).toBe(1)
      expect(reasons.at(-1)).toBe('threads: one, since workers could not be started (could not be cloned)')
      expect(terminate).toHaveBeenCalledTimes(1)
    } finally {
      tell.mockRestore()
      terminate.mockRestore()
    }
  })

  test('on a page, where an ended worker gives no sign, every call of init still settles', async () => {
    const alive = new Set<object>()
    class PageWorker {
      onmessage: (() => void) | null = null
      onerror: ((event: { message: string }) => void) | null = null
      constructor() {
        alive.add(this)
      }
      postMessage({ thread }: { thread: number }) {
        setTimeout(() => {
          if (!alive.has(this)) return
          if (thread === 1) this.onmessage?.()
          else this.onerror?.({ message: 'no room' })
        }, 5)
      }
      terminate() {
        alive.delete(this)
      }
    }
    vi.stubGlobal('Worker', PageWorker)
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    try {
      const results = await Promise.all([2, 4, 2].map((threads) => init({ threads, worker })))
      expect(results.map(({ threads }) => threads)).toEqual([2, 1, 2])
      expect(results[1]!.reasons.at(-1)).toBe('threads: one, since workers could not be started (no room)')
      expect(alive.size).toBe(1)
      await init({ threads: 1 })
      expect(alive.size).toBe(0)
    } finally {
      vi.unstubAllGlobals()
      vi.restoreAllMocks()
    }
  })

  test.each([0, -1, 1.5, Number.NaN])('%s threads are refused', async (threads) => {
    await expect(init({ threads })).rejects.toThrow(/^init: threads says how many compute/)
  })
})
