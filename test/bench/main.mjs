/**
 * `npm run bench -- [calls] [rearrange] [convert] [mixed] [reduce] [product] [twins] [cliffs] [pictures] [folders] [--json] [--no-peers]`: the language beside
 * hand-written JavaScript and other libraries, on the built package. Each goal is a ratio within one run; `mixed` repeats
 * the copies after the program has used other dtypes and ranks, as real programs have. Both compare with einops on NumPy where
 * `python3`, or what the environment variable PYTHON names, has them. `product` (matrix products beside
 * their ceiling and onnxruntime-web) and `twins` (products on views beside contiguous ones) and `train` (steps of learning beside forwards and PyTorch) run in processes of their own;
 * so do `int8` (models in eight bits beside onnxruntime-web's), `pictures` and `folders` (decoding photographs, and the command on many of them; of a folder with `--pictures DIR`), and `vit` (whole models), `onnx` (their files in onnxruntime), `first` (fresh processes to their first logits) and `features` (pictures to features), which need
 * `--models DIR` and `--pictures DIR`, as vit.mjs, first-logits.mjs and features.mjs say, and `digits` (a whole run of learning), which needs `--mnist DIR` with MNIST's test files.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import ndarray from 'ndarray'
import { rearrange, reduce } from '../../dist/index.js'
import { conversions } from './convert-cases.mjs'
import { againstEinops, findEinops } from './einops.mjs'
import { findPeers, prepare } from './peers.mjs'
import { cases } from './rearrange-cases.mjs'
import { data, patterns, goal as reduceGoal, reductions, shape } from './reduce-cases.mjs'
import { compete } from './timing.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    ...{ json: { type: 'boolean' }, 'no-peers': { type: 'boolean' } },
    ...{ models: { type: 'string' }, pictures: { type: 'string' }, mnist: { type: 'string' } },
  },
})
const { models, pictures, mnist } = values
const suites = {
  ...{ calls, rearrange: copies, convert, mixed, reduce: reductionsOfAllAxes },
  ...{ product: () => apart('product.mjs'), twins: () => apart('einsum-twins.mjs') },
  train: () => apart('train.mjs'),
  cliffs: () => apart('cliffs.mjs'),
  int8: () => apart('int8.mjs'),
  pictures: () => apart('pictures.mjs', ...(pictures ? [pictures] : [])),
  folders: () => apart('folders.mjs', ...(pictures ? [pictures] : [])),
  ...(models && {
    vit: () => apart('vit.mjs', models),
    onnx: () => apart('onnx.mjs', models),
    first: () => apart('first-logits.mjs', models),
  }),
  ...(mnist && { digits: () => apart('digits.mjs', mnist) }),
  ...(models && pictures && { features: () => apart('features.mjs', pictures, models) }),
}
const chosen = positionals.length > 0 ? positionals : Object.keys(suites)
const peers = values['no-peers'] ? new Map() : await findPeers()
const einops = !values['no-peers'] && findEinops()
const rows = []
for (const name of chosen) {
  if (!Object.hasOwn(suites, name)) {
    console.error(`no suite '${name}'; there are ${Object.keys(suites).join(', ')}`)
    process.exit(1)
  }
  suites[name]()
}
if (values.json) console.log(JSON.stringify(rows, null, 1))

/** Runs another benchmark as a process, so that no suite sees what another has made V8 optimise. */
function apart(script, ...folders) {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [file, ...folders, ...(values.json ? ['--json'] : [])],
    // the package finds sharp, its optional peer, where the others stand
    {
      encoding: 'utf8',
      env: { ...process.env, NODE_PATH: fileURLToPath(new URL('node_modules', import.meta.url)) },
    },
  )
  if (status !== 0) console.error(stderr)
  if (values.json) rows.push({ suite: script, output: stdout })
  else console.log(stdout)
}

/** One line of the report: times in milliseconds, and what the goals say about them. */
function report(suite, name, times, goals) {
  rows.push({ suite, name, times, goals })
  if (values.json) return
  const shown = Object.entries(times).map(
    ([who, { best, median }]) => `${who} ${digits(best)} (${digits(median)})`,
  )
  console.log(`${suite}: ${name}\n  ms, best (median): ${shown.join(', ')}`)
  for (const { what, value, goal, met } of goals) {
    const verdict = goal === null ? '      ' : met ? 'met   ' : 'MISSED'
    console.log(`  ${verdict} ${what}: ${value.toFixed(2)}, ${goal === null ? 'no goal' : `goal ${goal}`}`)
  }
}

function digits(milliseconds) {
  return milliseconds.toPrecision(3)
}

function atLeast(what, value, goal) {
  return { what, value, goal: `>= ${goal}`, met: value >= goal }
}

function atMost(what, value, goal) {
  return { what, value, goal: `<= ${goal}`, met: value <= goal }
}

