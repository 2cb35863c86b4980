/**
 * What this platform can do for the kernels, found out once, by asking it: WebAssembly.validate accepts a module of one instruction
 * or does not. The bytes are those of wasm-feature-detect (Google Chrome Labs), a function that returns one vector.
 */
import { messageOf } from '../layout/realms.ts'

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
  /** The instruction by which products with weights of eight bits are computed, by precision, of those that were used. */
  readonly tiles: { readonly [Precision in 'int8' | 'int8-fast']?: string }
  /** A sentence for each thing that is not in use. */
  readonly reasons: readonly string[]
}

const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10]

/** Compiled modules that `init` was given, by name, for platforms that compile none. */
export const handed = new Map<ModuleName, Handed>()

/** The modules of kernels that there are. */
export const moduleNames = [
  'attention',
  'copy',
  'fold',
  'jpeg',
  'product',
  'quantized',
  'rows',
  'training',
] as const

export type ModuleName = (typeof moduleNames)[number]

export interface Handed {
  readonly module: WebAssembly.Module
  readonly isRelaxed: boolean
}

/** Why no module may be compiled, or null: a Content-Security-Policy without 'wasm-unsafe-eval', or a runtime that runs only what was deployed. */
const refusal = once(() => {
  try {
    new WebAssembly.Module(new Uint8Array(header.slice(0, 8)))
    return null
  } catch (error) {
    return error
  }
})

/** Whether modules may be compiled here. */
export function mayCompile(): boolean {
  return typeof WebAssembly !== 'undefined' && refusal() === null
}

const acceptsSimd = once(() => accepts([10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]))
const acceptsRelaxed = once(() => accepts([15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11]))

/** Whether kernels can run at all: i8x16.popcnt(i8x16.splat(0)) is valid. */
export function simd(): boolean {
  return (mayCompile() || handed.size > 0) && acceptsSimd()
}

/** Whether the kernels of a module can run. */
export function canRun(name: ModuleName): boolean {
  return simd() && (mayCompile() || handed.has(name))
}

/** Whether fused multiply-add is there: i8x16.relaxed_swizzle is valid. Node 20 says no, Node 22 yes. */
export function relaxedSimd(): boolean {
  return simd() && (handed.get('product')?.isRelaxed ?? acceptsRelaxed())
}

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
  else if (!acceptsSimd()) reasons.push('simd: this WebAssembly engine does not accept SIMD instructions')
  else if (!simd()) {
    reasons.push(
      `simd: this platform compiles no WebAssembly (${messageOf(refusal())}); a page's Content-Security-Policy needs 'wasm-unsafe-eval', other platforms are given compiled modules: init({ modules })`,
    )
  } else if (!mayCompile()) {
    const missing = moduleNames.filter((name) => !handed.has(name))
    if (missing.length > 0)
      reasons.push(
        `modules: init was given no ${missing.join(', ')}; what they compute runs on the plain path`,
      )
  }
  if (simd() && !relaxedSimd()) {
    const why = acceptsRelaxed()
      ? 'the module that init was given is without it'
      : 'this WebAssembly engine does not accept relaxed SIMD (Node has it from 22 on)'
    reasons.push(`relaxedSimd: ${why}`)
  }
  const { threads, sharedMemory, reason } = inUse
  if (!sharedMemory) reasons.push('sharedMemory: one thread needs none')
  const decoder = decoderInUse()
  if (decoder === 'own') reasons.push('decoder: sharp, which is optional, is not installed here')
  reasons.push(...inUse.notes)
  if (reason !== '') reasons.push(reason)
  return {
    ...{ simd: simd(), relaxedSimd: relaxedSimd(), sharedMemory, threads, decoder },
    ...{ tiles: { ...inUse.tiles }, reasons },
  }
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
  /** Which instructions products of eight bits are made of, and what else was not to be had. */
  tiles: {} as Record<string, string>,
  notes: new Set<string>(),
}

function accepts(code: number[]): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(new Uint8Array([...header, ...code]))
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined
  return () => {
    found ??= { value: find() }
    return found.value
  }
}
