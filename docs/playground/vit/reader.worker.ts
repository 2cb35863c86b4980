/**
 * The models at work, away from the page: document 1's ViT with the bundled digit weights, and any Vision Transformer
 * from a file. Everything is the library's public interface.
 */
import type { NdArray } from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import { preprocess } from 'tesserae/image'
import { attentionRollout, VisionTransformer, ViT } from 'tesserae/nn'
import weightsUrl from '../../start/vit-digits.safetensors?url'
import { arrayOf } from '../model/library.ts'
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
    case 'digit':
      return readDigit(request.id, request.pixels)
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

async function loadDigits(): Promise<ViT> {
  const started = performance.now()
  const response = await fetch(weightsUrl)
  if (!response.ok) throw new Error(`the weights did not arrive: ${response.status}`)
  const model = new ViT({
    imageSize: 28,
    inChannels: 1,
    embedDim: 100,
    patchSize: 7,
    numHeads: 4,
    numEncoders: 4,
    numClasses: 10,
    expansion: 4,
  })
  model.loadStateDict(readSafetensors(new Uint8Array(await response.arrayBuffer())))
  model.eval()
  model.forward(arrayOf(new Float32Array(28 * 28), [1, 1, 28, 28])) // compiles the kernels
  reply({ kind: 'ready', milliseconds: performance.now() - started })
  return model
}

async function readDigit(id: number, pixels: Float32Array): Promise<void> {
  const model = await digits
  const x = arrayOf(pixels, [1, 1, 28, 28])
  const started = performance.now()
  const logits = elements(model.forward(x))
  const milliseconds = performance.now() - started
  const embedding = elements(model.embeddingBlock.forward(x)) // [1, 17, 100]
  reply({ kind: 'digit', id, logits, embedding, looks: looksOf(model.attentionMaps(x)), milliseconds })
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
  const logits = elements(model.forward(x))
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
    embedding: elements(embedded),
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
  const values = elements(x)
  const pixels = new Uint8ClampedArray(4 * size * size).fill(255)
  for (let i = 0; i < size * size; i++) {
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = 255 * (values[c * size * size + i]! * std[c]! + mean[c]!)
  }
  return pixels
}

/** Maps of a batch of one. */
function looksOf(maps: readonly Floats[]): Looks {
  const [, heads = 1, tokens = 1] = maps[0]!.shape
  return { layers: maps.map(elements), rollout: elements(attentionRollout(maps)), heads, tokens }
}

/** The elements in row-major order, apart from the array. */
function elements({ data, shape, stride, offset }: Floats): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1)
  const result = new Float32Array(size)
  const index = shape.map(() => 0)
  let at = offset
  for (let i = 0; i < size; i++) {
    result[i] = data[at]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis]!
      if (++index[axis]! < shape[axis]!) break
      at -= stride[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return result
}

function reply(message: Reply): void {
  postMessage(message)
}
