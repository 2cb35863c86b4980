/** `tesserae embed`: the features of all pictures of a folder, in one file. */
import type { Listed } from '#folders'
import { allocate } from '../../layout/data.ts'
import { contiguous } from '../../layout/layout.ts'
import { toNdarray } from '../../ops/array.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import { given, integer, oneOf, readArguments, UsageError } from '../arguments.ts'
import { expectTokens, featuresOf } from '../features/compute.ts'
import { formatOf } from '../features/files.ts'
import { type Origin, originOf, tokenKinds } from '../features/origin.ts'
import { FeatureSink } from '../features/sink.ts'
import { expectPlace, shown } from '../files.ts'
import { loadModel, modelOptions, readModelRequest, viewOf, withThreads } from '../model.ts'
import type { Output } from '../output.ts'
import { Faults, findPictures, lookAt, pictures } from '../pictures.ts'
import { lasting } from '../progress.ts'
import { isIn, shardOf } from '../shard.ts'

export async function runEmbed(args: readonly string[], output: Output): Promise<void> {
  const request = readRequest(args)
  await withThreads(request.threads ?? 'auto', (threads) => embed({ ...request, threads }, output))
}

/** What the command line asks for. */
function readRequest(args: readonly string[]) {
  const { values, positionals } = readArguments(args, {
    ...modelOptions,
    weights: { type: 'string' },
    out: { type: 'string' },
    tokens: { type: 'string', default: 'pooled' },
    normalise: { type: 'boolean', default: false },
    normalize: { type: 'boolean', default: false },
    batch: { type: 'string', default: '4' },
    shard: { type: 'string' },
    resume: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const { weights, out, resume, strict, json } = values
  if (positionals.length === 0) throw new UsageError('a folder is missing')
  if (weights === undefined) throw new UsageError('--weights is missing')
  if (out === undefined) throw new UsageError('--out is missing')
  formatOf(out, '--out')
  const tokens = oneOf(values.tokens, '--tokens', tokenKinds)
  return {
    ...readModelRequest(values),
    ...{ operands: positionals, weights, out, resume, strict, json, tokens },
    normalised: values.normalise || values.normalize,
    batch: integer(values.batch, '--batch', 1),
    shard: given(values.shard, shardOf),
    shardText: values.shard,
  }
}

type Request = ReturnType<typeof readRequest>

async function embed(request: Request & { readonly threads: number }, output: Output): Promise<void> {
  const { operands, out, json, shard } = request
  const faults = new Faults(output, json)
  await expectPlace(out, request.weights, ...operands)
  const all = await findPictures(operands, faults)
  const mine = shard === undefined ? all : all.filter(({ name }) => isIn(shard, name))
  const model = await loadModel(request.weights, request, output)
  expectTokens(model, request.tokens)
  const view = viewOf(model, request)
  const origin = await originOf({ path: request.weights, model, view }, request)
  const sink = await FeatureSink.open(out, origin, request)
  try {
    const before = mine.filter(({ name }) => sink.has(name)).length
    const left = mine.filter(({ name }) => !sink.has(name))
    if (request.resume) {
      output.notice(
        `${pictures(before)} of ${mine.length} ${before === 1 ? 'is' : 'are'} there, ${left.length} left`,
      )
    }
    for (const guess of [...model.guesses, ...view.assumed]) output.notice(`assumed: ${guess}`)

    const started = performance.now()
    const read = await lookAt(left, {
      ...{ ...request, view, faults, output, before, doing: 'embedding' },
      async use({ items, images }) {
        const { rows, shape } = featuresOf(model, images, origin)
        await sink.add(named(items, rows), shape)
        if (json) for (const { name } of items) output.json({ file: name })
      },
    })
    const seconds = (performance.now() - started) / 1000
    if (sink.count === 0 && left.length > 0) {
      await sink.discard()
      faults.conclude(0, request.strict)
    }
    const folder = operands.length === 1 ? operands[0]! : '.'
    const about = { folder, shard: request.shardText, shape: sink.shape ?? emptyShape(model, view, origin) }
    await sink.finish(about)
    report({ out, json, read, before, faults, seconds, rows: sink.count, shape: about.shape }, output)
  } finally {
    await sink.close()
  }
  faults.conclude(sink.count, request.strict)
}

const named = (items: readonly Listed[], rows: readonly Float32Array[]) =>
  items.map(({ name }, i) => [name, rows[i]!] as const)

/** The shape of one picture's features, where there is no picture. */
function emptyShape(
  model: VisionTransformer,
  { size }: { readonly size?: number | readonly [number, number] | null | undefined },
  origin: Origin,
): readonly number[] {
  const [height, width] = typeof size === 'number' ? [size, size] : (size ?? [224, 224])
  const { inChans } = model.patchEmbed.proj
  const blank = allocate('float32', inChans * height * width)
  const images = toNdarray({ ...contiguous([1, inChans, height, width]), data: blank })
  return featuresOf(model, images, origin).shape
}

interface Summary {
  readonly out: string
  readonly json: boolean
  readonly read: number
  readonly before: number
  readonly faults: Faults
  readonly seconds: number
  readonly rows: number
  readonly shape: readonly number[]
}

function report({ out, json, read, before, faults, seconds, rows, shape }: Summary, output: Output): void {
  const leftOut = faults.all.length
  if (json) {
    output.json({ out, shape: [rows, ...shape], embedded: read, before, leftOut, seconds })
    return
  }
  const rate = read === 0 ? '' : ` in ${lasting(seconds)}, ${(read / seconds).toFixed(1)} a second`
  output.line(`${pictures(read)} embedded${rate}`)
  if (before > 0) output.line(`${pictures(before)} ${before === 1 ? 'was' : 'were'} there from before`)
  if (leftOut > 0)
    output.line(`${pictures(leftOut)} could not be read and ${leftOut === 1 ? 'is' : 'are'} left out`)
  output.line(`${shown(out)}: float32 [${[rows, ...shape].join(', ')}]`)
}
