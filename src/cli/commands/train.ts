/** `tesserae train`: a classifier of a folder's pictures, from a checkpoint and a folder for each class. */
import { rm, stat } from 'node:fs/promises'
import { contiguous } from '../../layout/layout.ts'
import type { NdArray } from '../../layout/tensor.ts'
import { toNdarray } from '../../ops/array.ts'
import type { Preparation } from '../../vit/preparation.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import { integer, nameIn, onlyOperand, readArguments, UsageError } from '../arguments.ts'
import { featuresOf } from '../features/compute.ts'
import { originOf } from '../features/origin.ts'
import { FeatureSink } from '../features/sink.ts'
import { expectPlace, FileError, shown } from '../files.ts'
import { loadModel, modelOptions, readModelRequest, viewOf, withThreads } from '../model.ts'
import type { Output } from '../output.ts'
import { Faults, lookAt, pictures } from '../pictures.ts'
import { lasting, startMeter } from '../progress.ts'
import { type Example, type Examples, examplesIn, validationOf } from '../training/data.ts'
import { answersTo, learnAll } from '../training/full.ts'
import { answersOf, learnHead } from '../training/head.ts'
import { judge, printJudged, shareOf } from '../training/report.ts'
import { saveTuned, withHead } from '../training/tuned.ts'

export async function runTrain(args: readonly string[], output: Output): Promise<void> {
  const request = readRequest(args)
  await withThreads(request.threads ?? 'auto', (threads) => train({ ...request, threads }, output))
}

