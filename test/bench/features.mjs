/**
 * Pictures a second from files to features: decode, resize, crop, normalise, ViT; with one and two threads, beside
 * onnxruntime-web after the same decoding. Run after a build, with a folder of PNG and JPEG files and one with the models of
 * vit.mjs: `node test/bench/features.mjs PICTURES MODELS [--json]`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { preprocess, readImage } from '../../dist/image/index.js'
import { init } from '../../dist/index.js'
import { VisionTransformer } from '../../dist/nn/index.js'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const [pictures = '.', models = '.'] = positionals
const files = readdirSync(pictures)
  .filter((name) => /\.(png|jpe?g)$/i.test(name))
  .map((name) => readFileSync(join(pictures, name)))

const model = await VisionTransformer.fromCheckpoint(join(models, 'vit_ti16.safetensors'), {
  numHeads: 3,
  eps: 1e-6,
})
const rates = { 'decoding alone': await rate(async (x) => x) }
const ours = async (x) => model.forward(x)
rates['tesserae, 1 thread'] = await rate(ours)
const { threads } = await init({ threads: 2 })
if (threads === 2) rates['tesserae, 2 threads'] = await rate(ours)
for (const numThreads of [1, 2])
  rates[`onnxruntime-web, ${numThreads} thread(s)`] = await rate(await onnx(numThreads))
const report = { node: process.versions.node, pictures: files.length, 'pictures a second': rates }
console.log(values.json ? JSON.stringify(report) : report)
process.exit(0)

/** Pictures a second, the best of three passes over the folder. */
async function rate(features) {
  let best = 0
  for (let pass = 0; pass < 3; pass++) {
    const start = performance.now()
    for (const bytes of files) await features(await prepared(bytes))
    best = Math.max(best, (1000 * files.length) / (performance.now() - start))
  }
  return Number(best.toPrecision(3))
}

async function prepared(bytes) {
  return preprocess(await readImage(bytes), {
    size: 224,
    cropPct: 0.9,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  })
}

async function onnx(numThreads) {
  const ort = await import('onnxruntime-web')
  ort.env.wasm.numThreads = numThreads
  const session = await ort.InferenceSession.create(readFileSync(join(models, 'vit_ti16.onnx')))
  return (x) => session.run({ x: new ort.Tensor('float32', x.data, x.shape) })
}
