/**
 * Replays models under their published names: each case is a file of parameters, the library's configuration beside it, an image and what the model gave. The
 * model is opened from a folder that has both, with the options that no shape of a narrow model tells.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSafetensors, type StateDict, writeSafetensors } from 'tesserae/checkpoint'
import { VisionTransformer, type VisionTransformerOptions } from 'tesserae/nn'
import type { Outcome } from './outcome.ts'
import { difference, type FloatArray } from './vit.ts'

/** Every case of a folder; `only` are what their names begin with. */
export async function* replayFamilies(folder: string, only?: readonly string[]): AsyncGenerator<Outcome> {
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue
    const id = name.slice(0, -'.json'.length)
    if (only !== undefined && !only.some((letters) => id.startsWith(letters))) continue
    yield await replayCase(folder, id)
  }
}

/** The model of a case, its tensors, and how far from them single precision may be. */
export async function openCase(folder: string, id: string) {
  const { config, replay, tolerance } = JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8'))
  const file = readFileSync(join(folder, `${id}.safetensors`))
  const tensors = readSafetensors(file) as Record<string, FloatArray>
  return { model: await opened(parametersOf(tensors), config, replay), tensors, tolerance }
}

async function replayCase(folder: string, id: string): Promise<Outcome> {
  try {
    const { model, tensors, tolerance } = await openCase(folder, id)
    const x = tensors['input.x']!
    const got = { y: model.forward(x), features: model.forwardFeatures(x) }
    model.dispose()
    const problems = (['y', 'features'] as const).flatMap((name) => {
      const want = tensors[`output.${name}`]
      const atol = name === 'y' ? tolerance.atol : tolerance.featuresAtol
      return want === undefined ? [] : difference(name, got[name], want, { atol, rtol: 0 })
    })
    return problems.length === 0
      ? { id, status: 'passed' }
      : { id, status: 'failed', reason: problems.join('; ') }
  } catch (error) {
    return { id, status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

function parametersOf(tensors: StateDict): StateDict {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith('param.'))
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice('param.'.length), tensor]))
}

/** The model of a folder as the hub has it: a file and a configuration. */
async function opened(
  parameters: StateDict,
  config: object,
  options: VisionTransformerOptions,
): Promise<VisionTransformer> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-families-'))
  try {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(parameters))
    return await VisionTransformer.fromCheckpoint(join(folder, 'model.safetensors'), options)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