/** What the command line asks for. */
function readRequest(args: readonly string[]) {
  const { values, positionals } = readArguments(args, {
    ...modelOptions,
    from: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '10' },
    validate: { type: 'string', default: '0.2' },
    seed: { type: 'string', default: '0' },
    batch: { type: 'string', default: '16' },
    'head-only': { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const folder = onlyOperand(positionals, 'a folder')
  const { from, out, full, resume, strict, json } = values
  if (from === undefined) throw new UsageError('--from is missing')
  if (out === undefined) throw new UsageError('--out is missing')
  nameIn('.safetensors', out, '--out')
  if (full && values['head-only']) throw new UsageError('--head-only and --full contradict each other')
  return {
    ...readModelRequest(values),
    ...{ folder, from, out, full, resume, strict, json },
    epochs: integer(values.epochs, '--epochs', 1),
    validation: validationOf(values.validate),
    seed: integer(values.seed, '--seed', 0),
    batch: integer(values.batch, '--batch', 1),
  }
}

type Request = ReturnType<typeof readRequest> & { readonly threads: number }

async function train(request: Request, output: Output): Promise<void> {
  const { folder, from, out, json } = request
  const started = performance.now()
  await expectPlace(out, from)
  const faults = new Faults(output, json)
  const examples = await examplesIn(folder, request.validation, (fault) => faults.add(fault))
  await expectNone(runOf(out), request.resume)
  const { classes, learned, heldBack } = examples
  output.notice(
    `${pictures(learned.length + (examples.isPart ? heldBack.length : 0))} of ${classes.length} classes: ${brief(classes)}`,
  )
  const model = await loadModel(from, request, output)
  const view = viewOf(model, request)
  for (const guess of [...model.guesses, ...view.assumed]) output.notice(`assumed: ${guess}`)
  const origin = {
    ...(await originOf({ path: from, model, view }, { ...request, tokens: 'pooled', normalised: false })),
    tokens: 'mirrored' as const,
  }
  const sink = await FeatureSink.open(out, origin, { resume: request.resume, isWhole: false })
  try {
    await compute([...learned, ...heldBack], {
      request,
      model,
      view,
      sink,
      faults,
      output,
    })
    await learn({
      examples,
      request,
      model,
      view,
      sink,
      output,
      seconds: () => (performance.now() - started) / 1000,
    })
    await sink.discard()
  } finally {
    await sink.close()
  }
  await rm(runOf(out), { force: true })
  faults.conclude(learned.length, request.strict)
}

interface Looking {
  readonly request: Request
  readonly model: VisionTransformer
  readonly view: Preparation
  readonly sink: FeatureSink
  readonly faults: Faults
  readonly output: Output
}

/** Computes the features of all examples that have none yet. */
async function compute(
  all: readonly Example[],
  { request, model, view, sink, faults, output }: Looking,
): Promise<void> {
  const left = all.filter(({ key }) => !sink.has(key))
  const before = all.length - left.length
  if (request.resume)
    output.notice(`${pictures(before)} of ${all.length} were looked at before, ${left.length} left`)
  await lookAt(left, {
    ...{ ...request, batch: 4, view, faults, output, before, doing: 'looking' },
    async use({ items, images }) {
      const { rows, shape } = featuresOf(model, images, { tokens: 'mirrored', normalised: false })
      const named = items.map(({ key }, i) => [key, rows[i]!] as const)
      await sink.add(named, shape)
    },
  })
}

interface Learning extends Pick<Looking, 'request' | 'model' | 'view' | 'sink' | 'output'> {
  readonly examples: Examples
  readonly seconds: () => number
}

async function learn({ examples, request, model, view, sink, output, seconds }: Learning): Promise<void> {
  const { out, json, epochs, seed } = request
  const { classes } = examples
  const [learned, heldBack] = [examples.learned, examples.heldBack].map((all) =>
    all.filter(({ key }) => sink.has(key)),
  ) as [Example[], Example[]]
  expectClasses(learned, classes)
  const isAll = !request.full && examples.isPart
  const rowsOf = (all: readonly Example[]) => Promise.all(all.map(({ key }) => sink.row(key)))
  const settings = { dim: sink.shape!.at(-1)!, classes: classes.length, epochs, seed }
  const headFrom = async (all: readonly Example[]) =>
    learnHead({ rows: await rowsOf(all), labels: all.map(({ label }) => label) }, settings)
  let head = await headFrom(learned)
  const from = learned.length + (isAll ? heldBack.length : 0)
  let logits = heldBack.length === 0 ? undefined : answersOf(head, await rowsOf(heldBack))
  // the features are there, so that learning from all of them costs nothing
  if (!request.full && examples.isPart && heldBack.length > 0)
    head = await headFrom([...learned, ...heldBack])
  const tuned = withHead(model, head)
  if (request.full) {
    await learnFully(tuned, learned, heldBack, { request, view, output })
    logits = heldBack.length === 0 ? undefined : await logitsOf(tuned, heldBack, request, view)
  }
  await saveTuned(out, tuned, { classes, view })
  const judged = logits === undefined ? undefined : judge(heldBack, logits, classes)
  if (json) {
    const accuracy = judged && judged.right / judged.of
    output.json({
      out,
      classes,
      pictures: learned.length,
      heldBack: heldBack.length,
      accuracy,
      ...judged,
      seconds: seconds(),
    })
    return
  }
  if (judged !== undefined) {
    output.line(
      `${shareOf(judged)} of those that were held back${isAll ? '; the file has then learned from all' : ''}`,
    )
    printJudged(judged, classes, output)
    output.line('')
  }
  output.line(`${shown(out)}: ${classes.length} classes from ${pictures(from)}, in ${lasting(seconds())}`)
}

async function learnFully(
  model: VisionTransformer,
  learned: readonly Example[],
  heldBack: readonly Example[],
  { request, view, output }: Pick<Learning, 'request' | 'view' | 'output'>,
): Promise<void> {
  const { epochs, json, out } = request
  const meter = startMeter({ doing: 'learning', total: epochs * learned.length }, output)
  try {
    await learnAll(model, learned, heldBack, {
      ...request,
      ...{ view, meter, run: runOf(out) },
      told: (epoch, loss, right) => {
        const accuracy = right === undefined ? undefined : right / heldBack.length
        if (json) output.json({ epoch: epoch + 1, epochs, loss, accuracy })
        else {
          const seen = right === undefined ? '' : `, ${right} of ${heldBack.length} right`
          meter.notice(`epoch ${epoch + 1} of ${epochs}: loss ${loss.toFixed(3)}${seen}`)
        }
      },
    })
  } finally {
    meter.end()
  }
}

async function logitsOf(
  model: VisionTransformer,
  examples: readonly Example[],
  { batch, threads }: Request,
  view: Preparation,
): Promise<NdArray<Float32Array>> {
  const rows: number[] = []
  let classes = 0
  for await (const [logits] of answersTo(model, examples, { preparation: view, batchSize: batch, threads })) {
    classes = logits.shape[1]!
    for (let i = 0; i < logits.shape[0]!; i++) for (let k = 0; k < classes; k++) rows.push(logits.get(i, k))
  }
  return toNdarray({ ...contiguous([rows.length / classes, classes]), data: Float32Array.from(rows) })
}

/** Where a run of all parameters is kept while it lasts. */
const runOf = (out: string): string => `${out}.run`

async function expectNone(path: string, resume: boolean): Promise<void> {
  if (resume || (await stat(path).catch(() => undefined)) === undefined) return
  throw new FileError(
    `${shown(path)}: is left from a run that did not end; --resume goes on with it, or delete it`,
  )
}

/** After bad pictures were left out there may be classes without any. */
function expectClasses(learned: readonly Example[], classes: readonly string[]): void {
  const empty = classes.filter((_, label) => !learned.some((one) => one.label === label))
  if (empty.length > 0)
    throw new FileError(`no picture of ${empty.map((name) => `'${name}'`).join(', ')} could be read`)
}

const brief = (classes: readonly string[]): string =>
  classes.length <= 8
    ? classes.join(', ')
    : `${classes.slice(0, 6).join(', ')} and ${classes.length - 6} more`
