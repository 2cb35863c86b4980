/**
 * How long a fresh process takes from its start to the first logits of a model in a file, and the most memory it has then, beside
 * onnxruntime-web, and onnxruntime-node where it is installed here (`npm i --no-save onnxruntime-node`). Run after a build, with the
 * models of vit.mjs: `node test/bench/first-logits.mjs MODELS [--json]`. Every process reads the input from a file, too.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, engine: { type: 'string' } },
})
const [folder = '.', only] = positionals
const rounds = 7

/** What each engine does from the start of its process to the logits. */
const engines = {
  async tesserae(file, x) {
    const { VisionTransformer } = await import('../../dist/nn/index.js')
    const { default: ndarray } = await import('ndarray')
    const model = await VisionTransformer.fromCheckpoint(`${file}.safetensors`)
    return model.forward(ndarray(x, [1, 3, 224, 224])).data
  },
  async 'onnxruntime-web'(file, x) {
    const ort = await import('onnxruntime-web')
    ort.env.wasm.numThreads = 1
    const session = await ort.InferenceSession.create(readFileSync(`${file}.onnx`))
    return (await session.run({ x: new ort.Tensor('float32', x, [1, 3, 224, 224]) })).logits.data
  },
  async 'onnxruntime-node'(file, x) {
    const { default: ort } = await import('onnxruntime-node')
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1 }
    const session = await ort.InferenceSession.create(`${file}.onnx`, options)
    return (await session.run({ x: new ort.Tensor('float32', x, [1, 3, 224, 224]) })).logits.data
  },
}

if (values.engine) await once(values.engine, join(folder, only))
else {
  const results = ['vit_ti16', 'vit_b16']
    .filter((name) => existsSync(join(folder, `${name}.onnx`)))
    .map(compare)
  if (results.length === 0) console.error(`no models in ${folder}, skipped`)
  if (values.json) console.log(JSON.stringify(results))
  else console.table(results)
}

/** In a process of its own: one forward, and what it took. */
async function once(engine, file) {
  const x = inputOf(`${file}_reference.safetensors`)
  const logits = await engines[engine](file, x)
  const ms = performance.now()
  const peak = process.resourceUsage().maxRSS / 1024
  if (logits.length !== 1000 || !logits.every(Number.isFinite)) throw new Error(`${engine}: no logits`)
  console.log(JSON.stringify({ ms, peak }))
  process.exit(0) // a peer may keep the process alive
}

/** The float32 tensor x of a safetensors file, without any library. */
function inputOf(path) {
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const [start, end] = JSON.parse(bytes.subarray(8, 8 + length).toString()).x.data_offsets
  const from = bytes.byteOffset + 8 + length
  return new Float32Array(bytes.buffer.slice(from + start, from + end))
}

/** Best times of fresh processes, in turns. */
function compare(name) {
  const best = {}
  const peak = {}
  for (let round = 0; round < rounds; round++) {
    for (const engine of Object.keys(engines)) {
      if (round > 0 && best[engine] === undefined) continue
      const args = [fileURLToPath(import.meta.url), folder, name, '--engine', engine]
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      if (status !== 0) {
        console.error(
          stderr.includes('ERR_MODULE_NOT_FOUND') ? `${engine} is not installed, skipped` : stderr,
        )
        continue
      }
      const took = JSON.parse(stdout.trim().split('\n').at(-1))
      best[engine] = Math.min(best[engine] ?? Infinity, took.ms)
      peak[engine] = Math.max(peak[engine] ?? 0, took.peak)
    }
  }
  const measured = Object.keys(best)
  return {
    model: name,
    node: process.versions.node,
    ...Object.fromEntries(measured.map((engine) => [`${engine} ms`, Math.round(best[engine])])),
    ...Object.fromEntries(measured.map((engine) => [`${engine} peak MB`, Math.round(peak[engine])])),
  }
}
