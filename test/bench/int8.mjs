/**
 * Models in eight bits beside the same in float32 and beside onnxruntime-web's dynamic int8 of the same parameters, one picture, one thread, in turns in one process.
 * Run after a build: `node test/bench/int8.mjs [--json] [--models vit_b16,vit_ti16]`.
 */
import { parseArgs } from 'node:util'
import ndarray from 'ndarray'
import { capabilities } from '../../dist/index.js'
import { manualSeed, quantize, VisionTransformer } from '../../dist/nn/index.js'
import { vitModel } from './onnx-vit.mjs'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, models: { type: 'string' } } })
const shapes = {
  vit_b16: { embedDim: 768, depth: 12, numHeads: 12, rounds: 7 },
  vit_ti16: { embedDim: 192, depth: 12, numHeads: 3, rounds: 40 },
}
/** Goals: times the speed of float32, and part of the peer's time; those of `int8` are of Node 20, which has no faster way. */
const int8 = (...goal) => (capabilities().relaxedSimd ? undefined : goal)
const goals = {
  vit_b16: { int8: int8(1.45, 1), 'int8, 16-bit panels': int8(1.6, 0.82), 'int8-fast': [1.7, 0.65] },
  vit_ti16: { int8: [null, 0.8], 'int8, 16-bit panels': [null, 0.8], 'int8-fast': [null, 0.8] },
}

const results = []
for (const name of (values.models ?? 'vit_b16,vit_ti16').split(','))
  results.push(await measure(name, shapes[name]))
if (values.json) console.log(JSON.stringify(results))
else {
  console.log(`Node ${process.versions.node}, ${JSON.stringify(capabilities().tiles)}`)
  for (const { model, times } of results) {
    console.log(`${model}: ms of one picture, best (median)`)
    for (const [who, { best, median, faster, ofPeer, rms }] of Object.entries(times)) {
      const beside =
        who === 'float32'
          ? ''
          : `, ${faster.toFixed(2)} × float32, ${ofPeer.toFixed(2)} of onnxruntime-web's time, logits ${(100 * rms).toFixed(1)} % from float32`
      console.log(
        `  ${who.padEnd(22)} ${best.toFixed(1).padStart(7)} (${median.toFixed(1)})${beside}${verdict(model, who, faster, ofPeer)}`,
      )
    }
  }
}

function verdict(model, who, faster, ofPeer) {
  const [least, most] = goals[model]?.[who] ?? []
  if (least === undefined) return ''
  const met = (least === null || faster >= least) && ofPeer <= most
  return `   ${met ? 'met' : 'MISSED'}: ${least === null ? '' : `≥ ${least}, `}≤ ${most}`
}

async function measure(model, { rounds, ...options }) {
  manualSeed(1)
  const float32 = new VisionTransformer(options)
  const dict = float32.stateDict()
  const coded = (how) => {
    const own = VisionTransformer.fromStateDict(dict, { numHeads: options.numHeads })
    quantize(own, how)
    return own
  }
  const x = ndarray(
    Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.011)),
    [1, 3, 224, 224],
  )
  const ours = {
    float32,
    int8: coded({ panels: 8 }),
    'int8, 16-bit panels': coded({ panels: 16 }),
    ...(capabilities().relaxedSimd && { 'int8-fast': coded({ precision: 'int8-fast' }) }),
  }
  const contestants = Object.fromEntries(
    Object.entries(ours).map(([who, own]) => [who, () => own.forward(x).data]),
  )
  contestants['onnxruntime-web int8'] = await peer(
    vitModel(dict, { ...options, heads: options.numHeads, isDynamic: true }),
    x,
  )
  const all = Object.fromEntries(Object.keys(contestants).map((who) => [who, []]))
  const answers = {}
  for (let round = 0; round < rounds + 2; round++) {
    for (const [who, run] of Object.entries(contestants)) {
      const started = performance.now()
      const got = await run()
      if (round >= 2) all[who].push(performance.now() - started)
      answers[who] ??= Float32Array.from(got)
    }
  }
  const best = (who) => Math.min(...all[who])
  const times = Object.fromEntries(
    Object.keys(all).map((who) => [
      who,
      {
        best: best(who),
        median: all[who].sort((a, b) => a - b)[Math.floor(rounds / 2)],
        faster: best('float32') / best(who),
        ofPeer: best(who) / best('onnxruntime-web int8'),
        rms: distance(answers[who], answers.float32),
      },
    ]),
  )
  return { model, node: process.versions.node, times }
}

async function peer(file, x) {
  const ort = await import('onnxruntime-web')
  ort.env.wasm.numThreads = 1
  const session = await ort.InferenceSession.create(file)
  const input = new ort.Tensor('float32', x.data, x.shape)
  return async () => (await session.run({ x: input })).logits.data
}

function distance(got, want) {
  let [difference, all] = [0, 0]
  for (let i = 0; i < want.length; i++) {
    difference += (got[i] - want[i]) ** 2
    all += want[i] ** 2
  }
  return Math.sqrt(difference / all)
}
