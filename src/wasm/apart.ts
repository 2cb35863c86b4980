/**
 * Kernels on a small memory of their own, for what has no need of the heap: data are set in, worked on and set out again.
 */
import { canRun } from './capabilities.ts'
import { type EmbeddedModule, instantiate } from './instantiate.ts'

export interface Apart<Kernels> {
  readonly kernels: Kernels
  readonly memory: WebAssembly.Memory
}

/**
 * The kernels of a module on so many pages of 64 kB, or null where this platform cannot or may not run them; undefined where it may once
 * `init` is given their module.
 */
export function instantiateApart<Kernels>(
  embedded: EmbeddedModule<Kernels>,
  pages: number,
): Apart<Kernels> | null | undefined {
  if (!canRun(embedded.name)) return undefined
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const kernels = instantiate(embedded, memory)
    return kernels && { kernels, memory }
  } catch {
    // a Content-Security-Policy without 'wasm-unsafe-eval', or no memory left: the plain loops do the same
    return null
  }
}
