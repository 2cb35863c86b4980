/**
 * What this platform can do for the kernels, found out once, by asking it: WebAssembly.validate accepts a module of one instruction
 * or does not. The bytes are those of wasm-feature-detect (Google Chrome Labs), a function that returns one vector.
 */

import { hasPeer } from './peer.ts'

/** What the library computes with here, and why not with more. */
export interface Capabilities {
  /** 128-bit SIMD kernels are in use; without them everything runs on the plain path, right but slow. */
  readonly simd: boolean
  /** Fused multiply-add is in use. */
  readonly relaxedSimd: boolean
  /** The kernels' memory is shared between threads. */
  readonly sharedMemory: boolean
  /** How many threads compute, the calling one included. */
  readonly threads: number
  /**
   * What reads pictures besides this library: sharp, where it is installed (`'sharp'`), or the browser, for formats other than PNG and JPEG
   * (`'browser'`); else nothing does (`'own'`).
   */
  readonly decoder: 'sharp' | 'browser' | 'own'
  /** A sentence for each thing that is not in use. */
  readonly reasons: readonly string[]
}

const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10]

/** Whether a module may be compiled: a Content-Security-Policy without 'wasm-unsafe-eval' lets it be validated only. */
const mayCompile = once(() => {
  if (typeof WebAssembly === 'undefined') return false
  try {
    return new WebAssembly.Module(new Uint8Array(header.slice(0, 8))) instanceof WebAssembly.Module
  } catch {
    return false
  }
})

/** Whether kernels can run at all: i8x16.popcnt(i8x16.splat(0)) is valid. */
export const simd = once(() => mayCompile() && accepts([10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]))

/** Whether fused multiply-add is there: i8x16.relaxed_swizzle is valid. Node 20 says no, Node 22 yes. */
export const relaxedSimd = once(
  () => simd() && accepts([15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11]),
)

/**
 * Says what the library computes with on this platform, and why not with more.
 *
 * @returns flags, the number of threads, and a sentence for each thing that is not in use
 * @example
 * ```ts
 * import { capabilities } from 'tesserae'
 *
 * console.log(capabilities().threads) // 1
 * ```
 */
export function capabilities(): Capabilities {
  const reasons: string[] = []
  if (typeof WebAssembly === 'undefined') reasons.push('simd: this platform has no WebAssembly')
  else if (!mayCompile()) {
    reasons.push("simd: the Content-Security-Policy allows no WebAssembly (it lacks 'wasm-unsafe-eval')")
  } else if (!simd()) reasons.push('simd: this WebAssembly engine does not accept SIMD instructions')
  if (simd() && !relaxedSimd()) {
    reasons.push('relaxedSimd: this WebAssembly engine does not accept relaxed SIMD (Node has it from 22 on)')
  }
  const { threads, sharedMemory, reason } = inUse
  if (!sharedMemory) reasons.push('sharedMemory: one thread needs none')
  if (threads === 1) reasons.push(reason)
  const decoder = decoderInUse()
  if (decoder === 'own') reasons.push('decoder: sharp, which is optional, is not installed here')
  return { simd: simd(), relaxedSimd: relaxedSimd(), sharedMemory, threads, decoder, reasons }
}

const decoderInUse = once((): Capabilities['decoder'] => {
  if (hasPeer('sharp')) return 'sharp'
  return typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function' ? 'browser' : 'own'
})

/** What `init` has brought about. */
export const inUse = {
  threads: 1,
  sharedMemory: false,
  reason: 'threads: one, since init({ threads }) was not called',
}

function accepts(code: number[]): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(new Uint8Array([...header, ...code]))
}

function once<T>(find: () => T): () => T {
  let found: T | undefined
  return () => {
    found ??= find()
    return found
  }
}
