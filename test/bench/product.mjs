/**
 * The product kernel beside the fastest that this engine can multiply and add at all, and beside onnxruntime-web where it is installed:
 * `node test/bench/product.mjs [--threads 2] [--json]`. The kernel is taken from the sources, on operands in linear memory; the ceiling is a loop that only
 * multiplies and adds, with as many independent sums as fit in registers, compiled by the same compiler.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import asc from 'assemblyscript/asc'
import { build } from 'tsdown'
import { matmulModel } from './onnx-model.mjs'

const { values } = parseArgs({
  options: { threads: { type: 'string' }, json: { type: 'boolean' }, 'no-peers': { type: 'boolean' } },
})

/** M × K × N; the first five are those of the goals. */
const shapes = [
  [197, 768, 768],
  [197, 768, 3072],
  [197, 3072, 768],
  [1576, 768, 768],
  [1024, 1024, 1024],
  [197, 192, 576],
  [197, 192, 768],
  [197, 768, 192],
  [197, 64, 197],
  [197, 197, 64],
  [5000, 64, 64],
  [1, 768, 1000],
]
const goals = 5

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'product-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
await build({
  ...{
    config: false,
    cwd: root,
    outDir: folder,
    clean: false,
    dts: false,
    logLevel: 'silent',
    platform: 'node',
    format: 'esm',
    fixedExtension: false,
  },
  entry: { kernel: 'test/bench/kernel.ts', worker: 'src/wasm/worker.ts' },
})
const { capabilities, getHeap, init, ProductEngine } = await import(join(folder, 'kernel.js'))
const ort = values['no-peers'] ? null : await import('onnxruntime-web').catch(() => null)
if (ort) ort.env.wasm.numThreads = Number(values.threads ?? 1)
if (values.threads) await init({ threads: Number(values.threads) })

const { memory, engine } = getHeap()
const { relaxedSimd, threads } = capabilities()
const jobs = [...(await ceilings()), ...(await Promise.all(shapes.map(products))).flat()]
const best = new Map()
for (let round = 0; round < 12; round++) {
  for (const { name, flops, run } of jobs) {
    const start = performance.now()
    await run()
    const rate = flops / (performance.now() - start) / 1e6
    best.set(name, Math.max(best.get(name) ?? 0, rate))
  }
}
report()

/** Loops of k steps over n sums that stay in registers. */
async function ceilings() {
  const loop = (n) => {
    const each = (f) => Array.from({ length: n }, (_, i) => f(i)).join('\n')
    const step = (i) =>
      relaxedSimd ? `c${i} = f32x4.relaxed_madd(c${i}, a, b)` : `c${i} = f32x4.add(f32x4.mul(c${i}, a), b)`
    return `export function loop${n}(p: usize, k: i32): void {
      const a = v128.load(p), b = v128.load(p, 16)
      ${each((i) => `let c${i} = v128.load(p, ${32 + 16 * i})`)}
      do { ${each(step)}; k-- } while (k > 0)
      ${each((i) => `v128.store(p, c${i}, ${32 + 16 * i})`)}
    }`
  }
  const counts = [8, 10, 12]
  let bytes
  await asc.main(
    [
      'loops.ts',
      '-o',
      'loops.wasm',
      '--runtime',
      'stub',
      '-O3',
      '--noAssert',
      '--initialMemory',
      '1',
      '--enable',
      'simd',
      ...(relaxedSimd ? ['--enable', 'relaxed-simd'] : []),
    ],
    {
      readFile: (name) => (name === 'loops.ts' ? counts.map(loop).join('\n') : null),
      writeFile(name, contents) {
        if (name.endsWith('.wasm')) bytes = contents
      },
    },
  )
  const { exports } = (await WebAssembly.instantiate(bytes, {})).instance
  const k = 200_000
  return counts.map((n) => ({ name: `${n} sums`, flops: 8 * n * k, run: () => exports[`loop${n}`](1024, k) }))
}

async function products([m, k, n]) {
  const block = (floats, value) => {
    const pointer = memory.allocate(4 * floats)
    memory.floats(pointer, floats).forEach((_, i, data) => {
      data[i] = value(i)
    })
    return pointer
  }
  const matrix = (origin, rows, columns, strides = [columns, 1]) => ({
    origin,
    rows: { lengths: [rows], strides: [strides[0]] },
    columns: { lengths: [columns], strides: [strides[1]] },
  })
  const a = matrix(block(m * k, Math.sin), m, k)
  const weight = matrix(block(k * n, Math.cos), k, n, [1, k]) // as layers have it, [n, k]
  const target = matrix(memory.allocate(4 * m * n), m, n)
  const panels = memory.allocate(ProductEngine.packedBytes(k, n))
  engine.packColumns(weight, k, n, panels)
  const times = Math.max(1, Math.round(1e8 / (m * k * n)))
  const job = (name, run) => ({
    name: `${m}×${k}×${n} ${name}`,
    flops: 2 * m * k * n * times,
    async run() {
      for (let i = 0; i < times; i++) await run()
    },
  })
  const contestants = [
    job('packed', () => engine.multiply({ m, n, k, a, b: { panels }, target })),
    job('packing', () => engine.multiply({ m, n, k, a, b: weight, target })),
  ]
  if (ort) {
    const b = Float32Array.from({ length: k * n }, (_, i) => Math.cos(i))
    const session = await ort.InferenceSession.create(matmulModel(m, k, n, b))
    const input = new ort.Tensor(
      'float32',
      Float32Array.from({ length: m * k }, (_, i) => Math.sin(i)),
      [m, k],
    )
    contestants.push(job('onnxruntime-web', () => session.run({ a: input })))
  }
  return contestants
}

function report() {
  const ceiling = Math.max(...[8, 10, 12].map((n) => best.get(`${n} sums`))) * threads
  const rows = shapes.map(([m, k, n]) => {
    const rate = (name) => best.get(`${m}×${k}×${n} ${name}`)
    const peer = rate('onnxruntime-web')
    return {
      'M×K×N': `${m}×${k}×${n}`,
      'packed GFLOP/s': round(rate('packed')),
      'of the ceiling': round(rate('packed') / ceiling),
      'packing in the call': round(rate('packing')),
      ...(peer && { 'onnxruntime-web': round(peer), 'times faster': round(rate('packed') / peer) }),
    }
  })
  const mean = (column) =>
    round(Math.exp(rows.slice(0, goals).reduce((sum, row) => sum + Math.log(row[column]), 0) / goals))
  const summary = {
    node: process.versions.node,
    ...{ relaxedSimd, threads },
    'ceiling GFLOP/s, one thread': Object.fromEntries(
      [8, 10, 12].map((n) => [`${n} sums`, round(best.get(`${n} sums`))]),
    ),
    'first five, of the ceiling': mean('of the ceiling'),
    ...(ort && { 'first five, times as fast as onnxruntime-web': mean('times faster') }),
  }
  if (values.json) console.log(JSON.stringify({ ...summary, rows }))
  else {
    console.table(rows)
    console.log(summary)
  }
}

function round(value) {
  return Number(value.toPrecision(3))
}
