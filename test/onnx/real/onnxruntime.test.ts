/** Models of every kind and functions of every operation as files, run by onnxruntime, natively and in WebAssembly. */
import type { Data, NdArray } from 'ndarray'
import { toDims } from 'tesserae/adapters'
import { type Module, VisionTransformer, type VisionTransformerOptions } from 'tesserae/nn'
import { toOnnx } from 'tesserae/onnx'
import { describe, expect, test } from 'vitest'
import { cases } from '../../program/models.ts'
import { functions } from '../functions.ts'
import { numbers } from '../numbers.ts'
import { readOnnx } from '../read.ts'
import { difference, differenceOf, native, webAssembly } from './compare.ts'

const runtimes = [native, webAssembly]
const forms = [
  { attention: 'plain', opset: 17 },
  { attention: 'fused', opset: 17 },
  { attention: 'plain', opset: 20 },
  { attention: 'fused', opset: 23 },
] as const

describe('models of every kind of block', () => {
  for (const [name, [make, shape]] of Object.entries(cases)) {
    test(name, async () => {
      const model = make()
      for (const form of forms)
        expect(await differenceOf(native, model, { shape, ...form })).toBeLessThan(4e-6)
      expect(await differenceOf(webAssembly, model, { shape })).toBeLessThan(4e-6)
    })
  }
})

const small = { imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 10 }
const pools = ['token', 'avg', 'max', 'avgmax', 'token+avg', 'map', ''] as const
const positions: Readonly<Record<string, VisionTransformerOptions>> = {
  learned: {},
  'sines and cosines': { posEmbed: 'sincos', classToken: false, globalPool: 'avg' },
  none: { posEmbed: 'none' },
  rotary: { rotary: true, posEmbed: 'none' },
  'rotary, in halves': { rotary: { rotateHalf: true, normalizeCoords: true } },
  'rotary, mixed': { rotary: { mixed: true } },
  'relative, a table': { relPos: 'bias' },
  'relative, an MLP': { relPos: 'mlp', regTokens: 1 },
  'not of the class token': { noEmbedClass: true, regTokens: 2 },
  resampled: { dynamicImgSize: true },
}

describe('a Vision Transformer', () => {
  const close = async (model: Module, shape: readonly number[]) => {
    for (const form of forms) expect(await differenceOf(native, model, { shape, ...form })).toBeLessThan(4e-6)
  }
  for (const globalPool of pools) {
    for (const classToken of globalPool.startsWith('token') ? [true] : [true, false]) {
      test(`pools by '${globalPool}', ${classToken ? 'with' : 'without'} a class token`, async () => {
        await close(new VisionTransformer({ ...small, globalPool, classToken }), [1, 3, 32, 32])
      })
    }
  }
  for (const [name, options] of Object.entries(positions)) {
    test(`positions: ${name}`, async () => {
      await close(new VisionTransformer({ ...small, ...options }), [1, 3, name === 'resampled' ? 48 : 32, 32])
    })
  }
})

describe('functions of arrays', () => {
  for (const [name, { f, shapes, dtypes = [] }] of Object.entries(functions)) {
    test(name, async () => {
      const inputs = shapes.map((shape, i) => numbers(shape, i + 1, dtypes[i]))
      const want = toDims(f(...inputs))
      const file = toOnnx(f, { shapes, dtypes })
      for (const { InferenceSession, Tensor } of runtimes) {
        const session = await InferenceSession.create(file, { logSeverityLevel: 3 })
        const feeds = inputs.map((x, i) => [
          inputs.length === 1 ? 'x' : `x${i + 1}`,
          new Tensor((dtypes[i] ?? 'float32').replace('bigint', 'int') as 'float32', x.data, x.shape),
        ])
        const { y } = await session.run(Object.fromEntries(feeds))
        expect(y!.dims).toEqual(want.dims)
        const elements = (data: unknown) => Float32Array.from(data as ArrayLike<number>, Number)
        const [got, wanted] = [elements(y!.data), elements(want.data)]
        const isOne = wanted.every((value) => value === wanted[0])
        if (isOne) for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 4)
        else expect(difference(got, wanted)).toBeLessThan(4e-6)
      }
    })
  }
})

describe('eight bits', () => {
  const model = new VisionTransformer(small)
  const x: NdArray<Data> = numbers([3, 3, 32, 32])

  test('both runtimes compute with the weights that the codes say', async () => {
    const file = toOnnx(model, { precision: 'int8' })
    const { initializers } = readOnnx(file)
    const dict = model.stateDict()
    for (const [name, tensor] of Object.entries(dict)) {
      const codes = initializers.get(name)!
      if (codes.type !== 3) continue
      const scales = initializers.get(`${name}_scale`)!.values
      const width = codes.values.length / scales.length
      const values = tensor.data as Float32Array
      for (const [i, code] of codes.values.entries()) values[i] = code * scales[Math.floor(i / width)]!
    }
    const rounded = new VisionTransformer(small)
    rounded.loadStateDict(dict)
    const want = rounded.forward(x as NdArray<Float32Array>)
    for (const { InferenceSession, Tensor } of runtimes) {
      const session = await InferenceSession.create(file, { logSeverityLevel: 3 })
      const { y } = await session.run({ x: new Tensor('float32', x.data as Float32Array, x.shape) })
      expect(difference(y!.data as Float32Array, want.data)).toBeLessThan(4e-6)
    }
  })
})
