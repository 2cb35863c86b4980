/**
 * How pictures are prepared for a model, as its configurations say it: Hugging Face's `preprocessor_config.json`, whose keys mean what the class of the
 * processor makes of them, timm's `pretrained_cfg`, open_clip's `preprocess_cfg`, torchvision's presets. They become the options of `preprocess`.
 */

import { ImageError } from '../image/error.ts'
import {
  expectPreparation,
  IMAGENET_MEAN,
  IMAGENET_STD,
  type PreprocessOptions,
} from '../image/preprocess.ts'
import type { Interpolation } from '../image/resample.ts'
import { isObject, parsed } from './hints.ts'
import { assumedIn, ownIn } from './own.ts'
import { processors } from './processors.ts'

export type Preparation = PreprocessOptions & { readonly assumed: readonly string[] }

/** What a model takes. */
export interface Input {
  readonly size: readonly [number, number]
  readonly channels: number
  /** Whether it takes no other size. */
  readonly isFixed: boolean
}

type Keys = Readonly<Record<string, unknown>>

/**
 * The options of `preprocess` that configurations tell; what they leave out is that of their library, or Google's for its ViTs where there are none, and is among `assumed`.
 *
 * @throws ImageError where a configuration asks for what cannot be done
 */
export function preparationIn(texts: Readonly<Record<string, string>>, input: Input): Preparation {
  const own = ownIn(texts)
  if (own !== undefined) {
    expectPreparation(own.preparation)
    return completed({ ...own.preparation, said: assumedIn('preparation', own) }, input)
  }
  const objects = Object.values(texts).flatMap((text) => [parsed(text)].filter(isObject))
  const huggingface = [parsed(texts['preprocessor_config.json'] ?? ''), ...objects].find(
    (keys) => isObject(keys) && (isProcessor(keys) || 'image_mean' in keys),
  )
  const read =
    (isObject(huggingface) && ofHuggingFace(huggingface)) ||
    objects.map((keys) => ofTimm(keys) ?? ofOpenClip(keys) ?? ofTorchvision(keys)).find(Boolean) ||
    ofTorchvision(flat(texts)) ||
    ofTimm({ pretrained_cfg: flat(texts) }) ||
    {}
  return completed(read, input)
}

/** Entries that are texts, read as the values that they write out. */
function flat(texts: Readonly<Record<string, string>>): Keys {
  const written = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, written(text)]))
}

const isProcessor = (keys: Keys): boolean =>
  'image_processor_type' in keys || 'feature_extractor_type' in keys

/** Pillow's numbers of filters. */
const filters: Readonly<Record<number, Interpolation>> = {
  0: 'nearest',
  1: 'lanczos',
  4: 'box',
  5: 'hamming',
  2: 'bilinear',
  3: 'bicubic',
}
const names: ReadonlySet<unknown> = new Set(Object.values(filters))

function filterOf(value: unknown, key: string): Interpolation | undefined {
  if (value === undefined || value === null) return undefined
  const name =
    typeof value === 'number' ? filters[value] : names.has(value) ? (value as Interpolation) : undefined
  if (name !== undefined) return name
  throw new ImageError(
    'model.preparation',
    'option/interpolation',
    `the configuration's ${key} is ${JSON.stringify(value)}, expected one of ${[...names].join(', ')}; give the options of preprocess yourself`,
  )
}

// --- Hugging Face

function ofHuggingFace(keys: Keys): PreprocessOptions & { said?: string[] } {
  const type = String(keys['image_processor_type'] ?? keys['feature_extractor_type'] ?? '')
  const kind = type.replace(/(ImageProcessor|FeatureExtractor)(Fast)?$/, '')
  const rules = processors[kind] ?? processors['']!
  const isFast = type.endsWith('Fast')
  const flag = (key: string, otherwise: boolean) =>
    typeof keys[key] === 'boolean' ? (keys[key] as boolean) : otherwise
  const isKnown = processors[kind] !== undefined
  const said = isKnown
    ? [...(rules.differs === undefined ? [] : [rules.differs])]
    : [`preparation is as most processors do it: '${type}' is not known`]

  const size = sidesOf(keys['size'], rules.square) ?? rules.size
  const resizes = flag('do_resize', true)
  const crops = isFast ? flag('do_center_crop', rules.crops) : rules.crops && flag('do_center_crop', true)
  const crop = crops ? (sidesOf(keys['crop_size'], true) ?? rules.crop ?? size) : null
  const before = rules.before?.(size, keys) ?? { resize: size }
  const normalises = flag('do_normalize', rules.normalises)
  const mean = normalises ? (numbers(keys['image_mean']) ?? rules.mean) : undefined
  const std = normalises ? (numbers(keys['image_std']) ?? rules.std) : undefined
  const channels = mean?.length ?? 3
  const every = (value: number) => new Array<number>(channels).fill(value)
  const own = rules.adjusted?.(mean ?? every(0), std ?? every(1), keys)
  return {
    size: before.size ?? crop ?? (resizes && typeof before.resize !== 'number' ? before.resize! : null),
    resize: resizes ? before.resize : null,
    cropRule: isFast ? 'torchvision' : 'huggingface',
    interpolation: filterOf(keys['resample'], 'resample') ?? rules.interpolation,
    rescale: flag('do_rescale', true) ? (number(keys['rescale_factor']) ?? 1 / 255) : 1,
    mean: own?.mean ?? mean ?? every(0),
    std: own?.std ?? std ?? every(1),
    bgr: flag('do_flip_channel_order', rules.bgr ?? false),
    said,
  }
}

