/**
 * A thread of the library: `tesserae/worker`, started by `init`. It is told once which memory to work on, and from then on finds its work there. One file serves
 * Node's worker_threads and Web Workers, since all it needs of either is a port.
 */
import { serve } from './crew.ts'
import type { ProductKernels } from './generated/product.ts'

/** What a worker is told. */
export interface Employment {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Its number; the calling thread is 0. */
  readonly thread: number
}

interface Port {
  onmessage: ((event: { readonly data: Employment }) => void) | null
  postMessage(message: string): void
}

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
const port = (node?.parentPort ?? globalThis) as unknown as Port

port.onmessage = ({ data: { module, memory, thread } }) => {
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  port.postMessage('ready')
  serve(memory, instance.exports as unknown as ProductKernels, thread)
}