/** A call whose pattern and shape are known and whose result is a view. */
function calls() {
  const x = ndarray(new Float32Array(8 * 3 * 32 * 32), [8, 3, 32, 32])
  const many = (job) => () => {
    for (let i = 0; i < 10_000; i++) job()
  }
  const times = compete({
    tesserae: many(() => rearrange(x, 'b c (h h2) w -> b h h2 w c', { h2: 16 })),
    'ndarray, the constructor alone': many(() =>
      ndarray(x.data, [8, 2, 16, 32, 3], [3072, 512, 32, 1, 1024], 0),
    ),
  })
  report('calls', '10,000 views by a known pattern', times, [
    atMost('microseconds a call', times.tesserae.best / 10, 1),
  ])
}

function copies(suite = 'rearrange') {
  for (const one of cases) {
    const x = ndarray(one.data, one.shape)
    const ours = () => rearrange(x, one.pattern, one.lengths, { copy: 'always' })
    check(one, ours().data)
    const contestants = {
      tesserae: ours,
      'hand-written': () => one.loop(one.data),
      'plain copy': () => one.data.slice(),
    }
    const times = compete(contestants)
    const goals = []
    const aim = (name, goal, ratio) => goals.push(atLeast(`times as fast as ${name}`, ratio, goal))
    if (one.goal !== undefined)
      aim('hand-written', one.goal, times['hand-written'].best / times.tesserae.best)
    for (const [name, peer] of peers) {
      const job = prepare(name, peer, one)
      if (job === null) continue
      // each by itself: after 300 ms of one peer nothing of the others would be left in the caches
      const pair = compete({ tesserae: ours, [name]: job }, { milliseconds: 200 })
      times[name] = pair[name]
      const ratio = pair[name].best / pair.tesserae.best
      if (name === 'ndarray-ops') aim(name, 3, ratio)
      else if (one.name.startsWith('patches') && name !== 'jax-js') aim(name, 10, ratio)
    }
    if (einops && one.einops !== undefined) {
      Object.assign(times, againstEinops(one, ours))
      const ratio = times['tesserae after it'].best / times['einops on NumPy'].best
      const what = 'times as long as einops on NumPy'
      goals.push(one.einops === null ? { what, value: ratio, goal: null } : atMost(what, ratio, one.einops))
    }
    report(suite, one.name, times, goals)
  }
}

/** Copies into another dtype: one call, the two passes that it takes the place of, and a plain copy of the result. */
function convert() {
  for (const { name, x, pattern, dtype, goal } of conversions) {
    const ours = () => rearrange(x, pattern, {}, { dtype })
    const { data, shape } = ours()
    const twoPasses = () =>
      rearrange(ndarray(Float32Array.from(x.data), x.shape), pattern, {}, { copy: 'always' })
    const want = twoPasses()
    if (String(shape) !== String(want.shape)) throw new Error(`${name}: shape ${shape}`)
    for (let i = 0; i < data.length; i++)
      if (data[i] !== want.data[i]) throw new Error(`${name}: element ${i}`)
    const times = compete({
      tesserae: ours,
      'two passes': twoPasses,
      'plain copy of the result': () => data.slice(),
    })
    const ratio = times.tesserae.best / times['plain copy of the result'].best
    report('convert', name, times, [atMost('times as long as a plain copy of the result', ratio, goal)])
  }
}

function check({ name, data, loop }, got) {
  const want = loop(data)
  for (let i = 0; i < want.length; i++) {
    if (got[i] !== want[i]) throw new Error(`${name}: element ${i} is ${got[i]}, expected ${want[i]}`)
  }
}

/** The copies once more, when every loop has met every dtype and many ranks. */
function mixed() {
  const kinds = [
    Int8Array,
    Uint8Array,
    Int16Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    Array,
  ]
  const axes = ['a', 'b', 'c', 'd', 'e', 'f']
  for (let round = 0; round < 200; round++) {
    for (const Kind of kinds) {
      for (let rank = 1; rank <= 6; rank++) {
        const names = axes.slice(0, rank)
        const x = ndarray(
          Kind === Array ? new Array(4 ** rank).fill(1) : new Kind(4 ** rank),
          names.map(() => 4),
        )
        rearrange(x, `${names.join(' ')} -> (${names.toReversed().join(' ')})`, {}, { copy: 'always' })
      }
    }
  }
  copies('mixed')
}

function reductionsOfAllAxes() {
  const x = ndarray(data, shape)
  for (const pattern of patterns) {
    const jobs = Object.fromEntries(
      reductions.map((reduction) => [reduction, () => reduce(x, pattern, reduction)]),
    )
    const times = compete({ ...jobs, 'plain copy': () => data.slice() }, { milliseconds: 150 })
    const goals = reductions.map((reduction) =>
      atMost(
        `copies that a ${reduction} takes`,
        times[reduction].best / times['plain copy'].best,
        reduceGoal,
      ),
    )
    report('reduce', `${pattern} of [${shape.join(', ')}]`, times, goals)
  }
}
