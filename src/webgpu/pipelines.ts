/** Kernels as a device has compiled them: those of one text are one, whichever program or model they are of. */
import type { Card, CardPipeline } from './card.ts'

/** Texts that a device is remembered for; the pipelines of older ones stay for whoever has them. */
const most = 1000

const known = new WeakMap<Card, Map<string, Promise<CardPipeline>>>()

export function pipelineFor(card: Card, code: string, label: string): Promise<CardPipeline> {
  let pipelines = known.get(card)
  if (pipelines === undefined) {
    pipelines = new Map()
    known.set(card, pipelines)
  }
  const own = pipelines.get(code) ?? compiled(card, code, label)
  pipelines.delete(code)
  pipelines.set(code, own)
  if (pipelines.size > most) pipelines.delete(pipelines.keys().next().value!)
  return own
}

async function compiled(card: Card, code: string, label: string): Promise<CardPipeline> {
  card.pushErrorScope('validation')
  const module = card.createShaderModule({ code, label })
  const refused = card.popErrorScope()
  const descriptor = { layout: 'auto', label, compute: { module, entryPoint: 'main' } }
  try {
    return await card.createComputePipelineAsync(descriptor as never)
  } catch (error) {
    const refusal = await refused
    throw refusal === null
      ? error
      : new Error(`internal: the kernel '${label}' is refused: ${refusal.message}`)
  }
}
