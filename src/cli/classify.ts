/** `tesserae classify`: what is in a picture, by a Vision Transformer from a file. */

import { openSafetensors } from '../checkpoint/open.ts'
import { preprocess } from '../image/preprocess.ts'
import type { NdArray } from '../layout/tensor.ts'
import { present } from '../ops/array.ts'
import { softmax } from '../steps/softmax.ts'
import { hintsOf } from '../vit/configurations.ts'
import type { Hints } from '../vit/hints.ts'
import { VisionTransformer } from '../vit/vision-transformer.ts'
import { init } from '../wasm/threads.ts'
import { bestOf, printAnswers, readLabels } from './answers.ts'
import { integer, number, numbers, onlyOperand, readArguments } from './arguments.ts'
import { drawAttention } from './attention.ts'
import { readPicture, writePicture } from './files.ts'
import type { Output } from './output.ts'
import { UsageError } from './usage.ts'

export async function runClassify(args: readonly string[], output: Output): Promise<void> {
  const request = readRequest(args)
  if (request.threads !== undefined) await init({ threads: request.threads })
  try {
    await classify(request, output)
  } finally {
    if (request.threads !== undefined) await init({ threads: 1 }) // lets the workers go, for a caller that lives on
  }
}

/** What the command line asks for. */
function readRequest(args: readonly string[]) {
  const { values, positionals } = readArguments(args, {
    weights: { type: 'string' },
    labels: { type: 'string' },
    top: { type: 'string', default: '5' },
    attention: { type: 'string' },
    mean: { type: 'string' },
    std: { type: 'string' },
    'crop-pct': { type: 'string' },
    heads: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  const path = onlyOperand(positionals, 'a picture')
  const { weights, labels, attention, json } = values
  if (weights === undefined) throw new UsageError('--weights is missing')
  const given = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
    text === undefined ? undefined : read(text)
  return {
    ...{ path, weights, labels, attention, json },
    top: integer(values.top, '--top', 1),
    heads: given(values.heads, (text) => integer(text, '--heads', 1)),
    threads: given(values.threads, (text) =>
      text === 'auto' ? ('auto' as const) : integer(text, '--threads', 1),
    ),
    mean: given(values.mean, (text) => numbers(text, '--mean')),
    std: given(values.std, (text) => numbers(text, '--std')),
    cropPct: given(values['crop-pct'], (text) => number(text, '--crop-pct')),
  }
}

type Request = ReturnType<typeof readRequest>

async function classify(request: Request, output: Output): Promise<void> {
  const { path, top, attention } = request
  const picture = await readPicture(path)
  const labels = request.labels === undefined ? undefined : await readLabels(request.labels)
  const model = await loadModel(request, output)
  if (model.options.numClasses === 0) {
    throw new UsageError(`${request.weights} has no classifier: it gives features, and no classes`)
  }
  const told = await preparationOf(model, request)
  const view = viewOf(model, told)
  const x = preprocess(picture, view)
  const started = performance.now()
  const answers = bestOf(probabilitiesOf(model, x), top, labels)
  const milliseconds = Math.round(performance.now() - started)
  if (attention !== undefined) {
    await writePicture(attention, await drawAttention(picture, x, model, partSeen(view)))
  }
  const assumed = [...model.guesses, ...assumptionsOf(view, told)]
  if (request.json) {
    output.json({ file: path, answers, assumed, milliseconds, attention })
    return
  }
  printAnswers(answers, output)
  for (const guess of assumed) output.notice(`assumed: ${guess}`)
  output.notice(`${path}: answered in ${milliseconds} ms`)
  if (attention !== undefined) output.notice(`drawn: ${attention}`)
}

/** Opens a checkpoint, saying so while it takes long. */
async function loadModel({ weights: path, heads }: Request, output: Output): Promise<VisionTransformer> {
  const started = performance.now()
  const timer = setInterval(() => {
    output.progress(`reading ${path} … ${((performance.now() - started) / 1000).toFixed(0)} s`)
  }, 500)
  try {
    return await VisionTransformer.fromCheckpoint(path, { numHeads: heads })
  } finally {
    clearInterval(timer)
    output.progress('')
  }
}

type Preparation = Pick<Hints, 'mean' | 'std' | 'cropPct'>

/** What options say about the preparation of pictures, or else the file and its configurations. */
async function preparationOf(model: VisionTransformer, request: Request): Promise<Preparation> {
  const file = await openSafetensors(request.weights)
  await file.close()
  const hints = await hintsOf(file, request.weights)
  const ofChannels = (list: readonly number[] | undefined) =>
    list?.length === model.patchEmbed.proj.inChans ? list : undefined
  return {
    mean: request.mean ?? ofChannels(hints.mean),
    std: request.std ?? ofChannels(hints.std),
    cropPct: request.cropPct ?? hints.cropPct,
  }
}

/** How a picture is prepared for the model. */
interface View {
  readonly size: number
  readonly cropPct: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** Pictures of three channels as Google's ViTs were trained on, others as they are, where nothing else is said. */
function viewOf(model: VisionTransformer, { mean, std, cropPct }: Preparation): View {
  const { imgSize, proj } = model.patchEmbed
  const [height, width] = imgSize ?? [224, 224]
  if (height !== width)
    throw new UsageError(`the model takes pictures of ${height}×${width}, which are not square`)
  const isPhoto = proj.inChans === 3
  const every = (value: number) => new Array<number>(proj.inChans).fill(value)
  return {
    size: height,
    cropPct: cropPct ?? (isPhoto ? 0.9 : 1),
    mean: mean ?? every(isPhoto ? 0.5 : 0),
    std: std ?? every(isPhoto ? 0.5 : 1),
  }
}

/** What nothing said about the preparation of pictures. */
function assumptionsOf({ mean, std, cropPct }: View, told: Preparation): string[] {
  return [
    ...(told.mean === undefined ? [`--mean is ${mean}`] : []),
    ...(told.std === undefined ? [`--std is ${std}`] : []),
    ...(told.cropPct === undefined ? [`--crop-pct is ${cropPct}`] : []),
  ]
}

/** Which part of the short side of a picture the model sees. */
const partSeen = ({ size, cropPct }: View): number => size / Math.floor(size / cropPct)

/** Softmax of the logits, in double precision. */
function probabilitiesOf(model: VisionTransformer, x: NdArray<Float32Array>): NdArray<Float32Array> {
  const probabilities = present(softmax(model.forward(x), { axis: 1 })) as NdArray<Float32Array>
  return probabilities.pick(0, null)
}
