/**
 * What is said about a model beside its tensors: in a file's metadata, and in the configurations that Hugging Face's hub keeps in the same folder. There is no
 * convention for either: the keys of the libraries' configurations are looked for, among the entries themselves and inside any of them that is JSON.
 */
import type { Activation } from '../steps/map.ts'
import { type GlobalPool, globalPools } from './pooling.ts'

export interface Hints {
  /** Features of a token, by which one tells whether it is this model that is spoken of. */
  readonly embedDim?: number | undefined
  readonly numHeads?: number | undefined
  readonly eps?: number | undefined
  readonly actLayer?: Activation | undefined
  /** An activation that is none of the library's. */
  readonly otherActivation?: string | undefined
  readonly globalPool?: GlobalPool | undefined
  /** How pictures were prepared for it: mean and deviation of each channel, and which part of the short side was kept. */
  readonly mean?: readonly number[] | undefined
  readonly std?: readonly number[] | undefined
  readonly cropPct?: number | undefined
}

/** The libraries' names of activations. */
const activations: ReadonlyMap<unknown, Activation> = new Map([
  ['gelu', 'gelu'],
  ['gelu_tanh', 'gelu-tanh'],
  ['gelu_new', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['quick_gelu', 'quick-gelu'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
])

/** The hints in texts by name. */
export function hintsIn(texts: Readonly<Record<string, string>>): Hints {
  const entries = Object.entries(texts).flatMap(([key, text]) => [
    [key, text] as const,
    ...entriesInside(parsed(text)),
  ])
  const first = <T>(keys: readonly string[], read: (value: unknown) => T | undefined): T | undefined => {
    for (const [key, value] of entries) {
      const found = keys.includes(key) ? read(value) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }
  const whole = (value: unknown) => numberThat(value, (n) => Number.isSafeInteger(n) && n > 0)
  const activation = first(['hidden_act', 'act_layer'], (value) =>
    typeof value === 'string' ? value : undefined,
  )
  const mean = first(['mean', 'image_mean'], (value) => numbersThat(value, (n) => Math.abs(n) <= 1))
  const std = first(['std', 'image_std'], (value) => numbersThat(value, (n) => n > 0 && n <= 1))
  const hints = {
    embedDim: first(['hidden_size', 'embed_dim', 'num_features'], whole),
    numHeads: first(['num_heads', 'num_attention_heads', 'n_heads', 'heads', 'nhead'], whole),
    eps: first(['layer_norm_eps', 'norm_eps', 'eps'], (value) => numberThat(value, (n) => n > 0 && n < 1)),
    // timm's models with OpenAI's weights say it by their name
    actLayer:
      activations.get(activation) ??
      first(['architecture'], (value) => (/quickgelu/.test(String(value)) ? 'quick-gelu' : undefined)),
    otherActivation: activations.has(activation) ? undefined : activation,
    globalPool: first(['global_pool'], (value) => globalPools.find((name) => name === value)),
    ...(mean && std && { mean, std }),
    cropPct: first(['crop_pct'], (value) => numberThat(value, (n) => n > 0 && n <= 1)),
  }
  return Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined))
}

function numberThat(value: unknown, holds: (value: number) => boolean): number | undefined {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return holds(number) ? number : undefined
}

function numbersThat(value: unknown, holds: (value: number) => boolean): readonly number[] | undefined {
  return Array.isArray(value) && value.length > 0 && value.every((n) => Number.isFinite(n) && holds(n))
    ? value
    : undefined
}

/** What is about the model: a configuration's own entries, or those of its image tower, and timm's two parts. */
function entriesInside(value: unknown): (readonly [string, unknown])[] {
  if (!isObject(value)) return []
  const { vision_config: tower, model_args: args, pretrained_cfg: view } = value
  return [isObject(tower) ? tower : value, args, view].flatMap((part) =>
    isObject(part) ? Object.entries(part) : [],
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
