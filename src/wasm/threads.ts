/** Threads, for those who ask for them: started, put to work on the heap, and let go. */
import { EinopsError } from '../../grammar/error.ts'
import { type Capabilities, capabilities, inUse } from './capabilities.ts'
import { SharedCrew } from './crew.ts'
import { product } from './generated/product.ts'
import { getHeap, type Heap, shareHeap } from './heap.ts'
import { compile } from './instantiate.ts'
import { alone } from './product.ts'
import type { Employment } from './worker.ts'

export interface InitOptions {
  /** How many threads compute, the calling one included; `'auto'`: one for each core. */
  readonly threads: number | 'auto'
  /** Where `tesserae/worker` stands, for bundlers that move it. */
  readonly worker?: URL
}

/** A running worker, of Node or of a page. */
interface Started {
  tell(employment: Employment): void
  stop(): void
}

let staff: Started[] = []

/**
 * Starts the threads that products are shared between from now on: worker_threads in Node, Web Workers on a page that is cross-origin isolated. Results are the
 * same, bit for bit, for any number of threads. Where there can be no threads it starts none, and `capabilities` says why. Weights that are there already move
 * to shared memory, so calling it before models are loaded takes less memory.
 *
 * @returns what is in use now
 * @throws {EinopsError} when `threads` is neither a positive integer nor 'auto'
 * @example
 * ```ts
 * import { init } from 'tesserae'
 *
 * const { threads } = await init({ threads: 1 })
 * console.log(threads) // 1
 * ```
 */
export async function init({ threads, worker }: InitOptions): Promise<Capabilities> {
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1)) {
    throw new EinopsError({
      code: 'init/threads',
      operation: 'init',
      what: `threads says how many compute — got ${String(threads)}, expected a positive integer or 'auto'`,
    })
  }
  const size = threads === 'auto' ? coreCount() : threads
  dismiss(size === 1 ? 'threads: one, as init was told' : '')
  const heap = getHeap()
  if (size > 1) await hire(heap, size, worker ?? new URL('./worker.js', import.meta.url))
  return capabilities()
}

async function hire(heap: Heap | null, size: number, url: URL): Promise<void> {
  if (heap === null)
    return report('threads: one, since there are no WebAssembly kernels to share work between')
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) {
    return report('threads: one, since this page is not cross-origin isolated and has no shared memory')
  }
  try {
    shareHeap(heap)
    heap.engine.hire(alone)
    inUse.sharedMemory = true
    const { memory } = heap.memory
    const module = compile(product, true)
    const starting = Array.from({ length: size - 1 }, (_, i) => start(url, { module, memory, thread: i + 1 }))
    // all of them are kept, so that those that did start can be stopped when one does not
    staff = starting.map(({ worker }) => worker)
    await Promise.all(starting.map(({ ready }) => ready))
    heap.engine.hire(new SharedCrew(memory, size, () => dismiss('threads: one, since a worker has stopped')))
    inUse.threads = size
    inUse.reason = ''
  } catch (error) {
    dismiss(
      `threads: one, since workers could not be started (${error instanceof Error ? error.message : String(error)})`,
    )
  }
}

/** Lets all workers go. */
function dismiss(reason: string): void {
  for (const worker of staff) worker.stop()
  staff = []
  if (inUse.threads > 1) getHeap()!.engine.hire(alone)
  report(reason)
}

function report(reason: string): void {
  inUse.threads = 1
  inUse.reason = reason
}

function start(url: URL, employment: Employment): { worker: Started; ready: Promise<void> } {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
  let worker: Started
  const ready = new Promise<void>((resolve, reject) => {
    if (node !== undefined) {
      const thread = new node.Worker(url, { execArgv: [] })
      thread.on('message', () => {
        // a thread that sleeps must not keep the process alive; one that starts has to
        thread.unref()
        resolve()
      })
      thread.on('error', reject)
      thread.on('exit', () => reject(new Error('it ended')))
      worker = { tell: (data) => thread.postMessage(data), stop: () => void thread.terminate() }
    } else {
      const thread = new Worker(url, { type: 'module' })
      thread.onmessage = () => resolve()
      thread.onerror = (event) => reject(new Error(event.message || `${url} could not be loaded`))
      worker = { tell: (data) => thread.postMessage(data), stop: () => thread.terminate() }
    }
    worker.tell(employment)
  })
  return { worker: worker!, ready }
}

function coreCount(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os')
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1
}
