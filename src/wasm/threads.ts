/** Threads, for those who ask for them: started, put to work on the heap, and let go. */

import { type Advice, EinopsError } from '../../grammar/error.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import type { UrlLike } from '../layout/platform.ts'
import { isA, messageOf } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import { type Capabilities, capabilities, inUse, mayCompile } from './capabilities.ts'
import { beginGeneration, patience, SharedCrew } from './crew.ts'
import { product } from './generated/product.ts'
import { getHeap, type Heap, shareHeap } from './heap.ts'
import { compile } from './instantiate.ts'
import { handOver, type Modules } from './modules.ts'
import { alone } from './product.ts'
import type { Employment } from './worker.ts'

export interface InitOptions {
  /** How many threads compute, the calling one included; `'auto'`: one for each core. */
  readonly threads?: number | 'auto' | undefined
  /** Where `tesserae/worker` stands, for bundlers that move it. */
  readonly worker?: UrlLike | undefined
  /**
   * Compiled modules, where a platform runs only such: `copy`, `fold`, `product` and the others are the files of that name in
   * `tesserae/wasm/`, for example `tesserae/wasm/product.wasm`, or, with fused multiply-add, `product-relaxed.wasm`.
   */
  readonly modules?: Modules | undefined
}

/** The workers of one crew. */
interface Staff {
  readonly memory: WebAssembly.Memory
  readonly workers: Started[]
}

/** A worker that was started. */
interface Started {
  /** Resolves with its first answer; rejected when it fails, is too late, or is stopped before. */
  readonly ready: Promise<void>
  /** Resolves when it has ended; a page is not told, there it resolves at once. */
  stop(): Promise<unknown>
}

let staff: Staff | null = null
// one change at a time, in the order of the calls
let changes: Promise<unknown> = Promise.resolve()
// workers that were let go and may still run
let leaving: Promise<unknown> = Promise.resolve()

/** More threads than this, where there are fewer cores, only take turns. */
const mostThreads = 16

/**
 * Starts the threads that products are shared between from now on: worker_threads in Node, Web Workers on a page that is cross-origin isolated. Results are the
 * same, bit for bit, for any number of threads. Where there can be no threads it starts none, and `capabilities` says why. Weights that are there already move
 * to shared memory, so calling it before models are loaded takes less memory. Calls that overlap take effect one after the other, in their order.
 *
 * @returns what is in use now
 * @throws {EinopsError} when `threads` is neither a positive integer nor 'auto', or an option is another or of another kind
 * @example
 * ```ts
 * import { init } from 'tesserae'
 *
 * const { threads } = await init({ threads: 1 })
 * console.log(threads) // 1
 * ```
 */
export async function init(options: InitOptions): Promise<Capabilities> {
  const { threads, worker, modules } = checked(options)
  if (modules !== undefined) handOver(modules)
  if (threads === undefined) return capabilities()
  const cores = coreCount()
  const size = Math.min(threads === 'auto' ? cores : threads, Math.max(mostThreads, cores))
  const capped =
    size === threads || threads === 'auto'
      ? ''
      : `threads: ${size} of the ${threads} that init was told, on ${cores} cores`
  const change = changes.then(() => restaff(size, worker ?? new URL('./worker.js', import.meta.url), capped))
  changes = change.catch(() => {})
  return change
}

