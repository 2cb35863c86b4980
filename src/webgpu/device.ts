/** Finding the graphics card, and saying what to do where there is none: browsers lack WebGPU in several ways. */
import { EinopsError } from '../../grammar/error.ts'
import { type Adapter, type Card, limitOf } from './card.ts'
import type { Limits } from './lowering.ts'

/** What is asked of an adapter where it has more than every WebGPU has. */
const wanted = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const

let shared: Promise<Card> | null = null

/** The device that all models share which were given none: asked for once, and anew when it was lost. */
export function sharedCard(): Promise<Card> {
  if (shared === null) {
    const asked = request()
    shared = asked
    const forget = () => {
      if (shared === asked) shared = null
    }
    asked.then(({ lost }) => lost.then(forget), forget)
  }
  return shared
}

async function request(): Promise<Card> {
  const { gpu } = ((globalThis as { navigator?: object }).navigator ?? {}) as {
    gpu?: { requestAdapter(options: object): Promise<Adapter | null> }
  }
  if (!gpu) throw withoutInterface()
  let adapter: Adapter | null
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  } catch (error) {
    throw unavailable('gpu/no-adapter', `the browser refuses a graphics card — ${textOf(error)}`, onProcessor)
  }
  if (!adapter) {
    throw unavailable(
      'gpu/no-adapter',
      'this browser has WebGPU, and no graphics card for it: the card or its driver is on a list of those that do not work, or hardware acceleration is off',
      `chrome://gpu or about:support says why; ${onProcessor}`,
    )
  }
  const requiredLimits = Object.fromEntries(wanted.map((name) => [name, limitOf(adapter, name)]))
  try {
    return await adapter.requestDevice({ requiredLimits } as never)
  } catch (error) {
    throw unavailable(
      'gpu/no-device',
      `the graphics card could not be opened — ${textOf(error)}`,
      `the card may be in use by too many pages, or its driver may just have crashed: try again later; ${onProcessor}`,
    )
  }
}

const onProcessor = 'model.forward(x) computes the same on the processor'

function withoutInterface(): EinopsError {
  const { isSecureContext, process } = globalThis as {
    isSecureContext?: boolean
    process?: { release?: { name?: string } }
  }
  if (isSecureContext === false) {
    return unavailable(
      'gpu/no-webgpu',
      'browsers give WebGPU to secure pages only, and this one came over http',
      `serve it over https, or from localhost; ${onProcessor}`,
    )
  }
  if (process?.release?.name === 'node') {
    return unavailable(
      'gpu/no-webgpu',
      'Node has no WebGPU of its own',
      `the package webgpu (Dawn) has: give its device, gpu(model, { device }); ${onProcessor}`,
    )
  }
  return unavailable(
    'gpu/no-webgpu',
    'this browser has no WebGPU (navigator.gpu is missing)',
    `Chrome and Edge have it from version 113, Safari from 26, Firefox from 141 on Windows and 145 on Apple silicon; ${onProcessor}`,
  )
}

function unavailable(code: string, what: string, hint: string): EinopsError {
  return new EinopsError({ code, operation: 'gpu', what, hint })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether something is a device, as a caller may bring one. */
export function isCard(value: unknown): value is Card {
  const { createBuffer, queue, limits } = (value ?? {}) as Partial<Card>
  return typeof createBuffer === 'function' && typeof queue === 'object' && typeof limits === 'object'
}

/** What kernels may use of a device. */
export function limitsOf(card: Card): Limits {
  return {
    shared: limitOf(card, 'maxComputeWorkgroupStorageSize'),
    invocations: Math.min(
      limitOf(card, 'maxComputeInvocationsPerWorkgroup'),
      limitOf(card, 'maxComputeWorkgroupSizeX'),
    ),
    binding: Math.min(limitOf(card, 'maxStorageBufferBindingSize'), limitOf(card, 'maxBufferSize')),
  }
}

/** What became of a device, as far as is known by now. */
export class Fate {
  #lost: { readonly reason: string | undefined; readonly message: string } | null = null
  readonly #card: Card

  constructor(card: Card) {
    this.#card = card
    card.lost.then((info) => {
      this.#lost = info
    })
  }

  /** The error of a device that was lost; null where it was not. */
  error(): EinopsError | null {
    if (this.#lost === null) return null
    const { reason, message } = this.#lost
    const why =
      reason === 'destroyed' ? 'somebody called device.destroy()' : message || 'the driver gave no reason'
    return unavailable(
      'gpu/lost',
      `the graphics card is gone, and with it all that was on it — ${why}`,
      `gpu(model) asks for the card anew; ${onProcessor}`,
    )
  }

  /** What an error of a device means, which may come before the news that the device is lost. */
  async explain(error: unknown): Promise<unknown> {
    await Promise.race([this.#card.lost, new Promise((resolve) => setTimeout(resolve, 100))])
    return this.error() ?? error
  }
}
