/** Where features come from: all that their numbers depend on beside the picture. What differs in it is not mixed. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import type { Preparation } from '../../vit/preparation.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import { capabilities } from '../../wasm/capabilities.ts'
import { fileError, shardsOf } from '../files.ts'
import type { ModelRequest } from '../model.ts'

/** Which vectors of a picture are meant. */
export const tokenKinds = ['pooled', 'class', 'patch'] as const
export type TokenKind = (typeof tokenKinds)[number]

export interface Origin {
  /** `sha256:…` of the checkpoint's file. */
  readonly weights: string
  /** Who decodes: `own`, or `sharp` and its version. */
  readonly decoder: string
  /** Of a training run, pooled ones of each picture and its mirror image. */
  readonly tokens: TokenKind | 'mirrored'
  readonly normalised: boolean
  /** Options of the model, as JSON: those that a file does not tell may be told otherwise. */
  readonly model: string
  /** Options of `preprocess`, as JSON. */
  readonly preparation: string
}

/** What each part of an origin is called where two differ. */
const parts: Readonly<Record<keyof Origin, string>> = {
  weights: 'weights',
  decoder: 'a decoder',
  tokens: 'tokens',
  normalised: 'a choice of normalisation',
  model: 'options of the model',
  preparation: 'a preparation of pictures',
}

export async function originOf(
  {
    path,
    model,
    view,
  }: { readonly path: string; readonly model: VisionTransformer; readonly view: Preparation },
  { decoder, tokens, normalised }: Pick<ModelRequest, 'decoder'> & Pick<Origin, 'tokens' | 'normalised'>,
): Promise<Origin> {
  const { assumed: _, ...preparation } = view
  return {
    weights: await hashOf(path),
    decoder: decoderName(decoder),
    ...{ tokens, normalised },
    model: inOrder(model.options),
    preparation: inOrder(preparation),
  }
}

/** The first thing that two origins differ in, in words; undefined where they are the same. */
export function differenceOf(there: Origin, here: Origin): string | undefined {
  const keys = Object.keys(parts) as (keyof Origin)[]
  const key = keys.find((key) => there[key] !== here[key])
  if (key === undefined) return undefined
  return `was made with other ${parts[key].replace(/^an? /, '')}: ${brief(there[key])}, not ${brief(here[key])}`
}

/** A short text that is another for each other origin but for weights and decoder, which are named beside it. */
export function digestOf({ tokens, normalised, model, preparation }: Origin): string {
  const text = [tokens, normalised, model, preparation].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Of a checkpoint in several files: of its index and each of them. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for (const file of [path, ...(await shardsOf(path)).sort()])
      for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  } catch (cause) {
    throw fileError(path, cause)
  }
  return `sha256:${hash.digest('hex')}`
}

function decoderName(decoder: ModelRequest['decoder']): string {
  if (decoder === 'own' || capabilities().decoder !== 'sharp') return 'own'
  try {
    const { version } = createRequire(import.meta.url)('sharp/package.json') as { version: string }
    return `sharp ${version}`
  } catch {
    return 'sharp'
  }
}

/** JSON with keys in their order, so that the same options are the same text. */
const inOrder = (options: object): string =>
  JSON.stringify(Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))))

const brief = (value: unknown): string => {
  const text = String(value)
  return text.startsWith('sha256:') ? `${text.slice(0, 19)}…` : text
}