function checked(options: InitOptions): InitOptions {
  const known = ['threads', 'worker', 'modules']
  const refuse = (what: string, hint?: Advice) =>
    new EinopsError({ code: 'init/option', operation: 'init', what, hint })
  if (typeof options !== 'object' || options === null) {
    throw refuse(`the options are no object — got ${show(options)}, expected threads or modules`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (known.includes(name)) continue
    const expected = known.map((name) => `'${name}'`).join(' or ')
    throw refuse(
      `unknown option '${name}' — got ${name}: ${show(value)}, expected ${expected}`,
      didYouMean(name, known),
    )
  }
  const { threads, worker, modules } = options
  const isCount = threads === 'auto' || (Number.isInteger(threads) && (threads as number) >= 1)
  if (!isCount && (threads !== undefined || modules === undefined)) {
    throw new EinopsError({
      code: 'init/threads',
      operation: 'init',
      what: `threads says how many compute — got ${show(threads)}, expected a positive integer or 'auto'`,
    })
  }
  if (worker !== undefined && typeof worker !== 'string' && !isA(worker, 'URL')) {
    throw refuse(`bad option 'worker' — got ${show(worker)}, expected the URL of tesserae/worker`)
  }
  return options
}

async function restaff(size: number, url: URL, capped: string): Promise<Capabilities> {
  dismiss(
    staff,
    size === 1 ? 'threads: one, as init was told' : 'threads: one, until the workers have started',
  )
  await leaving
  if (size > 1) await hire(getHeap(), size, url, capped)
  return capabilities()
}

async function hire(heap: Heap | null, size: number, url: URL, capped: string): Promise<void> {
  if (heap === null)
    return report('threads: one, since there are no WebAssembly kernels to share work between')
  if (!mayCompile())
    return report(
      'threads: one, since modules that were compiled elsewhere take no memory that threads share',
    )
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) {
    return report('threads: one, since this page is not cross-origin isolated and has no shared memory')
  }
  let hired: Staff | null = null
  try {
    shareHeap(heap)
    heap.engine.hire(alone)
    inUse.sharedMemory = true
    const { memory } = heap.memory
    const generation = beginGeneration(memory)
    const module = compile(product, true)
    const workers: Started[] = []
    hired = { memory, workers }
    staff = hired
    const lost = () => dismiss(hired, 'threads: one, since a worker has stopped')
    // each is kept as it starts, so that those that did can be stopped when one does not
    for (let thread = 1; thread < size; thread++) {
      workers.push(start(url, { module, memory, generation, thread }, lost))
    }
    await Promise.all(workers.map(({ ready }) => ready))
    heap.engine.hire(new SharedCrew({ memory, generation, size, lost }))
    inUse.threads = size
    inUse.reason = capped
  } catch (error) {
    const cause = messageOf(error)
    dismiss(hired, `threads: one, since workers could not be started (${cause})`)
  }
}

/** Lets these workers go, where they are still employed; without any, only says why there are none. */
function dismiss(those: Staff | null, reason: string): void {
  if (those !== staff) return
  if (those !== null) {
    beginGeneration(those.memory)
    leaving = Promise.all([leaving, ...those.workers.map((worker) => worker.stop())])
  }
  staff = null
  if (inUse.threads > 1) getHeap()!.engine.hire(alone)
  report(reason)
}

function report(reason: string): void {
  inUse.threads = 1
  inUse.reason = reason
}

/** `lost` is called when a worker that was ready ends. */
function start(url: URL, employment: Employment, lost: () => void): Started {
  const worker = open(url)
  let fail!: (error: Error) => void
  let isReady = false
  const ready = new Promise<void>((resolve, reject) => {
    fail = reject
    worker.listen(resolve, (error) => {
      reject(error)
      if (isReady) lost()
    })
  })
  const { starting } = patience
  const late = setTimeout(
    () => fail(new Error(`${url} gave no answer within ${starting / 1000} s`)),
    starting,
  )
  const settled = () => clearTimeout(late)
  ready.then(() => {
    isReady = true
    settled()
  }, settled)
  try {
    worker.tell(employment)
  } catch (error) {
    fail(error as Error) // so that it is stopped like one that does not answer
  }
  const stop = () => {
    fail(new Error('it was stopped'))
    return worker.terminate()
  }
  return { ready, stop }
}

/** What differs between a worker of Node and one of a page. */
interface Thread {
  tell(employment: Employment): void
  listen(answered: () => void, failed: (error: Error) => void): void
  terminate(): Promise<unknown>
}

function open(url: URL): Thread {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
  if (node === undefined) {
    const worker = new Worker(url, { type: 'module' })
    return {
      tell: (employment) => worker.postMessage(employment),
      listen: (answered, failed) => {
        worker.onmessage = answered
        worker.onerror = (event) => failed(new Error(event.message || `${url} could not be loaded`))
      },
      terminate: async () => worker.terminate(),
    }
  }
  const worker = new node.Worker(url, { execArgv: [] })
  return {
    tell: (employment) => worker.postMessage(employment),
    listen: (answered, failed) => {
      worker.on('message', () => {
        // a thread that sleeps must not keep the process alive; one that starts has to
        worker.unref()
        answered()
      })
      worker.on('error', failed)
      worker.on('exit', () => failed(new Error('it ended')))
    },
    terminate: () => worker.terminate(),
  }
}

function coreCount(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os')
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1
}