/** A side, `{ height, width }` or `{ shortest_edge }`; a number alone is a square, or the shortest edge. */
function sidesOf(value: unknown, square: boolean): number | readonly [number, number] | undefined {
  if (typeof value === 'number') return square ? [value, value] : value
  if (Array.isArray(value) && value.length === 2) return [Number(value[0]), Number(value[1])]
  if (!isObject(value)) return undefined
  const { height, width, shortest_edge: edge } = value
  if (typeof height === 'number' && typeof width === 'number') return [height, width]
  return number(edge)
}

// --- timm, open_clip, torchvision

function ofTimm(keys: Keys): PreprocessOptions | undefined {
  const view = isObject(keys['pretrained_cfg'])
    ? keys['pretrained_cfg']
    : 'input_size' in keys
      ? keys
      : undefined
  const told = ['input_size', 'mean', 'std', 'crop_pct', 'interpolation', 'crop_mode']
  if (view === undefined || !told.some((key) => key in view)) return undefined
  const [, height, width] = numbers(view['input_size']) ?? []
  const mode = view['crop_mode']
  const cropMode = mode === 'squash' || mode === 'border' ? mode : 'center'
  const isSquare = height === width
  const filter = filterOf(view['interpolation'], 'interpolation')
  return {
    size: height === undefined || width === undefined ? undefined : [height, width],
    cropPct: number(view['crop_pct']) ?? 0.875,
    cropMode,
    // timm does not hand its filter on where sizes are not square
    interpolation: cropMode === 'center' && !isSquare ? 'bilinear' : (filter ?? 'bicubic'),
    ...normalisation(view),
  }
}

function ofOpenClip(keys: Keys): PreprocessOptions | undefined {
  const view = keys['preprocess_cfg']
  if (!isObject(view)) return undefined
  const { resize_mode: mode } = view
  return {
    size: sidesOf(view['size'], true),
    cropPct: 1,
    cropMode: mode === 'squash' ? 'squash' : mode === 'longest' ? 'border' : 'center',
    interpolation: filterOf(view['interpolation'], 'interpolation') ?? 'bicubic',
    ...normalisation(view),
  }
}

function ofTorchvision(keys: Keys): PreprocessOptions | undefined {
  const crop = sidesOf(keys['crop_size'], true)
  const resize = sidesOf(keys['resize_size'], false)
  if (crop === undefined || resize === undefined) return undefined
  const filter = String(keys['interpolation'] ?? 'bilinear')
    .replace('InterpolationMode.', '')
    .toLowerCase()
  return { size: crop, resize, interpolation: filterOf(filter, 'interpolation'), ...normalisation(keys) }
}

const normalisation = ({ mean, std }: Keys): PreprocessOptions => ({
  mean: numbers(mean) ?? IMAGENET_MEAN,
  std: numbers(std) ?? IMAGENET_STD,
})

// --- what is left open

/** Pictures of three channels as Google's ViTs were trained on, others as they are, where nothing else is said. */
function completed(
  { said = [], ...read }: PreprocessOptions & { said?: string[] },
  { size, channels, isFixed }: Input,
): Preparation {
  const isPhoto = channels === 3
  const every = (value: number) => new Array<number>(channels).fill(value)
  const fits = read.mean?.length === channels && read.std?.length === channels
  const assumed: string[] = [...said]
  const assume = <T>(name: string, value: T): T => {
    assumed.push(`${name} is ${value}`)
    return value
  }
  const mean = fits ? read.mean : assume('mean', every(isPhoto ? 0.5 : 0))
  const std = fits ? read.std : assume('std', every(isPhoto ? 0.5 : 1))
  const isSized = read.resize !== undefined || read.cropPct !== undefined
  const cropPct = isSized ? read.cropPct : assume('cropPct', isPhoto ? 0.9 : 1)
  const told = read.size === undefined ? size : read.size
  const fitted = isFixed && told !== null ? ofSize(size, { ...read, size: told }) : { size: told }
  if (isFixed && told !== null && String(pairOf(told)) !== String(size)) {
    assumed.push(
      `size is ${size.join('×')}, as the model takes it, where the configuration has ${pairOf(told).join('×')}`,
    )
  }
  const all = { ...read, ...fitted, cropPct, mean, std }
  return { ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)), assumed }
}

/** The same for another size: what is resized to grows with it. */
export function ofSize(
  [height, width]: readonly [number, number],
  { size, resize }: PreprocessOptions,
): Pick<PreprocessOptions, 'size' | 'resize'> {
  const [h, w] = pairOf(size!)
  if (resize === undefined || resize === null) return { size: [height, width] }
  const grown =
    typeof resize === 'number'
      ? Math.round((resize * height) / h)
      : ([Math.round((resize[0] * height) / h), Math.round((resize[1] * width) / w)] as const)
  return { size: [height, width], resize: grown }
}

const pairOf = (sides: number | readonly [number, number]): readonly [number, number] =>
  typeof sides === 'number' ? [sides, sides] : sides

const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

function numbers(value: unknown): readonly number[] | undefined {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite) ? value : undefined
}
