/** Any Vision Transformer from a file: its answer to a picture, its patches' vectors, where it looks. */
import type { NdArray } from 'ndarray'
import { type PreprocessOptions, preprocess } from 'tesserae/image'
import { attentionRollout, VisionTransformer } from 'tesserae/nn'
import { type GpuModel, gpu } from 'tesserae/webgpu'
import { arrayOf } from '../model/library.ts'
import { flat } from '../model/vit/flat.ts'
import type { Looks, Reply } from './protocol.ts'

type Floats = NdArray<Float32Array>
type Tell = (reply: Reply) => void

let photoModel: VisionTransformer | null = null
/** The same model on the graphics card, where there is one that is no emulation. */
let onCard: Promise<GpuModel | null> = Promise.resolve(null)

/** Opens a file of weights, with what is said about it beside; the model before it is given back. */
export async function loadWeights(
  file: File,
  configurations: Readonly<Record<string, string>>,
  reply: Tell,
): Promise<void> {
  const model = await VisionTransformer.fromCheckpoint(watched(file, reply), {}, configurations)
  photoModel?.dispose()
  void onCard.then((card) => card?.dispose())
  photoModel = model
  onCard = gpu(model).then(
    (card) => ((card.device as Emulated).adapterInfo?.isFallbackAdapter ? null : card),
    () => null,
  )
  const { labels, options, preparation } = model
  const parameters = [...model.parameters()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  )
  const { size, mean = [], std = [], interpolation = 'bicubic', assumed } = preparation
  const sides = typeof size === 'number' ? [size, size] : (size ?? [])
  const classes = options.numClasses === 0 ? 'no classes' : `${options.numClasses} classes`
  const named = labels === undefined ? '' : `, named (${labels.slice(0, 3).join(', ')}${more(labels)})`
  const lines = [
    `${file.name}: ${million(parameters)} million parameters, pictures of ${sides.join('×')}, ${classes}${named}.`,
    `Pictures: ${interpolation}, mean ${short(mean)}, std ${short(std)}.`,
    ...(assumed.length > 0 ? [`No configuration says it, so it is assumed: ${assumed.join('; ')}.`] : []),
  ]
  reply({ kind: 'model', text: lines.join(' '), labels: labels ?? [] })
}

const more = (list: readonly unknown[]) => (list.length > 3 ? ', …' : '')
const short = (numbers: readonly number[]) =>
  [...new Set(numbers.map((one) => Number(one.toFixed(3))))].join(', ')
const million = (count: number) => (count / 1e6).toFixed(count < 1e5 ? 2 : 1)

/** The file, which is read by parts, saying how far that is. */
function watched(file: File, reply: Tell): File {
  const slice = file.slice.bind(file)
  file.slice = (start, end, type) => {
    const part = file.size === 0 ? 0 : (end ?? file.size) / file.size
    reply({ kind: 'progress', text: `reading ${file.name}`, part: 0.75 * part })
    return slice(start, end, type)
  }
  return file
}

/** What the model says of a picture, and where it looked. */
export async function readPhoto(file: Blob, reply: Tell): Promise<void> {
  const model = photoModel
  if (model === null) throw new Error('there is no model yet: drop its .safetensors file first')
  reply({ kind: 'progress', text: 'preparing the picture', part: 0.8 })
  const { preparation } = model
  const x = preprocess(await decode(file, preparation.mean?.length === 1), preparation) // [1, c, height, width]
  const [, , height = 0, width = 0] = x.shape
  reply({ kind: 'progress', text: 'looking at it', part: 0.85 })
  const answer = await answerOf(model, x)
  const embedded = model.patchEmbed.forward(x) // [1, n, d], or [1, rows, columns, d]
  const features = embedded.shape.at(-1)!
  const count = embedded.size / features
  const rows = Math.round(Math.sqrt((count * height) / width))
  reply({ kind: 'progress', text: 'asking where it looked', part: 0.95 })
  const looks = looksOf(model.attentionMaps(x))
  reply({
    kind: 'photo',
    pixels: pixelsOf(x, preparation),
    size: [height, width],
    grid: [rows, count / rows],
    prefix: looks.tokens - count,
    embedding: flat(embedded),
    width: features,
    looks,
    ...answer,
  })
}

/** What a device says of itself. */
interface Emulated {
  readonly adapterInfo?: { readonly isFallbackAdapter?: boolean }
}

/** By the graphics card; where there is none, or it fails, by WebAssembly. */
async function answerOf(model: VisionTransformer, x: Floats) {
  const card = await onCard
  try {
    await card?.prepare(x.shape)
    const started = performance.now()
    const logits = await card?.run(x)
    if (logits) return { logits: flat(logits), milliseconds: performance.now() - started, onCard: true }
  } catch {
    card?.dispose()
    onCard = Promise.resolve(null)
  }
  const started = performance.now()
  const logits = flat(model.forward(x))
  return { logits, milliseconds: performance.now() - started, onCard: false }
}

/** The picture as the browser decodes it, [h, w, 3], or [h, w, 1] where the model sees no colours. */
async function decode(file: Blob, grey: boolean): Promise<NdArray<Uint8Array>> {
  const bitmap = await createImageBitmap(file)
  const { width, height } = bitmap
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
  context.drawImage(bitmap, 0, 0)
  const { data } = context.getImageData(0, 0, width, height)
  const channels = grey ? 1 : 3
  const bytes = new Uint8Array(channels * width * height)
  for (let i = 0; i < width * height; i++) {
    const at = 4 * i
    // as Pillow makes grey of colours
    if (grey) bytes[i] = Math.round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!)
    else for (let c = 0; c < 3; c++) bytes[3 * i + c] = data[at + c]!
  }
  return arrayOf(bytes, [height, width, channels])
}

/** The model's input made visible again. */
function pixelsOf(x: Floats, { mean, std, rescale = 1 / 255, bgr }: PreprocessOptions): Uint8ClampedArray {
  const [, channels = 1, height = 0, width = 0] = x.shape
  const count = height * width
  const values = flat(x)
  const pixels = new Uint8ClampedArray(4 * count).fill(255)
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      const at = bgr ? channels - 1 - c : Math.min(channels - 1, c)
      pixels[4 * i + c] = (values[at * count + i]! * std![at]! + mean![at]!) / rescale
    }
  }
  return pixels
}

/** Maps of a batch of one. */
function looksOf(maps: readonly Floats[]): Looks {
  const [, heads = 1, tokens = 1] = maps[0]!.shape
  return { layers: maps.map(flat), rollout: flat(attentionRollout(maps)), heads, tokens }
}
