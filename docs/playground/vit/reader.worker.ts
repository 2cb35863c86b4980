/**
 * The models at work, away from the page: the ViT that reads digits, and any Vision Transformer
 * from a file. Everything is the library's public interface.
 */
import type { NdArray } from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import { preprocess } from 'tesserae/image'
import { attentionRollout, VisionTransformer, type ViT } from 'tesserae/nn'
import weightsUrl from '../../start/vit-digits.safetensors?url'
import { arrayOf } from '../model/library.ts'
import { flat } from '../model/vit/flat.ts'
import type { Levers } from '../model/vit/levers.ts'
import { digitModel } from '../model/vit/model.ts'
import { trace, type Weights, weightsOf } from '../model/vit/trace.ts'
import { preprocessingOf } from './preprocessing.ts'
import type { Looks, Reply, Request } from './protocol.ts'

type Floats = NdArray<Float32Array>

const digits = loadDigits()
let photoModel: VisionTransformer | null = null

export function receive({ data }: MessageEvent<Request>): void {
  answer(data).catch((error: unknown) => {
    reply({ kind: 'failure', of: data.kind, text: error instanceof Error ? error.message : String(error) })
  })
}
digits.catch((error: unknown) => reply({ kind: 'failure', of: 'start', text: String(error) }))

async function answer(request: Request): Promise<void> {
  switch (request.kind) {
    case 'trace':
      return follow(request.id, request.pixels, request.levers)
    case 'weights':
      return inTurn(() => loadWeights(request.file))
    case 'photo':
      return inTurn(() => readPhoto(request.file))
  }
}

let before: Promise<unknown> = Promise.resolve()

/** A picture waits for the model that was asked for before it, and a model for the pictures that the last one still looks at. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const turn = before.then(work)
  before = turn.catch(() => {})
  return turn
}

async function loadDigits(): Promise<{ model: ViT; weights: Weights }> {
  const started = performance.now()
  const response = await fetch(weightsUrl)
  if (!response.ok) throw new Error(`the weights did not arrive: ${response.status}`)
  const tensors = readSafetensors(new Uint8Array(await response.arrayBuffer())) as Record<string, Floats>
  const model = digitModel(tensors)
  model.forward(arrayOf(new Float32Array(28 * 28), [1, 1, 28, 28])) // compiles the kernels
  const weights = weightsOf(tensors, model)
  reply({ kind: 'ready', weights, milliseconds: performance.now() - started })
  return { model, weights }
}

async function follow(id: number, pixels: Float32Array, levers: Levers): Promise<void> {
  const { model, weights } = await digits
  const started = performance.now()
  model.forward(arrayOf(pixels, [1, 1, 28, 28]))
  const milliseconds = performance.now() - started
  reply({ kind: 'trace', id, trace: trace(model, weights, pixels, levers), milliseconds })
}

async function loadWeights(file: File): Promise<void> {
  const model = await VisionTransformer.fromCheckpoint(watched(file))
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
function watched(file: File): File {
  const slice = file.slice.bind(file)
  file.slice = (start, end, type) => {
    reply({ kind: 'progress', text: `reading ${file.name}`, part: (0.75 * (end ?? file.size)) / file.size })
    return slice(start, end, type)
  }
  return file
}

async function readPhoto(file: Blob): Promise<void> {
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

function reply(message: Reply): void {
  postMessage(message)
}
