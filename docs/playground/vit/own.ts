/** Any Vision Transformer from a file: its answer to a picture, its patches' vectors, where it looks. */
import type { NdArray } from 'ndarray'
import { preprocess } from 'tesserae/image'
import { attentionRollout, VisionTransformer } from 'tesserae/nn'
import { arrayOf } from '../model/library.ts'
import { flat } from '../model/vit/flat.ts'
import { preprocessingOf } from './preprocessing.ts'
import type { Looks, Reply } from './protocol.ts'

type Floats = NdArray<Float32Array>
type Tell = (reply: Reply) => void

let photoModel: VisionTransformer | null = null

/** Opens a file of weights; the model before it is given back. */
export async function loadWeights(file: File, reply: Tell): Promise<void> {
  const model = await VisionTransformer.fromCheckpoint(watched(file, reply))
  photoModel?.dispose()
  photoModel = model
  const parameters = [...model.parameters()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  )
  const { size, classes } = preprocessingOf(model)
  const text = `${file.name}: ${(parameters / 1e6).toFixed(1)} million parameters, pictures of ${size}×${size}, ${classes} classes`
  reply({ kind: 'model', text, classes })
}

/** The file, which is read by parts, saying how far that is. */
function watched(file: File, reply: Tell): File {
  const slice = file.slice.bind(file)
  file.slice = (start, end, type) => {
    reply({ kind: 'progress', text: `reading ${file.name}`, part: (0.75 * (end ?? file.size)) / file.size })
    return slice(start, end, type)
  }
  return file
}

/** What the model says of a picture, and where it looked. */
export async function readPhoto(file: Blob, reply: Tell): Promise<void> {
  const model = photoModel
  if (model === null) throw new Error('there is no model yet: drop its .safetensors file first')
  reply({ kind: 'progress', text: 'preparing the picture', part: 0.8 })
  const { size, cropPct, mean, std } = preprocessingOf(model)
  const x = preprocess(await decode(file), { size, cropPct, mean, std }) // [1, 3, size, size]
  reply({ kind: 'progress', text: 'looking at it', part: 0.85 })
  const started = performance.now()
  const logits = flat(model.forward(x))
  const milliseconds = performance.now() - started
  const embedded = model.patchEmbed.forward(x) // [1, n, d]
  const [, count = 0, width = 0] = embedded.shape
  reply({ kind: 'progress', text: 'asking where it looked', part: 0.95 })
  const looks = looksOf(model.attentionMaps(x))
  reply({
    kind: 'photo',
    pixels: pixelsOf(x, size, mean, std),
    size,
    grid: Math.round(Math.sqrt(count)),
    prefix: looks.tokens - count,
    embedding: flat(embedded),
    width,
    logits,
    looks,
    milliseconds,
  })
}

/** The picture as the browser decodes it, [h, w, 3]. */
async function decode(file: Blob): Promise<NdArray<Uint8Array>> {
  const bitmap = await createImageBitmap(file)
  const { width, height } = bitmap
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
  context.drawImage(bitmap, 0, 0)
  const { data } = context.getImageData(0, 0, width, height)
  const rgb = new Uint8Array(3 * width * height)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = data[4 * i + c]!
  }
  return arrayOf(rgb, [height, width, 3])
}

/** The model's input made visible again. */
function pixelsOf(
  x: Floats,
  size: number,
  mean: readonly number[],
  std: readonly number[],
): Uint8ClampedArray {
  const values = flat(x)
  const pixels = new Uint8ClampedArray(4 * size * size).fill(255)
  for (let i = 0; i < size * size; i++) {
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = 255 * (values[c * size * size + i]! * std[c]! + mean[c]!)
  }
  return pixels
}

/** Maps of a batch of one. */
function looksOf(maps: readonly Floats[]): Looks {
  const [, heads = 1, tokens = 1] = maps[0]!.shape
  return { layers: maps.map(flat), rollout: flat(attentionRollout(maps)), heads, tokens }
}
