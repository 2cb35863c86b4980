/**
 * Files that `toOnnx` writes beside the graphs that PyTorch's exporter makes of the same models, in onnxruntime, natively and in WebAssembly, on one thread:
 * NAME.onnx and NAME.safetensors in a folder. Medians of the ratios of pairs, each pair in any order.
 *
 *     npm ci --prefix test/onnx/real --ignore-scripts && npm run bench -- onnx --models FOLDER
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { VisionTransformer } from '../../dist/nn/index.js'
import { toOnnx } from '../../dist/onnx/index.js'

const [folder, ...others] = process.argv.slice(2)
const names = others.filter((name) => !name.startsWith('--'))
const require = createRequire(new URL('../onnx/real/package.json', import.meta.url))
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

for (const name of names.length > 0 ? names : ['vit_ti16', 'vit_b16']) {
  const files = ['onnx', 'safetensors'].map((ending) => join(folder, `${name}.${ending}`))
  if (!files.every(existsSync)) {
    console.error(`${name}: no ${files.join(' or no ')}, skipped`)
    continue
  }
  const model = await VisionTransformer.fromCheckpoint(files[1], { eps: 1e-6 })
  const started = performance.now()
  const file = toOnnx(model)
  const took = Math.round(performance.now() - started)
  model.dispose()
  console.log(`${name}: ${(file.length / 1e6).toFixed(1)} MB written in ${took} ms (goal 2000)`)
  for (const runtime of ['onnxruntime-node', 'onnxruntime-web']) {
    const ort = require(runtime)
    if (ort.env.wasm) ort.env.wasm.numThreads = 1
    // both packages register what they run with in one place, and would run with what came first
    const executionProviders = [runtime === 'onnxruntime-web' ? 'wasm' : 'cpu']
    const options = { logSeverityLevel: 3, intraOpNumThreads: 1, executionProviders }
    const contestants = {
      ours: await ort.InferenceSession.create(file, options),
      exported: await ort.InferenceSession.create(readFileSync(files[0]), options),
    }
    const x = new ort.Tensor('float32', new Float32Array(3 * 224 * 224).fill(0.3), [1, 3, 224, 224])
    const times = { ours: [], exported: [] }
    const end = performance.now() + 8000
    for (let round = 0; round < 12 || performance.now() < end; round++) {
      const order = Object.keys(contestants)
      if (Math.random() < 0.5) order.reverse()
      for (const who of order) {
        const before = performance.now()
        await contestants[who].run({ x })
        if (round > 1) times[who].push(performance.now() - before)
      }
    }
    const ratio = median(times.ours.map((time, i) => time / times.exported[i]))
    const [ours, exported] = [median(times.ours), median(times.exported)].map((time) => time.toFixed(1))
    console.log(
      `  ${ratio <= 1.05 ? 'met   ' : 'MISSED'} ${runtime}: ${ours} ms beside ${exported} ms, ratio of pairs ${ratio.toFixed(3)}, goal 1.05`,
    )
  }
}
