/**
 * `npm run train`: from nothing. Draws digits, each anew, trains document 1's Vision Transformer on them for two minutes, and then has it read handwriting that it
 * never saw: MNIST's and optdigits' test digits where `../shared` is at hand, else the ten of docs/start/digits.png.
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import ndarray, { type NdArray } from 'ndarray'
import { init, rearrange } from 'tesserae'
import { manualSeed, ViT } from 'tesserae/nn'
import { adamw, type Batch, ema, fit, Random, withoutDecay } from 'tesserae/train'
import { bundled, readPicture } from './assets.ts'
import { SIDE } from './draw-digits.ts'
import { drawDigit } from './hand.ts'
import { bar, headline } from './report.ts'
import { upright } from './upright.ts'

type Floats = NdArray<Float32Array>

const BATCH = 64
const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } })
const seconds = 60 * Number(values.minutes ?? 2)
const seed = Number(values.seed ?? 1)

/** Batches of digits that nobody has drawn before. */
function* drawn(): Generator<Batch> {
  const random = new Random(seed)
  for (;;) {
    const labels = Array.from({ length: BATCH }, () => Math.floor(random.uniform() * 10))
    const images = new Float32Array(BATCH * SIDE * SIDE)
    for (const [i, digit] of labels.entries()) images.set(drawDigit(digit, random), i * SIDE * SIDE)
    yield { images: upright(ndarray(images, [BATCH, 1, SIDE, SIDE])), labels }
  }
}

/** What a model reads, digit by digit. */
function read(model: ViT, images: Floats): number[] {
  const answers: number[] = []
  for (let start = 0; start < images.shape[0]!; start += 250) {
    const end = Math.min(images.shape[0]!, start + 250)
    const logits = model.forward(upright(images.lo(start, 0, 0, 0).hi(end - start, 1, SIDE, SIDE) as Floats))
    for (let i = 0; i < end - start; i++) {
      const row = Array.from({ length: 10 }, (_, digit) => logits.get(i, digit))
      answers.push(row.indexOf(Math.max(...row)))
    }
  }
  return answers
}

interface TestSet {
  readonly name: string
  readonly images: Floats
  readonly labels: readonly number[]
}

/** Handwriting that was never learned from. */
async function testSets(): Promise<TestSet[]> {
  const folder = new URL('../../../shared/data/datasets/', import.meta.url)
  if (existsSync(folder)) return [mnist(new URL('mnist/', folder)), optdigits(new URL('optdigits/', folder))]
  const strip = await readPicture(bundled('digits.png'))
  const ink = ndarray(
    Float32Array.from(strip.data, (byte) => byte / 255),
    strip.shape,
  )
  const images = rearrange(ink, 'h (b w) 1 -> b 1 h w', { w: SIDE }, { copy: 'always' })
  return [{ name: 'docs/start/digits.png', images, labels: Array.from({ length: 10 }, (_, digit) => digit) }]
}

function mnist(folder: URL): TestSet {
  const bytesOf = (name: string) => gunzipSync(readFileSync(new URL(name, folder)))
  const pixels = bytesOf('t10k-images-idx3-ubyte.gz').subarray(16)
  const labels = [...bytesOf('t10k-labels-idx1-ubyte.gz').subarray(8)]
  const ink = Float32Array.from(pixels, (byte) => byte / 255)
  return { name: "MNIST's test digits", images: ndarray(ink, [labels.length, 1, SIDE, SIDE]), labels }
}

/** 8 × 8 values from 0 to 16, drawn large: 20 × 20 in the middle of the tile. */
function optdigits(folder: URL): TestSet {
  const text = gunzipSync(readFileSync(new URL('optdigits.tes.csv.gz', folder))).toString()
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number))
  const images = new Float32Array(rows.length * SIDE * SIDE)
  const size = 20
  for (const [n, row] of rows.entries()) {
    const at = (y: number, x: number) => (row[8 * clamp(y) + clamp(x)] ?? 0) / 16
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const [y, x] = [((i + 0.5) * 8) / size - 0.5, ((j + 0.5) * 8) / size - 0.5]
        const [top, left] = [Math.floor(y), Math.floor(x)]
        const [fy, fx] = [y - top, x - left]
        const upper = at(top, left) * (1 - fx) + at(top, left + 1) * fx
        const lower = at(top + 1, left) * (1 - fx) + at(top + 1, left + 1) * fx
        images[n * SIDE * SIDE + (i + 4) * SIDE + j + 4] = upper * (1 - fy) + lower * fy
      }
    }
  }
  return {
    name: "optdigits' test digits",
    images: ndarray(images, [rows.length, 1, SIDE, SIDE]),
    labels: rows.map((row) => row[64]!),
  }
}

const clamp = (index: number) => Math.min(7, Math.max(0, index))

async function main(): Promise<void> {
  await init({ threads: 'auto' })
  manualSeed(seed)
  const model = new ViT({
    ...{ imageSize: SIDE, inChannels: 1, embedDim: 64, patchSize: 7, dropout: 0 },
    ...{ numHeads: 4, numEncoders: 4, numClasses: 10, expansion: 3 },
  })
  const average = ema(model, { decay: 0.995 })
  headline(`digits that are drawn as they are needed, for ${seconds} seconds`)
  const started = performance.now()
  const part = () => Math.min(1, (performance.now() - started) / 1000 / seconds)
  const rate = (step: number) =>
    step < 100 ? (2e-3 * (step + 1)) / 100 : 1e-5 + 1e-3 * (1 + Math.cos(Math.PI * part()))
  const optimizer = adamw(model, { weightDecay: 0.05, groups: withoutDecay })
  let [told, mean] = [0, Number.NaN]
  for await (const { step, loss } of fit(model, drawn(), {
    seed,
    optimizer,
    clip: 1,
    ema: average,
    schedule: rate,
  })) {
    mean = Number.isNaN(mean) ? loss : 0.98 * mean + 0.02 * loss
    const now = part()
    if (now - told >= 0.05 || now === 1) {
      told = now
      console.log(`${bar(now)} ${String(BATCH * (step + 1)).padStart(8)} digits  loss ${mean.toFixed(4)}`)
    }
    if (now === 1) break
  }
  headline('handwriting that it never saw')
  for (const { name, images, labels } of await testSets()) {
    const answers = average.use(() => read(model.eval(), images))
    const right = answers.filter((answer, i) => answer === labels[i]).length
    console.log(
      `${name}: ${right} of ${labels.length} right (${((100 * right) / labels.length).toFixed(1)} %)`,
    )
  }
}

main().then(
  () => process.exit(), // threads would keep it alive
  (error: unknown) => {
    console.error(`npm run train: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`)
    process.exit(1)
  },
)
