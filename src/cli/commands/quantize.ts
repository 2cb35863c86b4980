/** `tesserae quantize`: a model's file in eight bits, or in half floats, and how its answers agree with those before. */
import { stat } from 'node:fs/promises'
import { startDecoders } from '#folders'
import { writeSafetensors } from '../../checkpoint/write.ts'
import { quantizedState } from '../../nn/quantize.ts'
import { metadataOf } from '../../vit/own.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import { Agreement } from '../agreement.ts'
import { integer, readArguments, UsageError } from '../arguments.ts'
import { expectPlace, shown, writeWhole } from '../files.ts'
import { loadModel, modelOptions, readModelRequest, viewOf, withThreads } from '../model.ts'
import type { Output } from '../output.ts'
import { Faults, findPictures, pictures, preparedBatches, tellFaults } from '../pictures.ts'
import { startMeter } from '../progress.ts'

const precisions = ['int8', 'int8-fast', 'float16'] as const

export async function runQuantize(args: readonly string[], output: Output): Promise<void> {
  const request = readRequest(args)
  await expectPlace(request.to, request.from)
  const faults = new Faults(tellFaults(output, request.json))
  const listed = request.check.length === 0 ? [] : await findPictures(request.check, faults)
  await withThreads(request.threads ?? 'auto', async (threads) => {
    const written = await write(request, output)
    const agreement = request.check.length === 0 ? null : new Agreement()
    if (agreement !== null) await compare({ ...request, threads }, { listed, faults, agreement }, output)
    report({ ...request, ...written, agreement }, output)
    faults.conclude(agreement?.count ?? 1, request.strict)
  })
}

/** What the command line asks for. */
function readRequest(args: readonly string[]) {
  const { values, positionals } = readArguments(args, {
    ...modelOptions,
    precision: { type: 'string', default: 'int8' },
    check: { type: 'string', multiple: true, default: [] },
    batch: { type: 'string', default: '8' },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const [from, to, ...rest] = positionals
  if (from === undefined || to === undefined || rest.length > 0) {
    throw new UsageError(`two files are expected, the model and the one to write — got ${positionals.length}`)
  }
  const precision = precisions.find((name) => name === values.precision)
  if (precision === undefined) {
    throw new UsageError(
      `--precision is ${JSON.stringify(values.precision)}, expected ${precisions.join(', ')}`,
    )
  }
  const { check, json, strict } = values
  return {
    ...readModelRequest(values),
    ...{ from, to, precision, check, json, strict, batch: integer(values.batch, '--batch', 1) },
  }
}

type Request = ReturnType<typeof readRequest>

interface Written {
  readonly bytes: { readonly before: number; readonly after: number }
  readonly weights: number
  readonly guesses: readonly string[]
}

/** Writes the file, whole or not at all. */
async function write({ from, to, precision, heads }: Request, output: Output): Promise<Written> {
  const isHalf = precision === 'float16'
  const model = await loadModel(from, { heads, precision: isHalf ? 'float32' : precision }, output)
  const bytes = isHalf
    ? writeSafetensors(model.stateDict(), metadataOf(model), { floats: 'F16' })
    : writeSafetensors(quantizedState(model), metadataOf(model))
  const weights = countOf(model)
  const { guesses } = model
  model.dispose()
  await writeWhole(to, bytes)
  return { bytes: { before: (await stat(from)).size, after: bytes.length }, weights, guesses }
}

/** How many weights are integers. */
function countOf(model: VisionTransformer): number {
  return [...model.parameters()].filter(({ precision }) => precision !== 'float32').length
}

/** Has both models answer for all pictures. */
async function compare(
  request: Request & { readonly threads: number },
  {
    listed,
    faults,
    agreement,
  }: { listed: Awaited<ReturnType<typeof findPictures>>; faults: Faults; agreement: Agreement },
  output: Output,
): Promise<void> {
  const before = await loadModel(request.from, { heads: request.heads, precision: 'float32' }, output)
  const after = await loadModel(request.to, { heads: undefined }, output)
  const meter = startMeter({ doing: 'comparing', total: listed.length }, output)
  const decoders = startDecoders(request.threads)
  try {
    const decoding = { view: viewOf(before, request), decoder: request.decoder, maxPixels: request.maxPixels }
    const reading = { ...request, decoders, decoding, faults, meter }
    for await (const { images } of preparedBatches(listed, reading)) {
      agreement.add(before.forward(images), after.forward(images))
      meter.at(agreement.count + faults.all.length)
    }
  } finally {
    meter.end()
    await decoders.close()
    before.dispose()
    after.dispose()
  }
}

function report(
  {
    from,
    to,
    precision,
    bytes,
    weights,
    guesses,
    agreement,
    json,
  }: Request & Written & { readonly agreement: Agreement | null },
  output: Output,
): void {
  if (json) {
    output.json({ from, to, precision, bytes, weights, agreement: agreement?.summary, assumed: guesses })
    return
  }
  for (const guess of guesses) output.notice(`assumed: ${guess}`)
  const part = Math.round((100 * bytes.after) / bytes.before)
  const what = precision === 'float16' ? 'all numbers in float16' : `${weights} weights in ${precision}`
  output.line(`${shown(to)}: ${megabytes(bytes.after)}, ${part} % of ${megabytes(bytes.before)}; ${what}`)
  if (agreement === null || agreement.count === 0) return
  const { count, same, rms } = agreement.summary
  const share = ((100 * same) / count).toFixed(1)
  output.line(
    `the first answer is that of float32 for ${same} of ${pictures(count)} (${share} %); all answers differ by ${(100 * rms).toFixed(1)} % (rms)`,
  )
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
