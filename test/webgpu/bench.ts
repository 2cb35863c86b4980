/**
 * What programs and their kernels take on a real card: `npm run bench --prefix test/webgpu -- products attention vit_ti16 vit_b16 vit_b16:8`. Each model beside the products it is made of, alone.
 * Prints one line of JSON for each figure.
 */
import ndarray from 'ndarray'
import { trace, VisionTransformer } from 'tesserae/nn'
import { type Card, type CardBuffer, gpu } from 'tesserae/webgpu'
import { attentionCode, tiles as attentionTiles, tileFits } from '../../src/webgpu/attention-code.ts'
import { usage } from '../../src/webgpu/card.ts'
import { lowered } from '../../src/webgpu/compiled.ts'
import { limitsOf } from '../../src/webgpu/device.ts'
import { pipelineFor } from '../../src/webgpu/pipelines.ts'
import { invocationsOf, productCode, sharedBytes, type Tile } from '../../src/webgpu/product.ts'
import type { KernelCode, Operand } from '../../src/webgpu/shader.ts'
import { description, missing, newDevice } from './card.ts'

const say = (figure: object) => console.log(JSON.stringify(figure))
const random = Float32Array.from({ length: 1 << 20 }, () => Math.random() - 0.5)

/** How often a model is run. */
const repetitions = Number(process.env['REPETITIONS'] ?? 30)
const round = (x: number) => Number(x.toPrecision(4))

/** Seconds that a kernel takes, of many runs one after the other. */
async function timed(device: Card, kernel: KernelCode, bytes: (buffer: number) => number): Promise<number> {
  const pipeline = await pipelineFor(device, kernel.code, kernel.label)
  const buffers = new Map<number, CardBuffer>()
  for (const id of kernel.buffers) {
    if (buffers.has(id)) continue
    const size = Math.max(16, bytes(id))
    const buffer = device.createBuffer({ size, usage: usage.storage | usage.copyTo }) as CardBuffer
    const values = random.subarray(0, Math.min(size / 4, 1 << 20))
    for (let at = 0; at < size; at += values.byteLength) {
      device.queue.writeBuffer(
        buffer as never,
        at,
        values as never,
        0,
        Math.min(values.length, (size - at) / 4),
      )
    }
    buffers.set(id, buffer)
  }
  const entries = kernel.buffers.map((id, binding) => ({ binding, resource: { buffer: buffers.get(id)! } }))
  const layout = pipeline.getBindGroupLayout(0)
  const group = device.createBindGroup({ layout, entries } as never)
  const submit = async (times: number) => {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline as never)
    pass.setBindGroup(0, group as never)
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(...kernel.workgroups)
    pass.end()
    const start = performance.now()
    device.queue.submit([encoder.finish() as never])
    await device.queue.onSubmittedWorkDone()
    return (performance.now() - start) / 1000
  }
  await submit(1) // and what was written before
  const first = (await submit(4)) / 4
  const times = Math.max(1, Math.min(1000, Math.round(0.03 / first)))
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 3; i++) best = Math.min(best, (await submit(times)) / times)
  for (const buffer of buffers.values()) buffer.destroy()
  return best
}

const candidates: readonly Tile[] = (
  [
    [128, 128, 16, 16, 1],
    [128, 64, 16, 16, 1],
    [64, 64, 16, 8, 1],
    [64, 64, 8, 8, 1],
    [64, 64, 16, 8, 2],
    [32, 64, 16, 8, 1],
    [32, 64, 16, 8, 2],
    [32, 64, 8, 8, 2],
    [32, 64, 8, 8, 4],
    [32, 64, 8, 8, 8],
    [32, 64, 16, 4, 2],
    [32, 32, 16, 8, 4],
    [32, 32, 8, 8, 8],
    [32, 32, 16, 4, 4],
    [16, 32, 16, 4, 4],
    [16, 32, 8, 4, 8],
    [16, 64, 16, 4, 2],
  ] as const
).map(([rows, columns, depth, rowsEach, split]) => ({ rows, columns, depth, rowsEach, split }))

async function products(device: Card) {
  const limits = limitsOf(device)
  const shapes = process.env['SHAPES']
    ? JSON.parse(process.env['SHAPES'])
    : [
        [197, 2304, 768],
        [197, 768, 768],
        [197, 3072, 768],
        [197, 768, 3072],
        [1576, 2304, 768],
        [1576, 768, 768],
        [1576, 768, 3072],
        [197, 576, 192],
        [197, 192, 768],
      ]
  for (const [m, n, k] of shapes) {
    const own = (buffer: number, stride: readonly number[]): Operand => ({
      buffer,
      type: 'f32',
      stride,
      offset: 0,
    })
    const [a, b, output] = [own(0, [k, 0, 1]), own(1, [0, 1, n]), own(2, [n, 1, 0])]
    const problem = { lengths: [m, n, k], batch: [], m: [0], n: [1], k: [2], a, b, output, finishes: [] }
    const rates: Record<string, number> = {}
    for (const tile of candidates) {
      if (sharedBytes(tile) > limits.shared || invocationsOf(tile) > limits.invocations) continue
      const bytes = (id: number) => 4 * [m * k, n * k, m * n][id]!
      const seconds = await timed(device, productCode(problem, tile), bytes)
      rates[Object.values(tile).join('x')] = round((2 * m * n * k) / seconds / 1e9)
    }
    const best = Object.entries(rates).sort(([, x], [, y]) => y - x)
    say({ product: [m, n, k], gflops: Object.fromEntries(best.slice(0, 6)), all: rates })
  }
}

