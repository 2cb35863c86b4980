/**
 * What is said about a model beside its tensors: in a file's metadata, and in the configurations that Hugging Face's hub keeps in the same folder. There is no
 * convention for either: the keys of the libraries' configurations are looked for, among the entries themselves and inside any of them that is JSON.
 */

import { show } from '../layout/show.ts'
import type { Activation } from '../steps/map.ts'
import { type GlobalPool, globalPools } from './pooling.ts'

export interface Hints {
  /** Features of a token, by which one tells whether it is this model that is spoken of. */
  readonly embedDim?: number | undefined
  readonly numHeads?: number | undefined
  /** Width of a head, where that is said and not their number. */
  readonly headDim?: number | undefined
  /** Blocks, channels and sides of a patch, by which one tells whether all of it is of this model. */
  readonly depth?: number | undefined
  readonly inChans?: number | undefined
  readonly patchSize?: readonly [number, number] | undefined
  readonly eps?: number | undefined
  readonly actLayer?: Activation | undefined
  /** An activation that is none of the library's. */
  readonly otherActivation?: string | undefined
  readonly globalPool?: GlobalPool | undefined
  /** How vit-pytorch's models pool; their mean is over all tokens. */
  readonly pool?: 'cls' | 'mean' | undefined
  /** timm's name of the architecture, or Hugging Face's of the kind of model. */
  readonly architecture?: string | undefined
  /** How many turns slower the slowest pair of features is than the fastest, where positions are rotary. */
  readonly ropeTheta?: number | undefined
  /** Height and width of the images. */
  readonly imgSize?: readonly [number, number] | undefined
  /** The names of the classes, in their order. */
  readonly labels?: readonly string[] | undefined
  /** Entries of numbers that cannot be what they are called, as they are written. */
  readonly impossible?: readonly string[] | undefined
}

/** The libraries' names of activations. */
const activations: ReadonlyMap<unknown, Activation> = new Map([
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['gelu_tanh', 'gelu-tanh'],
  ['gelu_new', 'gelu-tanh'],
  ['gelu_fast', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['quick_gelu', 'quick-gelu'],
  ['quickgelu', 'quick-gelu'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
])

type Entry = readonly [key: string, value: unknown]

/** The hints in texts by name. */
export function hintsIn(texts: Readonly<Record<string, string>>): Hints {
  const entries = entriesOf(texts)
  const impossible: string[] = []
  const first = <T>(keys: readonly string[], read: (value: unknown) => T | undefined): T | undefined => {
    for (const [key, value] of entries) {
      const found = keys.includes(key) ? read(value) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }
  const number = (keys: readonly string[], holds: (value: number) => boolean): number | undefined => {
    const found = first(keys, (value) => numberThat(value, holds))
    const wrong = entries.find(([key, value]) => keys.includes(key) && isScalar(value))
    if (found === undefined && wrong !== undefined) impossible.push(`${wrong[0]} ${show(wrong[1])}`)
    return found
  }
  const isCount = (n: number) => Number.isSafeInteger(n) && n > 0
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const activation = first(['hidden_act', 'act_layer'], text)
  const hints: Hints = {
    embedDim: number(['hidden_size', 'embed_dim', 'num_features'], isCount),
    numHeads: number(['num_heads', 'num_attention_heads', 'n_heads', 'heads', 'nhead'], isCount),
    headDim: number(['head_width'], isCount),
    depth: number(['num_hidden_layers', 'depth'], isCount),
    inChans: number(['num_channels', 'in_chans'], isCount),
    patchSize: first(['patch_size'], sidesThat),
    eps: number(['layer_norm_eps', 'norm_eps', 'eps'], (n) => n > 0 && n < 0.1),
    actLayer: activations.get(activation),
    otherActivation: activations.has(activation) ? undefined : activation,
    globalPool: first(['global_pool'], (value) => globalPools.find((name) => name === value)),
    // vit-pytorch's argument
    pool: first(['pool'], (value) => (['cls', 'mean'] as const).find((name) => name === value)),
    architecture: first(['architecture', 'timm_model_name', 'model_type'], text),
    ropeTheta: number(['rope_theta'], (n) => n > 1),
    imgSize: first(['image_size', 'img_size', 'input_size'], sidesThat),
    labels: labelsOf(first),
    impossible: impossible.length > 0 ? impossible : undefined,
  }
  return Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined))
}

/** Every entry that may be about the model or its pictures: those of the texts by name, and those inside of any that is JSON. */
export function entriesOf(texts: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(texts).flatMap(([key, text]) => [[key, text], ...entriesInside(parsed(text))])
}

type First = <T>(keys: readonly string[], read: (value: unknown) => T | undefined) => T | undefined

/** Hugging Face's names of classes by number, or timm's list; of WordNet's numbers, their descriptions. */
function labelsOf(first: First): readonly string[] | undefined {
  const isText = (value: unknown) => typeof value === 'string'
  const byNumber = first(['id2label'], (value) => {
    if (!isObject(value)) return undefined
    const names = Object.keys(value).map((_, i) => value[i])
    return names.length > 1 && names.every(isText) ? (names as string[]) : undefined
  })
  // what the library writes where nobody gave names
  if (byNumber !== undefined) return byNumber.every((name) => /^LABEL_\d+$/.test(name)) ? undefined : byNumber
  const names = first(['label_names'], (value) =>
    Array.isArray(value) && value.length > 0 && value.every(isText) ? (value as string[]) : undefined,
  )
  if (!names?.every((name) => /^n\d{8}$/.test(name))) return names
  const described = first(['label_descriptions'], (value) => (isObject(value) ? value : undefined)) ?? {}
  return names.map((name) => (isText(described[name]) ? String(described[name]) : name))
}

const isScalar = (value: unknown) => typeof value === 'number' || typeof value === 'string'

function numberThat(value: unknown, holds: (value: number) => boolean): number | undefined {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return holds(number) ? number : undefined
}

/** One side of a square, height and width, or channels before them. */
function sidesThat(value: unknown): readonly [number, number] | undefined {
  const sides = typeof value === 'number' ? [value, value] : Array.isArray(value) ? value.slice(-2) : []
  const [height, width] = sides.map((side) => numberThat(side, (n) => Number.isSafeInteger(n) && n > 0))
  return height === undefined || width === undefined ? undefined : [height, width]
}

/** What is about the model: a configuration's own entries, or those of its image tower or backbone, and the parts that timm and open_clip have. */
function entriesInside(value: unknown): Entry[] {
  if (!isObject(value)) return []
  const { vision_config: tower, backbone_config: backbone, model_args: args, pretrained_cfg: view } = value
  const model = isObject(value['model_cfg']) ? value['model_cfg'] : {}
  const own = [tower, backbone].find(isObject) ?? value
  // a tower's classes are named beside it
  const { id2label, label_names, label_descriptions } = value
  const classes = Object.fromEntries(
    Object.entries({ id2label, label_names, label_descriptions }).filter(([, names]) => names !== undefined),
  )
  return [own, args, view, ofOpenClip(model), classes].flatMap((part) =>
    isObject(part) ? Object.entries(part) : [],
  )
}

/** open_clip's image tower: its own, whose activation and eps are the same for all, or one of timm's, whose name tells them. */
function ofOpenClip(model: Record<string, unknown>): unknown {
  const tower = model['vision_cfg']
  if (!isObject(tower) || 'timm_model_name' in tower) return tower
  return { hidden_act: model['quick_gelu'] === true ? 'quick_gelu' : 'gelu', layer_norm_eps: 1e-5, ...tower }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object that a text is, where it is one of JSON. */
export function parsed(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
