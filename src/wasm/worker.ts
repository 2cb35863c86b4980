/**
 * A thread of the library: `tesserae/worker`, started by `init`. It is told once which memory to work on, finds its work there, and ends with its crew. One file serves
 * Node's worker_threads and Web Workers, since all it needs of either is a port.
 */
import type { WasmMemory, WasmModule } from '../layout/platform.ts'
import { type Place, serve } from './crew.ts'
import type { ProductKernels } from './generated/product.ts'

/** What a worker is told. */
export interface Employment extends Place {
  readonly module: WasmModule
  readonly memory: WasmMemory
}

interface Port {
  onmessage: ((event: { readonly data: Employment }) => void) | null
  postMessage(message: string): void
  close?(): void
}

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
const port = (node?.parentPort ?? globalThis) as unknown as Port

port.onmessage = ({ data: { module, memory, ...place } }) => {
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  port.postMessage('ready')
  serve(memory, instance.exports as unknown as ProductKernels, place)
  // ends this thread, which nothing else can reach: by its port, or, as in Deno, by itself
  const owner = port.close ? port : (globalThis as unknown as Port)
  owner.close?.()
}