async function attention(device: Card) {
  for (const [batch, n, d] of [
    [12, 197, 64],
    [96, 197, 64],
    [3, 197, 64],
  ] as const) {
    const own = (buffer: number, x: number, y: number): Operand => {
      const stride = [n * d, 0, 0, 0, 0]
      stride[x] = d
      stride[y] = 1
      return { buffer, type: 'f32', stride, offset: 0 }
    }
    for (const tile of attentionTiles) {
      if (!tileFits(tile, { d, e: d }, limitsOf(device))) continue
      const operands = {
        q: own(0, 1, 3),
        k: own(1, 2, 3),
        v: own(2, 2, 4),
        output: own(3, 1, 4),
        added: null,
      }
      const groups = { batch: [0], n: [1], m: [2], d: [3], e: [4] }
      const problem = { lengths: [batch, n, n, d, d], ...groups, ...operands, scale: 0.125, finishes: [] }
      const seconds = await timed(device, attentionCode(problem, tile), () => 4 * batch * n * d)
      say({
        attention: [batch, n, d],
        tile,
        us: round(seconds * 1e6),
        gflops: round((4 * batch * n * n * d) / seconds / 1e9),
      })
    }
  }
}

const models = { vit_ti16: [192, 3, 2.5], vit_b16: [768, 12, 35.1] } as const

async function whole(device: Card, name: keyof typeof models, batch: number) {
  const [embedDim, numHeads, gflop] = models[name]
  const model = new VisionTransformer({ embedDim, numHeads })
  const x = ndarray(Float32Array.from({ length: batch * 3 * 224 * 224 }, Math.random), [batch, 3, 224, 224])
  const program = trace(model, x.shape)
  const expected = process.env['CHECK'] === '0' ? null : model.forward(x)
  for (const precision of ['float32', 'float16'] as const) {
    const begin = performance.now()
    const run = await gpu(model, { device, precision })
    const y = await run.run(x)
    const first = performance.now() - begin
    const most = expected?.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0) ?? Number.NaN
    const off =
      expected?.data.reduce((most, v, i) => Math.max(most, Math.abs(v - y.data[i]!)), 0) ?? Number.NaN
    const input = await (await gpu((z) => z, [x.shape], { device })).runToGpu(x)
    const latency: number[] = []
    for (let i = 0; i < repetitions; i++) {
      const start = performance.now()
      await run.run(x)
      latency.push(performance.now() - start)
    }
    // one after the other without waiting, the input on the card
    let stream = Number.POSITIVE_INFINITY
    for (let turn = 0; turn < repetitions / 10; turn++) {
      const start = performance.now()
      for (let i = 0; i < repetitions; i++) (await run.runToGpu(input)).dispose()
      await device.queue.onSubmittedWorkDone()
      stream = Math.min(stream, (performance.now() - start) / repetitions)
    }
    latency.sort((a, b) => a - b)
    const { kernels, bytesOf, parts } = lowered(program, device, precision === 'float16')
    const bytes = (id: number) =>
      bytesOf.fixed.get(id) ??
      bytesOf.between.get(id) ??
      Math.ceil((parts.get(id)!.size * (precision === 'float16' ? 2 : 4)) / 16) * 16
    const known = new Map<string, number>()
    const byLabel: Record<string, number> = {}
    for (const kernel of kernels) {
      const own = known.get(kernel.code) ?? (await timed(device, kernel, bytes)) * 1000
      known.set(kernel.code, own)
      byLabel[kernel.label] = (byLabel[kernel.label] ?? 0) + own
    }
    const alone = byLabel['product']!
    say({
      ...{ model: name, batch, precision, kernels: kernels.length, distinct: known.size },
      ...{
        ms: round(stream),
        latency: round(latency[repetitions >> 1]!),
        best: round(latency[0]!),
        first: round(first),
      },
      ...{
        gflops: round(((gflop * batch) / stream) * 1),
        productsAlone: round(alone),
        ofProducts: round(alone / stream),
      },
      profile: Object.fromEntries(Object.entries(byLabel).map(([label, ms]) => [label, round(ms)])),
      ...{ memory: await run.memory(), off, most },
    })
    run.dispose()
    input.dispose()
  }
}

if (missing !== null) throw new Error(missing)
const device = await newDevice()
say({
  card: description,
  shared: limitsOf(device).shared,
  invocations: limitsOf(device).invocations,
  binding: limitsOf(device).binding,
})
for (const part of process.argv.slice(2)) {
  const [name, batch = '1'] = part.split(':') as [string, string?]
  if (name === 'products') await products(device)
  else if (name === 'attention') await attention(device)
  else await whole(device, name as keyof typeof models, Number(batch))
}
device.destroy()
process.exit(0)
