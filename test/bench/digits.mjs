/**
 * Learning from nothing to the end: document 1's ViT on the first 8,000 digits of MNIST's test file, twenty-five epochs with small affine maps, dropout, smoothed labels and a cosine, on two
 * threads, and how many of the other 2,000 it then reads. The goals: four minutes, 1,960 digits. `node digits.mjs FOLDER [--seed N] [--dropout P]`, where FOLDER has MNIST's two test files.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import ndarray from 'ndarray'
import { argmax, init } from '../../dist/index.js'
import { manualSeed, ViT } from '../../dist/nn/index.js'
import { adamw, cosineSchedule, fit, randomAffine, withoutDecay } from '../../dist/train/index.js'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, dropout: { type: 'string' } },
})
const [folder] = positionals
const seed = Number(values.seed ?? 1)
const dropout = Number(values.dropout ?? 0.1)
const [side, learned, all, epochs, batchSize] = [28, 8000, 10000, 25, 64]
const bytesOf = (name, header) =>
  gunzipSync(readFileSync(join(folder, `t10k-${name}-ubyte.gz`))).subarray(header)
const pixels = Float32Array.from(bytesOf('images-idx3', 16), (value) => value / 255)
const answers = Array.from(bytesOf('labels-idx1', 8))
const digits = (from, to) =>
  ndarray(pixels.slice(from * side * side, to * side * side), [to - from, 1, side, side])

await init({ threads: 2 })
manualSeed(seed)
const model = new ViT({
  ...{ imageSize: side, inChannels: 1, embedDim: 100, patchSize: 7 },
  ...{ numHeads: 4, numEncoders: 4, numClasses: 10, expansion: 4, dropout },
})
const start = performance.now()
const run = fit(
  model,
  { images: digits(0, learned), labels: answers.slice(0, learned) },
  {
    ...{ epochs, batchSize, seed, clip: 1, smoothing: 0.1 },
    optimizer: adamw(model, { lr: 1e-3, weightDecay: 0.05, groups: withoutDecay }),
    schedule: cosineSchedule({ lr: 1e-3, steps: (epochs * learned) / batchSize, warmup: 100 }),
    augment: ({ images, labels }, random) => ({
      images: randomAffine(images, random, { degrees: 10, translate: 0.08, scale: [0.9, 1.1] }),
      labels,
    }),
  },
)
for await (const { step, epoch, loss } of run)
  if (step % 625 === 0) console.log(`digits: epoch ${epoch}, loss ${loss.toFixed(3)}`)
const seconds = (performance.now() - start) / 1000
let right = 0
for (let from = learned; from < all; from += 250) {
  const read = argmax(model.forward(digits(from, from + 250)), 'b label -> b')
  for (let i = 0; i < 250; i++) right += Number(Number(read.get(i)) === answers[from + i])
}
console.log(`digits: ${seconds.toFixed(0)} s (goal 240), ${right} of ${all - learned} right (goal 1,960)`)
process.exit()
