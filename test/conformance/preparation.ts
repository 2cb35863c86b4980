/**
 * Replays how pictures are prepared: each case is a configuration as a library publishes it, a picture, and what the library makes of it. The configuration
 * stands beside a model of that input size, whose `preparation` is asked.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { preprocess, readImage } from 'tesserae/image'
import { VisionTransformer } from 'tesserae/nn'
import type { Outcome } from './outcome.ts'
import { difference, type FloatArray } from './vit.ts'

/** Every case of a folder; `only` are what their names begin with. */
export async function* replayPreparations(folder: string, only?: readonly string[]): AsyncGenerator<Outcome> {
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue
    const id = name.slice(0, -'.json'.length)
    if (only !== undefined && !only.some((letters) => id.startsWith(letters))) continue
    yield await replayCase(folder, id)
  }
}

interface Sidecar {
  readonly file: string
  readonly configuration: object
  readonly picture: string
  readonly expected: Partial<Summary> & { readonly error?: string }
  readonly tolerance?: { readonly abs: number }
}

/** What is known of an input where it does not stand beside the case as a whole. */
interface Summary {
  readonly shape: readonly number[]
  readonly first4: readonly number[]
  readonly min: number
  readonly max: number
  readonly channelMeans: readonly number[]
}

async function replayCase(folder: string, id: string): Promise<Outcome> {
  try {
    const sidecar = JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8')) as Sidecar
    const problem = await problemOf(folder, id, sidecar)
    return problem === undefined ? { id, status: 'passed' } : { id, status: 'failed', reason: problem }
  } catch (error) {
    return { id, status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

async function problemOf(folder: string, id: string, sidecar: Sidecar): Promise<string | undefined> {
  const { file, configuration, picture, expected } = sidecar
  const image = await readImage(readFileSync(join(folder, 'pictures', picture)))
  const model = await modelBeside(file, configuration, expected.shape?.slice(2) ?? [32, 32])
  const prepared = () => preprocess(image, model.preparation())
  if (expected.error !== undefined) {
    try {
      prepared()
      return `is prepared, where the library says ${expected.error}`
    } catch (error) {
      return (error as Error).name === 'ImageError' ? undefined : String(error)
    }
  }
  const atol = sidecar.tolerance?.abs ?? 1e-5
  const path = join(folder, `${id}.safetensors`)
  if (!existsSync(path)) return summaryDiffers(prepared(), expected as Summary, atol)
  const want = readSafetensors(readFileSync(path))['output.pixel_values'] as FloatArray
  return difference('pixel_values', prepared(), want, { atol, rtol: 0 })[0]
}

function summaryDiffers(got: FloatArray, want: Summary, atol: number): string | undefined {
  if (String(got.shape) !== String(want.shape)) return `has shape [${got.shape}], expected [${want.shape}]`
  const values = Array.from(got.data)
  const plane = values.length / want.channelMeans.length
  const summary = {
    first4: values.slice(0, 4),
    ends: [Math.min(...values), Math.max(...values)],
    means: want.channelMeans.map(
      (_, c) => values.slice(c * plane, (c + 1) * plane).reduce((sum, value) => sum + value, 0) / plane,
    ),
  }
  const wanted = { first4: want.first4, ends: [want.min, want.max], means: want.channelMeans }
  for (const name of ['first4', 'ends', 'means'] as const) {
    const isClose = wanted[name].every((value, i) => Math.abs(value - summary[name][i]!) <= atol)
    if (!isClose) return `${name} are ${summary[name]}, expected ${wanted[name]}`
  }
  return undefined
}

/** What a model of a file says that has a configuration in its metadata or beside it. */
async function modelBeside(name: string, configuration: object, size: readonly number[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-preparation-'))
  const own = new VisionTransformer({
    imgSize: [size[0]!, size[1]!],
    ...{ patchSize: [size[0]!, size[1]!], embedDim: 8, depth: 1, numHeads: 1, numClasses: 2 },
  })
  const isMetadata = name === 'metadata'
  const metadata = isMetadata ? { transforms: JSON.stringify(configuration) } : {}
  const path = join(folder, 'model.safetensors')
  try {
    if (!isMetadata) writeFileSync(join(folder, name), JSON.stringify(configuration))
    writeFileSync(path, writeSafetensors(own.stateDict(), metadata))
    const model = await VisionTransformer.fromCheckpoint(path, { numHeads: 1 })
    return { preparation: () => model.preparation }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
