/** Kernels of training against their plain references, and with several threads: the bits of a run do not depend on how many there are. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ndarray from 'ndarray'
import { Dropout, EncoderBlock, LayerNorm, Linear, manualSeed, Sequential, Softmax } from 'tesserae/nn'
import { adamw, mse, valueAndGradients } from 'tesserae/train'
import { build } from 'tsdown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newChanges, slopeOfAttention } from '../../src/gemm/attention-slope.ts'
import { slopeOfAttentionInHeap } from '../../src/gemm/attention-slope-heap.ts'
import { permute } from '../../src/layout/layout.ts'
import { stepAdamW, stepPlainly } from '../../src/rows/adamw.ts'
import { scope } from '../../src/wasm/arena.ts'
import { current, getHeap } from '../../src/wasm/heap.ts'
import { resultTensor } from '../../src/wasm/result.ts'
import { init } from '../../src/wasm/threads.ts'
import { elements } from '../gemm/elements.ts'

const folder = mkdtempSync(join(tmpdir(), 'training-'))
const worker = pathToFileURL(join(folder, 'worker.js'))

beforeAll(async () => {
  await build({
    ...{ config: false, cwd: fileURLToPath(new URL('../..', import.meta.url)), outDir: folder },
    ...{ clean: false, dts: false, logLevel: 'silent' as const, entry: { worker: 'src/wasm/worker.ts' } },
    ...{ platform: 'neutral' as const, format: 'esm' as const, fixedExtension: false },
  })
})

afterAll(async () => {
  await init({ threads: 1 })
  rmSync(folder, { recursive: true })
})

function numbers(size: number, seed: number): Float32Array {
  let state = seed * 2654435761
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** [...batch, n, d] as views of one array [...outer, n, 4, h, d], as a layer's are. */
function heads(shape: readonly number[]) {
  const size = 4 * shape.reduce((a, b) => a * b, 1)
  const rank = shape.length - 3
  if (rank < 0) {
    const [n, d] = shape as [number, number]
    const data = numbers(size, 3)
    return [0, 1, 2, 3].map((i) => ({ data, shape, stride: [4 * d, 1], offset: i * d, n }))
  }
  const [h, n, d] = shape.slice(-3) as [number, number, number]
  const stride: number[] = [n * 4 * h * d, 4 * h * d, h * d, d, 1]
  const outer = shape.slice(0, rank)
  const strides = outer.map((_, i) => outer.slice(i + 1).reduce((a, b) => a * b, 1) * stride[0]!)
  const data = numbers(size, 3)
  return [0, 1, 2, 3].map((i) => ({
    data,
    ...permute(
      {
        shape: [...outer, n, h, d],
        stride: [...strides, stride[1]!, stride[3]!, 1],
        offset: i * stride[2]!,
      },
      [...outer.keys(), rank + 1, rank, rank + 2],
    ),
  }))
}

const shapes = [
  [5, 3],
  [2, 1, 8],
  [2, 3, 17, 25],
  [1, 2, 1, 4],
  [2, 2, 2, 9, 5],
  [1, 2, 203, 8],
  [1, 1, 3, 800],
  [1, 1, 801, 3],
]

test.each(shapes.map((shape) => [shape]))("attention's slope of [%s] is its plain reference's", (shape) => {
  const [q, k, v, g] = heads(shape)
  const scale = 0.4
  const expected = newChanges(shape, (all) => resultTensor(all))
  slopeOfAttention({ q: q!, k: k!, v: v!, g: g!, result: expected, scale })
  let got: number[] = []
  scope(() => {
    const result = newChanges(shape, resultTensor)
    slopeOfAttentionInHeap(getHeap()!, { q: q!, k: k!, v: v!, g: g!, result, scale })
    got = elements({ ...result, data: current(result.data) }) as number[]
    return result
  })
  const wanted = elements(expected) as number[]
  const largest = Math.max(...wanted.map(Math.abs), 1)
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!))) / largest).toBeLessThan(2e-5)
})

test.each([1, 3, 8, 1000, 8192, 8193, 20_001])(
  'a step of AdamW on %d numbers is the plain one, beyond them nothing is written',
  (size) => {
    const arrays = (seed: number) => {
      const all = [0, 1, 2, 3].map((i) => numbers(size + 2, seed + i))
      all[3] = all[3]!.map((x) => x * x)
      return all
    }
    const factors = { mean: 0.1, square: 0.001, size: 0.01, root: 3, eps: 1e-8, decay: 0.003 }
    const [all, same] = [arrays(5), arrays(5)]
    const inside = (list: Float32Array[]) => {
      const [values, gradient, mean, square] = list.map((array) => array.subarray(1, size + 1))
      return { values: values!, gradient: gradient!, mean: mean!, square: square! }
    }
    for (let step = 0; step < 3; step++) {
      stepAdamW(inside(all), factors)
      stepPlainly(inside(same), factors)
    }
    for (const [i, array] of all.entries()) {
      expect(Math.max(...array.map((value, j) => Math.abs(value - same[i]![j]!)))).toBeLessThan(1e-6)
      expect([array[0], array[size + 1]]).toEqual([same[i]![0], same[i]![size + 1]])
    }
  },
)

describe('with several threads', () => {
  test('three steps of a model give the bits that one thread gives', async () => {
    const run = () => {
      manualSeed(4)
      const model = new Sequential(
        new Linear(40, 60),
        new Dropout({ p: 0.1 }),
        new EncoderBlock(60, { numHeads: 3, drop: 0.2, attnDrop: 0.1, dropPath: 0.1 }),
        new LayerNorm(60),
        new Softmax(),
      ).train()
      const x = ndarray(numbers(30 * 33 * 40, 1), [30, 33, 40])
      const target = ndarray(numbers(30 * 33 * 60, 2), [30, 33, 60])
      const optimizer = adamw(model, { lr: 1e-2 })
      const losses = [0, 1, 2].map(() => {
        const { value, gradients } = valueAndGradients(model, () => mse(model.forward(x), target))
        optimizer.step(gradients)
        return value
      })
      return { losses, parameters: [...model.parameters()].map((parameter) => parameter.copy()) }
    }
    const alone = run()
    for (const threads of [2, 3]) {
      expect((await init({ threads, worker })).threads).toBe(threads)
      expect(run()).toEqual(alone)
    }
    await init({ threads: 1 })
    expect(run()).toEqual(alone)
  })
})
