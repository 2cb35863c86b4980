/**
 * From the embedded text of a kernel module to its functions. Modules are compiled on first use and synchronously, since the
 * operations that need them are synchronous: they are a few kilobytes, about a millisecond. (Chrome refuses synchronous
 * compilation on a page's main thread only beyond 8 MB, and before version 115 beyond 4 kB: those throw, and the plain path
 * serves them.)
 */
import { handed, type ModuleName, mayCompile, relaxedSimd, simd } from './capabilities.ts'

/** A module as the build wrote it: its bytes as letters, in pieces, and their form with relaxed SIMD where that differs. */
export interface EmbeddedModule<Kernels> {
  readonly name: ModuleName
  readonly pieces: readonly (readonly [simd: string, relaxed?: string])[]
  /** Only a type: what an instance exports. */
  readonly kernels?: Kernels
}

const compiled = new Map<string, WebAssembly.Module>()

/** The kernels of a module working on `memory`, or null where this platform has no WebAssembly SIMD; `product`: those that some take from. */
export function instantiate<Kernels>(
  embedded: EmbeddedModule<Kernels>,
  memory: WebAssembly.Memory,
  product: object = {},
): Kernels | null {
  if (!simd()) return null
  const shared = isShared(memory)
  const given = shared ? undefined : handed.get(embedded.name)?.module
  if (given === undefined && !mayCompile()) return null
  const module = given ?? compile(embedded, shared)
  return new WebAssembly.Instance(module, { env: { memory }, product: { ...product } })
    .exports as unknown as Kernels
}

/** The module in the form for this platform, and for a memory that is shared between threads or not: it takes only the one or the other. */
export function compile<Kernels>(embedded: EmbeddedModule<Kernels>, shared: boolean): WebAssembly.Module {
  const relaxed = relaxedSimd()
  const key = `${embedded.name}${relaxed ? ' relaxed' : ''}${shared ? ' shared' : ''}`
  let module = compiled.get(key)
  if (module === undefined) {
    module = new WebAssembly.Module(bytesOf(embedded, shared))
    compiled.set(key, module)
  }
  return module
}

/** The module itself, likewise. */
export function bytesOf<Kernels>(
  { pieces }: EmbeddedModule<Kernels>,
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const relaxed = relaxedSimd()
  const bytes = lettersToBytes(pieces.map(([simd, fused = simd]) => (relaxed ? fused : simd)).join(''))
  if (shared) importShared(bytes)
  return bytes
}

export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
}

// "memory", a memory, limits with a maximum: 1; with a maximum and shared: 3
const memoryImport = [...new TextEncoder().encode('memory'), 2]

function importShared(bytes: Uint8Array): void {
  const at = bytes.findIndex((_, i) => memoryImport.every((byte, j) => bytes[i + j] === byte))
  bytes[at + memoryImport.length] = 3
}

/** The bytes of a text of the build (`lettersOf` in .ci/build-wasm.mjs): letters from `#` on, three ahead; the last two begin a pair. */
function lettersToBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i) - 35
    bytes[length++] = (code < 90 ? code : 90 + 83 * (code - 90) + text.charCodeAt(++i) - 35) - 3
  }
  return bytes.slice(0, length)
}
