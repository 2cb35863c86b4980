/** `tesserae classify`: what is in a picture, by a Vision Transformer from a file. */

import { minSizeFor, preprocess } from '../../image/preprocess.ts'
import type { NdArray } from '../../layout/tensor.ts'
import { present } from '../../ops/array.ts'
import { softmax } from '../../steps/softmax.ts'
import type { Preparation } from '../../vit/preparation.ts'
import { VisionTransformer } from '../../vit/vision-transformer.ts'
import { init } from '../../wasm/threads.ts'
import { bestOf, printAnswers, readLabels } from '../answers.ts'
import { integer, number, numbers, onlyOperand, readArguments, UsageError } from '../arguments.ts'
import { drawAttention } from '../attention.ts'
import { decodePicture, readBytes, writePicture } from '../files.ts'
import type { Output } from '../output.ts'

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
    'max-pixels': { type: 'string' },
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
    maxPixels: given(values['max-pixels'], (text) => integer(text, '--max-pixels', 1)),
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
  const bytes = await readBytes(path) // a missing file is said before a model is read
  const model = await loadModel(request, output)
  const labels = request.labels === undefined ? model.labels : await readLabels(request.labels)
  if (model.options.numClasses === 0) {
    throw new UsageError(`${request.weights} has no classifier: it gives features, and no classes`)
  }
  const view = viewOf(model, request)
  // a drawing shows the whole picture, the model alone sees little of it
  const minSize = attention === undefined ? minSizeFor(view) : undefined
  const picture = await decodePicture(path, bytes, { minSize, maxPixels: request.maxPixels }, output)
  const x = preprocess(picture, view)
  const started = performance.now()
  const answers = bestOf(probabilitiesOf(model, x), top, labels)
  const milliseconds = Math.round(performance.now() - started)
  if (attention !== undefined) {
    await writePicture(attention, await drawAttention(picture, x, model, view))
  }
  const assumed = [...model.guesses, ...view.assumed]
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

/** How pictures are prepared: as options say, or else the checkpoint's configuration. */
function viewOf(model: VisionTransformer, { mean, std, cropPct }: Request): Preparation {
  const told = model.preparation
  const given = Object.entries({ mean, std, cropPct }).filter(([, value]) => value !== undefined)
  const assumed = told.assumed.filter((text) => !given.some(([name]) => text.startsWith(`${name} is`)))
  // a part of the short side that is given counts, and not what a configuration resizes to
  const { resize, ...others } = told
  return {
    ...(cropPct === undefined && resize !== undefined ? { resize } : {}),
    ...{ ...others, ...Object.fromEntries(given), assumed },
  }
}

/** Softmax of the logits, in double precision. */
function probabilitiesOf(model: VisionTransformer, x: NdArray<Float32Array>): NdArray<Float32Array> {
  const probabilities = present(softmax(model.forward(x), { axis: 1 })) as NdArray<Float32Array>
  return probabilities.pick(0, null)
}
