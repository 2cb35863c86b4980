/**
 * A thread of the library: `tesserae/worker`, started by `init`. It is told once which memory to work on, finds its work there, and ends with its crew. One file serves
 * Node's worker_threads and Web Workers, since all it needs of either is a port.
 */
import type { WasmMemory, WasmModule } from '../layout/platform.ts'
import { type Post, serve } from './crew.ts'
import type { Pointer } from './memory.ts'
import type { Computing } from './product.ts'

/** What a worker is told. */
export interface Employment extends Post {
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
  const product = new WebAssembly.Instance(module, { env: { memory } }).exports
  const known = new Map<Pointer, Computing>([[0, product as unknown as Computing]])
  port.postMessage('ready')
  // other modules are compiled when a job of theirs first comes: they stand in memory
  const kernelsOf = (at: Pointer) => {
    const kernels = known.get(at) ?? instanceOf(memory, at, product)
    known.set(at, kernels)
    return kernels
  }
  serve(memory, kernelsOf, place)
  // ends this thread, which nothing else can reach: by its port, or, as in Deno, by itself
  const owner = port.close ? port : (globalThis as unknown as Port)
  owner.close?.()
}

function instanceOf(memory: WasmMemory, at: Pointer, product: WebAssembly.Exports): Computing {
  const [length] = new Int32Array(memory.buffer, at, 1)
  const module = new WebAssembly.Module(new Uint8Array(memory.buffer, at + 4, length).slice())
  return new WebAssembly.Instance(module, { env: { memory }, product }).exports as unknown as Computing
}
