/**
 * The card that the tests run on: Dawn on Vulkan. Where no driver is named, SwiftShader, which Chromium brings, emulates one on the processor. Without either the tests are skipped,
 * and say so.
 */
import { existsSync } from 'node:fs'
import type { Card } from 'tesserae/webgpu'

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json'

interface Gpu {
  requestAdapter(options?: object): Promise<AdapterLike | null>
}

interface AdapterLike {
  readonly limits: Record<string, number>
  readonly info: { readonly description: string; readonly vendor: string }
  requestDevice(descriptor: object): Promise<Card>
}

async function gpuOfDawn(): Promise<Gpu | string> {
  if (process.env['VK_ICD_FILENAMES'] === undefined) {
    if (!existsSync(swiftShader))
      return `no Vulkan driver: ${swiftShader} is missing (Debian: apt-get install chromium)`
    process.env['VK_ICD_FILENAMES'] = swiftShader
  }
  try {
    const { create, globals } = (await import('webgpu')) as { create(flags: string[]): Gpu; globals: object }
    Object.assign(globalThis, globals)
    return create([])
  } catch (error) {
    return `no Dawn: ${(error as Error).message}`
  }
}

const found = await gpuOfDawn()
const adapter = typeof found === 'string' ? null : await found.requestAdapter()

/** Why there is no card; null where there is one. */
export const missing: string | null =
  typeof found === 'string' ? found : adapter === null ? 'Dawn finds no adapter' : null
if (missing !== null) console.warn(`WebGPU is not tested: ${missing}`)

/** What kind of a card it is. */
export const description = adapter?.info.description ?? ''

/** Dawn's `navigator.gpu`. */
export const dawn = found as Gpu

/** A new device with all that the adapter has. */
export async function newDevice(): Promise<Card> {
  const own = await dawn.requestAdapter()
  const limits = 'maxBufferSize maxStorageBufferBindingSize maxComputeWorkgroupStorageSize'.split(' ')
  return own!.requestDevice({
    requiredLimits: Object.fromEntries(limits.map((name) => [name, own!.limits[name]])),
  })
}

/** The same device, telling of other limits than it has. */
export function withLimits(device: Card, limits: Readonly<Record<string, number>>): Card {
  const told = new Proxy(device.limits, {
    get: (target, name: string) => limits[name] ?? (target as Record<string, number>)[name],
  })
  return new Proxy(device, {
    get(target, name) {
      if (name === 'limits') return told
      const value = (target as never as Record<string | symbol, unknown>)[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/**
 * A new device for many kernels. SwiftShader takes seconds to compile a kernel of a large tile: there the device says that it has small workgroups only, and the tiles are tested by
 * themselves.
 */
export async function newQuickDevice(): Promise<Card> {
  const device = await newDevice()
  return description.includes('SwiftShader')
    ? withLimits(device, { maxComputeInvocationsPerWorkgroup: 64 })
    : device
}
