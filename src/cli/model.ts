/** The model that a command runs, and how it is told to see pictures. */
import type { Precision } from '../gemm/weighted.ts'
import type { Preparation } from '../vit/preparation.ts'
import { VisionTransformer } from '../vit/vision-transformer.ts'
import { init } from '../wasm/threads.ts'
import { given, integer, number, numbers, oneOf } from './arguments.ts'
import { shown } from './files.ts'
import type { Output } from './output.ts'

/** What a checkpoint and its configuration may not tell. */
export const untoldOptions = {
  heads: { type: 'string' },
  mean: { type: 'string' },
  std: { type: 'string' },
  'crop-pct': { type: 'string' },
} as const

/** Options of every command that runs a model on pictures. */
export const modelOptions = {
  ...untoldOptions,
  'max-pixels': { type: 'string' },
  decoder: { type: 'string' },
  threads: { type: 'string' },
} as const

type Texts = { readonly [Name in keyof typeof modelOptions]?: string | undefined }

/** What these options say. */
export interface ModelRequest {
  readonly heads: number | undefined
  readonly mean: number[] | undefined
  readonly std: number[] | undefined
  readonly cropPct: number | undefined
  readonly maxPixels: number | undefined
  readonly decoder: 'auto' | 'own' | undefined
  readonly threads: number | 'auto' | undefined
}

export function readModelRequest(texts: Texts): ModelRequest {
  return {
    decoder: given(texts.decoder, (text) => oneOf(text, '--decoder', ['auto', 'own'])),
    heads: given(texts.heads, (text) => integer(text, '--heads', 1)),
    maxPixels: given(texts['max-pixels'], (text) => integer(text, '--max-pixels', 1)),
    threads: given(texts.threads, (text) => (text === 'auto' ? 'auto' : integer(text, '--threads', 1))),
    mean: given(texts.mean, (text) => numbers(text, '--mean')),
    std: given(texts.std, (text) => numbers(text, '--std')),
    cropPct: given(texts['crop-pct'], (text) => number(text, '--crop-pct')),
  }
}

/** Opens a checkpoint, saying so while it takes long. */
export async function loadModel(
  path: string,
  { heads, precision }: Pick<ModelRequest, 'heads'> & { readonly precision?: Precision },
  output: Output,
): Promise<VisionTransformer> {
  const started = performance.now()
  const timer = setInterval(() => {
    output.progress(`reading ${shown(path)} … ${((performance.now() - started) / 1000).toFixed(0)} s`)
  }, 500)
  try {
    return await VisionTransformer.fromCheckpoint(path, { numHeads: heads, precision })
  } finally {
    clearInterval(timer)
    output.progress('')
  }
}

/** How pictures are prepared: as options say, or else the checkpoint's configuration. */
export function viewOf(
  model: VisionTransformer,
  { mean, std, cropPct }: Pick<ModelRequest, 'mean' | 'std' | 'cropPct'>,
): Preparation {
  const told = model.preparation
  const said = Object.entries({ mean, std, cropPct }).filter(([, value]) => value !== undefined)
  const assumed = told.assumed.filter((text) => !said.some(([name]) => text.startsWith(`${name} is`)))
  // a part of the short side that is given counts, and not what a configuration resizes to
  const { resize, ...others } = told
  return {
    ...(cropPct === undefined && resize !== undefined ? { resize } : {}),
    ...{ ...others, ...Object.fromEntries(said), assumed },
  }
}

/** Computes with so many threads, and lets them go again, for a caller that lives on. */
export async function withThreads(
  threads: number | 'auto' | undefined,
  work: (threads: number) => Promise<void>,
): Promise<void> {
  if (threads === undefined) return work(1)
  const { threads: hired } = await init({ threads })
  try {
    await work(hired)
  } finally {
    await init({ threads: 1 })
  }
}
