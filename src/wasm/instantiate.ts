/**
 * From the embedded text of a kernel module to its functions. Modules are compiled on first use and synchronously, since the
 * operations that need them are synchronous: they are a few kilobytes, about a millisecond. (Chrome refuses synchronous
 * compilation on a page's main thread only beyond 8 MB, and before version 115 beyond 4 kB: those throw, and the plain path
 * serves them.)
 */
import { relaxedSimd, simd } from './capabilities.ts'

/** A module as the build wrote it: base64 bytes, and their form with relaxed SIMD where that differs. */
export interface EmbeddedModule<Kernels> {
  readonly name: string
  readonly simd: string
  readonly relaxed: string | null
  /** Only a type: what an instance exports. */
  readonly kernels?: Kernels
}

const compiled = new Map<string, WebAssembly.Module>()

/** The kernels of a module working on `memory`, or null where this platform has no WebAssembly SIMD. */
export function instantiate<Kernels>(
  embedded: EmbeddedModule<Kernels>,
  memory: WebAssembly.Memory,
): Kernels | null {
  if (!simd()) return null
  const text = embedded.relaxed !== null && relaxedSimd() ? embedded.relaxed : embedded.simd
  let module = compiled.get(text)
  if (module === undefined) {
    module = new WebAssembly.Module(decodeBase64(text))
    compiled.set(text, module)
  }
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
