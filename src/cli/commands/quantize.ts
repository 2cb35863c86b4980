/** `tesserae quantize`: a model's file in eight bits, or in half floats, and how its answers agree with those before. */
import { stat } from 'node:fs/promises'
import { writeSafetensors } from '../../checkpoint/write.ts'
import type { Precision } from '../../gemm/weighted.ts'
import { quantizedState } from '../../nn/quantize.ts'
import { metadataOf } from '../../vit/own.ts'
import { Agreement } from '../agreement.ts'
import { integer, nameIn, oneOf, readArguments, UsageError } from '../arguments.ts'
import { expectPlace, shardsOf, shown, writeWhole } from '../files.ts'
import { loadModel, modelOptions, readModelRequest, viewOf, withThreads } from '../model.ts'
import type { Output } from '../output.ts'
import { Faults, findPictures, lookAt, pictures } from '../pictures.ts'

export async function runQuantize(args: readonly string[], output: Output): Promise<void> {
  const request = readRequest(args)
  await expectPlace(request.to, request.from)
  const faults = new Faults(output, request.json)
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
  nameIn('.safetensors', to, 'the file to write')
  const precision = oneOf(values.precision, '--precision', ['int8', 'int8-fast', 'float16'])
  const { check, json, strict } = values
  return {
    ...readModelRequest(values),
    ...{ from, to, precision, check, json, strict, batch: integer(values.batch, '--batch', 1) },
  }
}

type Request = ReturnType<typeof readRequest>

interface Written {
  readonly bytes: { readonly before: number; readonly after: number }
  /** How many are integers, and how they are multiplied here. */
  readonly weights: number
  readonly computed: Precision | undefined
  readonly guesses: readonly string[]
}

/** Writes the file, whole or not at all. */
async function write(request: Request, output: Output): Promise<Written> {
  const { from, to, precision, heads } = request
  const isHalf = precision === 'float16'
  const model = await loadModel(from, { heads, precision: isHalf ? 'float32' : precision }, output)
  const about = metadataOf(model, { preparation: viewOf(model, request) })
  const bytes = isHalf
    ? writeSafetensors(model.stateDict(), about, { floats: 'F16' })
    : writeSafetensors(quantizedState(model), about)
  const integers = [...model.parameters()].filter((parameter) => parameter.precision !== 'float32')
  const [weights, computed] = [integers.length, integers[0]?.precision]
  const { guesses } = model
  model.dispose()
  await writeWhole(to, bytes)
  return { bytes: { before: await sizeOfModel(from), after: bytes.length }, weights, computed, guesses }
}

/** Bytes of a checkpoint, of all its files where an index names several. */
async function sizeOfModel(path: string): Promise<number> {
  const shards = await shardsOf(path)
  const sizes = await Promise.all(
    (shards.length > 0 ? shards : [path]).map(async (one) => (await stat(one)).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
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
  try {
    await lookAt(listed, {
      ...{
        ...request,
        view: viewOf(before, request),
        faults,
        output,
        doing: 'comparing',
      },
      use: ({ images }) => agreement.add(before.forward(images), after.forward(images)),
    })
  } finally {
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
    computed,
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
  if (precision === 'int8-fast' && computed === 'int8') {
    output.notice(
      'int8-fast is computed as int8 here, where there is no relaxed SIMD; the file says int8-fast',
    )
  }
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
