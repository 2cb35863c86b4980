/**
 * Whole Vision Transformers beside onnxruntime-web: the same parameters and input in both, one image and one thread if not told otherwise.
 * The models are made by a script that needs PyTorch: a folder with NAME.onnx, NAME.safetensors and NAME_reference.safetensors
 * (input x, PyTorch's logits) for `vit_ti16` and `vit_b16`. Run after a build: `node test/bench/vit.mjs FOLDER [--threads 2] [--batch 8] [--json]`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readSafetensors } from '../../dist/checkpoint/index.js'
import { capabilities, init, repeat } from '../../dist/index.js'
import { VisionTransformer } from '../../dist/nn/index.js'

/** Multiplications and additions of one image, in 10⁹. */
const models = { vit_ti16: 2.5, vit_b16: 35.1 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, threads: { type: 'string' }, batch: { type: 'string' } },
})
const threads = Number(values.threads ?? 1)
const batch = Number(values.batch ?? 1)
const folder = positionals[0] ?? '.'
const results = []
for (const [name, gflop] of Object.entries(models)) {
  if (!existsSync(join(folder, `${name}.onnx`))) {
    console.error(`${name}: no ${name}.onnx in ${folder}, skipped`)
    continue
  }
  results.push(await measure(name, gflop))
}
if (values.json) console.log(JSON.stringify(results))
else console.table(results)

async function measure(name, gflop) {
  const reference = readSafetensors(readFileSync(join(folder, `${name}_reference.safetensors`)))
  const [x, logits] = [reference.x, reference.logits].map((one) =>
    repeat(one, 'one ... -> (b one) ...', { b: batch }, { copy: 'always' }),
  )
  const rounds = gflop * batch > 10 ? 6 : 25
  const best = {}
  let difference = 0
  /** Runs contestants in turns. */
  const race = async (contestants) => {
    for (let round = 0; round < rounds; round++) {
      for (const [engine, run] of Object.entries(contestants)) {
        const start = performance.now()
        const got = await run()
        best[engine] = Math.min(best[engine] ?? Infinity, performance.now() - start)
        const error = got.reduce((most, value, i) => Math.max(most, Math.abs(value - logits.data[i])), 0)
        if (!(error < 1e-3)) throw new Error(`${engine}: logits of ${name} differ by ${error}`)
        if (engine === 'tesserae') difference = Math.max(difference, error)
      }
    }
  }
  const tesserae = await ours(name, x)
  if (threads > 1) {
    // one after the other, since a peer's waiting threads would take the cores
    await race({ 'one thread': tesserae })
    await init({ threads })
    await race({ tesserae })
    await race({ 'onnxruntime-web': await onnx(name, x) })
  } else await race({ tesserae, 'onnxruntime-web': await onnx(name, x) })
  const used = capabilities()
  await init({ threads: 1 })
  return {
    model: name,
    node: process.versions.node,
    images: batch,
    threads: used.threads,
    'tesserae ms': round(best.tesserae),
    'onnxruntime-web ms': round(best['onnxruntime-web']),
    'times faster': round(best['onnxruntime-web'] / best.tesserae),
    ...(threads > 1 && { 'times one thread': round(best['one thread'] / best.tesserae) }),
    'GFLOP/s': round(((gflop * batch) / best.tesserae) * 1000),
    'largest difference from PyTorch': difference.toExponential(1),
    'relaxed SIMD': used.relaxedSimd,
  }
}

async function ours(name, x) {
  const model = await VisionTransformer.fromCheckpoint(join(folder, `${name}.safetensors`))
  return () => model.forward(x).data
}

async function onnx(name, x) {
  const ort = await import('onnxruntime-web')
  ort.env.wasm.numThreads = threads
  const session = await ort.InferenceSession.create(readFileSync(join(folder, `${name}.onnx`)))
  // the model was exported for one image at a time
  const [, ...shape] = x.shape
  const size = x.data.length / batch
  const inputs = Array.from({ length: batch }, (_, i) => {
    return new ort.Tensor('float32', x.data.slice(i * size, (i + 1) * size), [1, ...shape])
  })
  return async () => {
    const all = []
    for (const x of inputs) all.push(...(await session.run({ x })).logits.data)
    return all
  }
}

function round(value) {
  return Number(value.toPrecision(3))
}
