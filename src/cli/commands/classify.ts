/** `tesserae classify`: what is in pictures, by a Vision Transformer from a file. */
import { minSizeFor, preprocess } from '../../image/preprocess.ts'
import type { NdArray } from '../../layout/tensor.ts'
import { present } from '../../ops/array.ts'
import { softmax } from '../../steps/softmax.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import { type Answer, bestOf, oneLineOf, printAnswers, readLabels } from '../answers.ts'
import { given, integer, pngName, readArguments, UsageError } from '../arguments.ts'
import { drawAttention } from '../attention-picture.ts'
import { decodePicture, expectPlace, readBytes, shown, writePicture } from '../files.ts'
import { loadModel, modelOptions, readModelRequest, viewOf, withThreads } from '../model.ts'
import type { Output } from '../output.ts'
import { Faults, findPictures, isFolder, lookAt, pictures } from '../pictures.ts'
import { lasting } from '../progress.ts'

export async function runClassify(args: readonly string[], output: Output): Promise<void> {
  const request = readRequest(args)
  const [only, ...more] = request.operands as [string, ...string[]]
  const { attention } = request
  if (attention !== undefined) await expectPlace(attention, request.weights, ...request.operands)
  if (more.length === 0 && !(await isFolder(only))) {
    await withThreads(request.threads, () => classifyOne({ ...request, path: only }, output))
    return
  }
  if (request.attention !== undefined) throw new UsageError('--attention draws one picture')
  await withThreads(request.threads ?? 'auto', (threads) => classifyMany({ ...request, threads }, output))
}

/** What the command line asks for. */
function readRequest(args: readonly string[]) {
  const { values, positionals } = readArguments(args, {
    ...modelOptions,
    weights: { type: 'string' },
    labels: { type: 'string' },
    top: { type: 'string' },
    attention: { type: 'string' },
    batch: { type: 'string', default: '4' },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const { weights, labels, attention, json, strict } = values
  if (positionals.length === 0) throw new UsageError('a picture is missing')
  if (weights === undefined) throw new UsageError('--weights is missing')
  if (attention !== undefined) pngName(attention, '--attention')
  return {
    ...readModelRequest(values),
    ...{ operands: positionals, weights, labels, attention, json, strict },
    top: given(values.top, (text) => integer(text, '--top', 1)),
    batch: integer(values.batch, '--batch', 1),
  }
}

type Request = ReturnType<typeof readRequest>

/** The model and the names of its classes. */
async function openClassifier(request: Request, output: Output) {
  const model = await loadModel(request.weights, request, output)
  const labels = request.labels === undefined ? model.labels : await readLabels(request.labels)
  if (model.options.numClasses === 0) {
    throw new UsageError(`${request.weights} has no classifier: it gives features, and no classes`)
  }
  return { model, labels, view: viewOf(model, request) }
}

async function classifyOne(request: Request & { readonly path: string }, output: Output): Promise<void> {
  const { path, top = 5, attention } = request
  const bytes = await readBytes(path) // a missing file is said before a model is read
  const { model, labels, view } = await openClassifier(request, output)
  // a drawing shows the whole picture, the model alone sees little of it
  const minSize = attention === undefined ? minSizeFor(view) : undefined
  const { maxPixels, decoder } = request
  const picture = await decodePicture(path, bytes, { minSize, maxPixels, decoder }, output)
  const x = preprocess(picture, view)
  const started = performance.now()
  const answers = bestOf(probabilitiesOf(model, x).pick(0, null), top, labels)
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
  if (labels === undefined) output.notice(nameless)
  output.notice(`${shown(path)}: answered in ${milliseconds} ms`)
  if (attention !== undefined) output.notice(`drawn: ${shown(attention)}`)
}

/** A line for each picture, in the order of their names. */
async function classifyMany(request: Request & { readonly threads: number }, output: Output): Promise<void> {
  const { json, top = json ? 5 : 1 } = request
  const faults = new Faults(output, json)
  const all = await findPictures(request.operands, faults)
  const { model, labels, view } = await openClassifier(request, output)
  const assumed = [...model.guesses, ...view.assumed]
  for (const guess of json ? [] : assumed) output.notice(`assumed: ${guess}`)
  const widest = all.reduce((most, { name }) => Math.max(most, shown(name).length), 0)
  const width = Math.min(48, widest)
  const counts = new Map<string, number>()
  const started = performance.now()
  const read = await lookAt(all, {
    ...{ ...request, view, faults, output, doing: 'classifying' },
    use({ items, images }, meter) {
      const probabilities = probabilitiesOf(model, images)
      for (const [i, { name }] of items.entries()) {
        const answers = bestOf(probabilities.pick(i, null) as NdArray<Float32Array>, top, labels)
        count(counts, answers[0]!)
        if (json) output.json({ file: name, answers, assumed })
        else meter.line(`${shown(name).padEnd(width)}  ${oneLineOf(answers)}`)
      }
    },
  })
  const seconds = (performance.now() - started) / 1000
  if (read > 0) {
    if (labels === undefined) output.notice(nameless)
    output.notice(`${pictures(read)} in ${lasting(seconds)}: ${mostOf(counts)}`)
    if (faults.all.length > 0) output.notice(`${pictures(faults.all.length)} could not be read`)
  }
  faults.conclude(read, request.strict)
}

const nameless = 'the model has no names for its classes; --labels FILE gives them'

const count = (counts: Map<string, number>, { label, index }: Answer): void => {
  const name = label ?? `class ${index}`
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** The classes that most pictures are of. */
function mostOf(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, 6).map(([name, count]) => `${count} ${name}`)
  return `${shown.join(', ')}${sorted.length > 6 ? ` and ${sorted.length - 6} other classes` : ''}`
}

/** Softmax of the logits [b, classes], in double precision. */
function probabilitiesOf(model: VisionTransformer, x: NdArray<Float32Array>): NdArray<Float32Array> {
  return present(softmax(model.forward(x), { axis: 1 })) as NdArray<Float32Array>
}
