/** `tesserae export`: a checkpoint's model as an ONNX file, and how to run it. */
import { basename } from 'node:path'
import { ImageError } from '../../image/error.ts'
import { toOnnx } from '../../onnx/to-onnx.ts'
import { trace } from '../../program/trace.ts'
import type { Preparation } from '../../vit/preparation.ts'
import type { VisionTransformer } from '../../vit/vision-transformer.ts'
import { given, integer, nameIn, oneOf, readArguments, UsageError } from '../arguments.ts'
import { expectPlace, shown, writeWhole } from '../files.ts'
import { loadModel, type ModelRequest, readModelRequest, untoldOptions, viewOf } from '../model.ts'
import type { Output } from '../output.ts'

export async function runExport(args: readonly string[], output: Output): Promise<void> {
  const { values, positionals } = readArguments(args, {
    precision: { type: 'string' },
    opset: { type: 'string', default: '17' },
    attention: { type: 'string', default: 'plain' },
    batch: { type: 'string', default: 'dynamic' },
    ...untoldOptions,
    json: { type: 'boolean' },
  })
  const [from, to, ...more] = positionals
  if (from === undefined || to === undefined || more.length > 0) {
    throw new UsageError(
      `two files are expected, a checkpoint and where the ONNX file goes — got ${positionals.length}`,
    )
  }
  nameIn('.onnx', to, 'the file to write')
  const request = readModelRequest(values)
  const asked = given(values.precision, (text) => oneOf(text, '--precision', ['float32', 'int8']))
  const options = {
    attention: oneOf(values.attention, '--attention', ['plain', 'fused']),
    opset: integer(values.opset, '--opset', 1),
    batch: values.batch === 'dynamic' ? ('dynamic' as const) : integer(values.batch, '--batch', 1),
  }
  await expectPlace(to, from)
  const model = await loadModel(from, request, output)
  const view = preparationOf(model, request)
  // weights that are integers in the file are so in the graph, unless floats are asked for
  const isCodes = [...model.parameters()].some((parameter) => parameter.precision !== 'float32')
  const precision = asked ?? (isCodes ? 'int8' : 'float32')
  const file = toOnnx(model, { ...options, precision, metadata: metadataOf(model, view) })
  await writeWhole(to, file)
  const input = model.inputShape!
  const shape = (axes: readonly number[]) => [
    options.batch === 'dynamic' ? 'batch' : options.batch,
    ...axes.slice(1),
  ]
  const result = trace(model, input).output.shape
  const about = {
    ...{
      file: to,
      bytes: file.length,
      opset: options.opset,
      precision,
      attention: options.attention,
    },
    inputs: { x: shape(input) },
    outputs: { y: shape(result) },
    guesses: [...model.guesses, ...(view?.assumed ?? [])],
  }
  if (values.json) {
    output.json(about)
    return
  }
  const one = [options.batch === 'dynamic' ? 1 : options.batch, ...input.slice(1)].join(', ')
  output.line(
    `${shown(to)}: ${size(file.length)}, operator set ${options.opset}, ${precision}, ${options.attention} attention`,
  )
  output.line(`input   x  float32 [${about.inputs.x.join(', ')}]${view === null ? '' : shownView(view)}`)
  output.line(`output  y  float32 [${about.outputs.y.join(', ')}]`)
  const name = basename(to)
  output.line(`in Python
  session = onnxruntime.InferenceSession(${JSON.stringify(name)})
  [y] = session.run(["y"], {"x": x})
in JavaScript
  const session = await InferenceSession.create(${JSON.stringify(name)})
  const { y } = await session.run({ x: new Tensor('float32', data, [${one}]) })`)
  for (const guess of about.guesses) output.notice(`assumed: ${guess}`)
}

/** What the file says beside its graph: the classes' names, and how pictures are prepared, as JSON. */
function metadataOf({ labels }: VisionTransformer, view: Preparation | null): Record<string, string> {
  return {
    ...(view && { preparation: JSON.stringify(view) }),
    ...(labels && { labels: JSON.stringify(labels) }),
  }
}

/** How pictures are prepared; null where the configuration asks for what cannot be done here, which is nothing to the file. */
function preparationOf(model: VisionTransformer, request: ModelRequest): Preparation | null {
  try {
    return viewOf(model, request)
  } catch (error) {
    if (error instanceof ImageError) return null
    throw error
  }
}

function shownView({ mean, std }: Preparation): string {
  const list = (values: unknown) => (Array.isArray(values) ? `[${values.join(', ')}]` : String(values))
  return `  (pixels / 255 − ${list(mean)}) / ${list(std)}`
}

const size = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
