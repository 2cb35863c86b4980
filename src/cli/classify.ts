/** `tesserae classify`: what is in a picture, by a Vision Transformer from a file. */
import { preprocess } from '../image/preprocess.ts'
import type { NdArray } from '../layout/tensor.ts'
import { VisionTransformer, type VisionTransformerOptions } from '../nn/index.ts'
import { toNdarray } from '../ops/array.ts'
import { softmax } from '../rows/index.ts'
import { integer, number, numbers, onlyOperand, readArguments } from './arguments.ts'
import { drawAttention } from './attention.ts'
import { FileError, readBytes, readPicture, writePicture } from './files.ts'
import { bar, type Output } from './output.ts'
import { UsageError } from './usage.ts'

interface Answer {
  readonly index: number
  readonly label: string | undefined
  readonly probability: number
}

export async function runClassify(args: readonly string[], output: Output): Promise<void> {
  const { values, positionals } = readArguments(args, {
    weights: { type: 'string' },
    labels: { type: 'string' },
    top: { type: 'string', default: '5' },
    attention: { type: 'string' },
    mean: { type: 'string' },
    std: { type: 'string' },
    'crop-pct': { type: 'string' },
    heads: { type: 'string' },
    json: { type: 'boolean' },
  })
  const path = onlyOperand(positionals, 'a picture')
  if (values.weights === undefined) throw new UsageError('--weights is missing')
  const top = integer(values.top, '--top', 1)

  const picture = await readPicture(path)
  const labels = values.labels === undefined ? undefined : await readLabels(values.labels)
  const heads = values.heads === undefined ? {} : { numHeads: integer(values.heads, '--heads', 1) }
  const model = await loadModel(values.weights, heads, output)
  const view = viewOf(model, {
    mean: values.mean === undefined ? undefined : numbers(values.mean, '--mean'),
    std: values.std === undefined ? undefined : numbers(values.std, '--std'),
    cropPct: values['crop-pct'] === undefined ? undefined : number(values['crop-pct'], '--crop-pct'),
  })
  const x = preprocess(picture, view)
  const started = performance.now()
  const answers = bestOf(probabilitiesOf(model, x), top, labels)
  const milliseconds = Math.round(performance.now() - started)
  if (values.attention !== undefined) {
    await writePicture(values.attention, await drawAttention(picture, x, model, partSeen(view)))
  }
  if (values.json) {
    output.json({ file: path, answers, milliseconds, attention: values.attention })
    return
  }
  printAnswers(answers, output)
  output.notice(`${path}: answered in ${milliseconds} ms`)
  if (values.attention !== undefined) output.notice(`drawn: ${values.attention}`)
}

/** Opens a checkpoint, saying so while it takes long. */
async function loadModel(
  path: string,
  options: VisionTransformerOptions,
  output: Output,
): Promise<VisionTransformer> {
  const started = performance.now()
  const timer = setInterval(() => {
    output.progress(`reading ${path} … ${((performance.now() - started) / 1000).toFixed(0)} s`)
  }, 500)
  try {
    return await VisionTransformer.fromCheckpoint(path, options)
  } finally {
    clearInterval(timer)
    output.progress('')
  }
}

/** How a picture is prepared for the model. */
interface View {
  readonly size: number
  readonly cropPct: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** Pictures of three channels as Google's ViTs were trained on, others as they are; options have the last word. */
function viewOf(
  model: VisionTransformer,
  given: {
    readonly mean?: number[] | undefined
    readonly std?: number[] | undefined
    readonly cropPct?: number | undefined
  },
): View {
  const { imgSize, proj } = model.patchEmbed
  const [height, width] = imgSize ?? [224, 224]
  if (height !== width)
    throw new UsageError(`the model takes pictures of ${height}×${width}, which are not square`)
  const isPhoto = proj.inChans === 3
  const every = (value: number) => new Array<number>(proj.inChans).fill(value)
  return {
    size: height,
    cropPct: given.cropPct ?? (isPhoto ? 0.9 : 1),
    mean: given.mean ?? every(isPhoto ? 0.5 : 0),
    std: given.std ?? every(isPhoto ? 0.5 : 1),
  }
}

/** Which part of the short side of a picture the model sees. */
const partSeen = ({ size, cropPct }: View): number => size / Math.floor(size / cropPct)

/** Softmax of the logits, in double precision. */
function probabilitiesOf(model: VisionTransformer, x: NdArray<Float32Array>): NdArray<Float32Array> {
  return toNdarray(softmax(model.forward(x), { axis: 1 })).pick(0, null)
}

function bestOf(
  probabilities: NdArray<Float32Array>,
  top: number,
  labels: readonly string[] | undefined,
): Answer[] {
  const classes = probabilities.shape[0]!
  if (labels !== undefined && labels.length !== classes) {
    throw new FileError(`--labels has ${labels.length} names, the model has ${classes} classes`)
  }
  return Array.from({ length: classes }, (_, index) => {
    return { index, label: labels?.[index], probability: probabilities.get(index) }
  })
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top)
}

async function readLabels(path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readBytes(path))
  if (!/^\s*[[{]/.test(text)) return text.replace(/\n$/, '').split('\n')
  try {
    const parsed: unknown = JSON.parse(text)
    const names = Array.isArray(parsed) ? parsed : Object.values(parsed as object)
    if (names.every((name) => typeof name === 'string')) return names
  } catch (cause) {
    throw new FileError(`${path}: not JSON`, { cause })
  }
  throw new FileError(`${path}: expected a JSON list of names, or one name a line`)
}

function printAnswers(answers: readonly Answer[], output: Output): void {
  const names = answers.map(({ index, label }) => label ?? `class ${index}`)
  const nameWidth = Math.min(40, Math.max(...names.map((name) => name.length)))
  const barWidth = Math.max(10, Math.min(40, output.columns - nameWidth - 12))
  for (const [i, { probability }] of answers.entries()) {
    const percent = `${(100 * probability).toFixed(1)}%`.padStart(6)
    output.line(
      `${names[i]!.slice(0, nameWidth).padEnd(nameWidth)}  ${percent}  ${bar(probability, barWidth)}`.trimEnd(),
    )
  }
}
