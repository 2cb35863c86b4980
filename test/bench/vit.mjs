/**
 * Whole Vision Transformers beside onnxruntime-web: the same parameters and input in both, batch 1, one thread.
 * The models are made by a script that needs PyTorch: a folder with NAME.onnx, NAME.safetensors and NAME_reference.safetensors
 * (input x, PyTorch's logits) for `vit_ti16` and `vit_b16`. Run after a build: `node test/bench/vit.mjs FOLDER [--json]`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readSafetensors } from '../../dist/checkpoint/index.js'
import { capabilities } from '../../dist/index.js'
import { VisionTransformer } from '../../dist/nn/index.js'

/** Multiplications and additions of one image, in 10⁹. */
const models = { vit_ti16: 2.5, vit_b16: 35.1 }

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
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
  const { x, logits } = readSafetensors(readFileSync(join(folder, `${name}_reference.safetensors`)))
  const contestants = { tesserae: await ours(name, x), 'onnxruntime-web': await onnx(name, x) }
  const times = Object.fromEntries(Object.keys(contestants).map((engine) => [engine, []]))
  for (let round = 0; round < (gflop > 10 ? 6 : 25); round++) {
    for (const [engine, run] of Object.entries(contestants)) {
      const start = performance.now()
      const got = await run()
      times[engine].push(performance.now() - start)
      const error = got.reduce((most, value, i) => Math.max(most, Math.abs(value - logits.data[i])), 0)
      if (!(error < 1e-3)) throw new Error(`${engine}: logits of ${name} differ by ${error}`)
    }
  }
  const best = Object.fromEntries(Object.entries(times).map(([engine, all]) => [engine, Math.min(...all)]))
  const got = await contestants.tesserae()
  return {
    model: name,
    node: process.versions.node,
    'tesserae ms': round(best.tesserae),
    'onnxruntime-web ms': round(best['onnxruntime-web']),
    'times faster': round(best['onnxruntime-web'] / best.tesserae),
    'GFLOP/s': round((gflop / best.tesserae) * 1000),
    'largest difference from PyTorch': got
      .reduce((most, v, i) => Math.max(most, Math.abs(v - logits.data[i])), 0)
      .toExponential(1),
    'relaxed SIMD': capabilities().relaxedSimd,
  }
}

async function ours(name, x) {
  const model = await VisionTransformer.fromCheckpoint(join(folder, `${name}.safetensors`))
  return () => model.forward(x).data
}

async function onnx(name, x) {
  const ort = await import('onnxruntime-web')
  ort.env.wasm.numThreads = 1
  const session = await ort.InferenceSession.create(readFileSync(join(folder, `${name}.onnx`)))
  const input = new ort.Tensor('float32', x.data, x.shape)
  return async () => (await session.run({ x: input })).logits.data
}

function round(value) {
  return Number(value.toPrecision(3))
}
