/**
 * Training: forward, backward and AdamW of document 1's digit ViT (width 100, 4 layers, 64 digits) and of ViT-Ti/16 (8 pictures), beside the forward of the same
 * batch, the digits' also beside tfjs-wasm and jax-js and, where `python3` has torch, PyTorch on one thread. Taken in turns, the best of several. `--threads 2` for
 * more threads, `--no-peers` for none of the others.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import ndarray from 'ndarray'
import { init } from '../../dist/index.js'
import { manualSeed, VisionTransformer, ViT } from '../../dist/nn/index.js'
import { adamw, crossEntropy, valueAndGradients } from '../../dist/train/index.js'
import { findTrainingPeers } from './train-peers.mjs'

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, threads: { type: 'string' }, 'no-peers': { type: 'boolean' } },
})
if (values.threads) await init({ threads: Number(values.threads) })
manualSeed(1)
const pictures = (shape) =>
  ndarray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 0.37)),
    shape,
  )
const digitOptions = {
  imageSize: 28,
  inChannels: 1,
  embedDim: 100,
  patchSize: 7,
  numHeads: 4,
  numEncoders: 4,
}
const cases = [
  {
    name: 'digits, 64',
    model: new ViT({ ...digitOptions, numClasses: 10, expansion: 4 }),
    x: pictures([64, 1, 28, 28]),
    times: 12,
    torch: `m=M(28,1,100,7,4,4,10,400)\nx=torch.rand(64,1,28,28);k=10;n=12`,
  },
  {
    name: 'ViT-Ti/16, 8',
    model: new VisionTransformer({ imgSize: 224, patchSize: 16, embedDim: 192, depth: 12, numHeads: 3 }),
    x: pictures([8, 3, 224, 224]),
    times: 4,
    torch: `m=M(224,3,192,16,12,3,1000,768)\nx=torch.rand(8,3,224,224);k=1000;n=4`,
  },
]
/** The goals of a step: multiples of the forward of the same batch, and of PyTorch; and what others take in multiples of it. */
const goals = { forward: 3.3, torch: [1.6, 1.9], 'tfjs-wasm': 12, 'jax-js': 5 }
/** Rounds in which others take their turn, which are slow. */
const rounds = 3
const peers = values['no-peers'] ? new Map() : await findTrainingPeers()

const model = `
import time, torch
from torch import nn
torch.set_num_threads(${values.threads ?? 1})
class M(nn.Module):
    def __init__(s, size, c, d, p, depth, heads, classes, hidden):
        super().__init__()
        s.patch = nn.Conv2d(c, d, p, p)
        s.cls = nn.Parameter(torch.randn(1, 1, d))
        s.pos = nn.Parameter(torch.randn(1, (size // p) ** 2 + 1, d))
        layer = nn.TransformerEncoderLayer(d, heads, hidden, 0.0, 'gelu', batch_first=True, norm_first=True)
        s.enc = nn.TransformerEncoder(layer, depth)
        s.head = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, classes))
    def forward(s, x):
        x = s.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([s.cls.expand(len(x), -1, -1), x], 1) + s.pos
        return s.head(s.enc(x)[:, 0])
`
const loop = `
y = torch.arange(len(x)) % k
o = torch.optim.AdamW(m.parameters(), lr=1e-4)
best = 1e9
for _ in range(n):
    t = time.perf_counter()
    o.zero_grad()
    nn.functional.cross_entropy(m(x), y).backward()
    o.step()
    best = min(best, time.perf_counter() - t)
print(best * 1000)
`

function torchStep(code) {
  if (values['no-peers']) return null
  const { stdout, status } = spawnSync(
    process.env.PYTHON ?? 'python3',
    ['-c', `${model}\n${code}\n${loop}`],
    {
      encoding: 'utf8',
    },
  )
  return status === 0 ? Number(stdout) : null
}

const rows = cases.map(({ name, model, x, times, torch }, i) => {
  const labels = Array.from({ length: x.shape[0] }, (_, i) => i)
  const optimizer = adamw(model, { lr: 1e-4 })
  const others = i === 0 ? [...peers] : []
  const best = Object.fromEntries(
    ['forward', 'step', ...others.map(([name]) => name)].map((name) => [name, Number.POSITIVE_INFINITY]),
  )
  let out
  const timed = (what, f) => {
    const start = performance.now()
    f()
    best[what] = Math.min(best[what], performance.now() - start)
  }
  for (let n = 0; n < times; n++) {
    timed('forward', () => model.forward(x))
    timed('step', () => {
      const classes = labels.map((label) => label % 10)
      // as `fit` does: a step writes to the arrays of the one before
      const { gradients } = valueAndGradients(model, () => crossEntropy(model.forward(x), classes), { out })
      optimizer.step(gradients)
      out = gradients
    })
    for (const [name, step] of n < rounds ? others : []) timed(name, step)
  }
  return { name, ...best, torch: torchStep(torch), goal: goals.torch[i] }
})

if (values.json) console.log(JSON.stringify(rows))
else {
  for (const { name, forward, step, torch, goal, ...others } of rows) {
    const ratio = (step / forward).toFixed(2)
    console.log(
      `train ${name}: forward ${forward.toFixed(1)} ms, step ${step.toFixed(1)} ms, ${ratio} forwards (goal ${goals.forward})`,
    )
    for (const peer of peers.keys()) {
      if (others[peer] === undefined) continue
      console.log(
        `  ${peer} ${others[peer].toFixed(0)} ms: ${(others[peer] / step).toFixed(1)} steps (goal ${goals[peer]})`,
      )
    }
    if (torch !== null)
      console.log(`  PyTorch ${torch.toFixed(1)} ms: ${(step / torch).toFixed(2)} times (goal ${goal})`)
  }
}
process.exit() // threads would keep it alive
