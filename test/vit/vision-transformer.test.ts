/** VisionTransformer: options, checkpoints, and the real ViT-Tiny where its weights are at hand. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ndarray from 'ndarray'
import { convertNames, type Naming, writeSafetensors } from 'tesserae/checkpoint'
import { attentionRollout, VisionTransformer, type VisionTransformerOptions } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, type FloatArray, randn } from '../documents/arrays.ts'

const small = { imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 7 } as const
const x = randn([2, 3, 32, 32])

describe('VisionTransformer', () => {
  const model = new VisionTransformer(small)

  test('gives logits, tokens, and one attention map a layer whose rows sum to 1', () => {
    expect(model.forward(x).shape).toEqual([2, 7])
    expect(model.forwardFeatures(x).shape).toEqual([2, 17, 48])
    const maps = model.attentionMaps(x)
    expect(maps.map(({ shape }) => shape)).toEqual([
      [2, 3, 17, 17],
      [2, 3, 17, 17],
    ])
    for (const map of maps) {
      const row = Array.from({ length: 17 }, (_, m) => map.get(1, 2, 16, m)).reduce(
        (sum, value) => sum + value,
        0,
      )
      expect(row).toBeCloseTo(1, 5)
    }
    const flow = attentionRollout(maps)
    const total = Array.from({ length: 17 }, (_, m) => flow.get(1, 0, m)).reduce(
      (sum, value) => sum + value,
      0,
    )
    expect(total).toBeCloseTo(1, 5)
  })

  test('without classes gives the pooled token, without pooling all tokens', () => {
    const features = new VisionTransformer({ ...small, numClasses: 0 }).forward(x)
    expect(features.shape).toEqual([2, 48])
    // one token of each picture, side by side, so that `data` is what the shape says
    expect([features.stride, features.offset, features.data.length]).toEqual([[48, 1], 0, 96])
    expect(new VisionTransformer({ ...small, globalPool: '' }).forward(x).shape).toEqual([2, 17, 7])
  })

  test('with dynamic size takes other images, without it refuses them', () => {
    const dynamic = new VisionTransformer({ ...small, dynamicImgSize: true })
    expect(dynamic.forwardFeatures(randn([1, 3, 48, 40])).shape).toEqual([1, 1 + 6 * 5, 48])
    expect(() => model.forward(randn([1, 3, 48, 40]))).toThrow(
      "Input image size (48*40) doesn't match model (32*32).",
    )
  })

  test('refuses to pool by a class token that it has not', () => {
    expect(() => new VisionTransformer({ ...small, classToken: false })).toThrow(/globalPool 'token'/)
  })

  test('gives the same on a transposed and on a contiguous image', () => {
    const nhwc = ndarray(new Float32Array(x.size), [2, 32, 32, 3]).transpose(0, 3, 1, 2) as FloatArray
    for (let i = 0; i < 2; i++)
      for (let c = 0; c < 3; c++)
        for (let h = 0; h < 32; h++) for (let w = 0; w < 32; w++) nhwc.set(i, c, h, w, x.get(i, c, h, w))
    expect(distance(model.forward(nhwc), model.forward(x))).toBeLessThan(1e-6)
  })
})

describe('positions that are made for a grid', () => {
  const options = { ...small, dynamicImgSize: true, init: 'xavier-normal' } as const
  test.each<VisionTransformerOptions>([
    { posEmbed: 'sincos' },
    { rotary: true, posEmbed: 'none' },
    { rotary: { rotateHalf: true } },
  ])('%j: images of two sizes in turns get the same answers as at first', (positions) => {
    const model = new VisionTransformer({ ...options, ...positions })
    const [square, tall] = [randn([1, 3, 32, 32]), randn([2, 3, 48, 32])]
    const first = [model.forward(square), model.forward(tall)] as const
    for (const [image, expected] of [
      [square, first[0]],
      [square, first[0]],
      [tall, first[1]],
      [square, first[0]],
    ] as const) {
      expect(distance(model.forward(image), expected)).toBe(0)
    }
    const twin = new VisionTransformer({ ...options, ...positions })
    twin.loadStateDict(model.stateDict())
    expect(distance(twin.forward(tall), first[1])).toBe(0)
  })
})

describe('VisionTransformer.fromCheckpoint', () => {
  const variants: Record<string, VisionTransformerOptions> = {
    plain: small,
    registers: { ...small, regTokens: 4, noEmbedClass: true, initValues: 0.1 },
    'mean pooling': { ...small, globalPool: 'avg', classToken: false },
    'pre-norm and qk-norm': { ...small, preNorm: true, qkNorm: true, qkvBias: false, eps: 1e-5 },
    'attention pooling': { ...small, globalPool: 'map', classToken: false },
    'scale norms': { ...small, scaleAttnNorm: true, scaleMlpNorm: true },
    'no head, oblong patches': { ...small, numClasses: 0, patchSize: [8, 4], imgSize: [32, 16] },
  }
  for (const [name, options] of Object.entries(variants)) {
    test(`reads the hyper-parameters off the shapes: ${name}`, async () => {
      const model = new VisionTransformer(options)
      const bytes = writeSafetensors(model.stateDict())
      const copy = await VisionTransformer.fromCheckpoint(bytes, { numHeads: 3 })
      const [h, w] = model.patchEmbed.imgSize!
      const image = randn([1, 3, h, w])
      expect(distance(copy.forward(image), model.forward(image))).toBe(0)
    })
  }

  test('reads a Blob and a state dict, and every naming scheme', async () => {
    const model = new VisionTransformer(small)
    const dict = model.stateDict()
    const expected = model.forward(x)
    const fromBlob = await VisionTransformer.fromCheckpoint(new Blob([writeSafetensors(dict)]), {
      numHeads: 3,
    })
    expect(distance(fromBlob.forward(x), expected)).toBe(0)
    for (const to of ['timm', 'huggingface', 'torch'] as const) {
      const named = convertNames(dict, { from: 'timm', to })
      const copy = await VisionTransformer.fromCheckpoint(named, { numHeads: 3, eps: 1e-6 })
      expect(distance(copy.forward(x), expected), to).toBe(0)
    }
  })

  test('says what it had to guess', async () => {
    const model = await VisionTransformer.fromCheckpoint(
      new VisionTransformer({ ...small, embedDim: 128, numHeads: 2 }).stateDict(),
    )
    expect(model.guesses).toEqual([
      "numHeads is 2: 64 features a head, as timm's models have",
      "eps is 0.000001, as in timm's models",
    ])
    const told = await VisionTransformer.fromCheckpoint(new VisionTransformer(small).stateDict(), {
      numHeads: 3,
      eps: 1e-6,
    })
    expect(told.guesses).toEqual([])
  })

  test('believes the metadata of a file about heads and eps, an option more', async () => {
    const model = new VisionTransformer({ ...small, eps: 1e-3 })
    const metadata = { config: JSON.stringify({ num_attention_heads: 3, layer_norm_eps: 1e-3 }) }
    const bytes = writeSafetensors(model.stateDict(), metadata)
    const copy = await VisionTransformer.fromCheckpoint(bytes, { numHeads: undefined })
    expect(copy.guesses).toEqual([])
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
    const other = await VisionTransformer.fromCheckpoint(bytes, { numHeads: 4 })
    expect(other.blocks[0]!.attn.numHeads).toBe(4)
  })

  const vitPytorch: VisionTransformerOptions = {
    ...{ ...small, patchNorm: true, qkvBias: false },
    ...{ embedNormLayer: 'layernorm', projection: 'linear' },
  }
  const foreign: Record<string, readonly [Naming, VisionTransformerOptions]> = {
    "the giant DINOv2's gated MLP": [
      'huggingface',
      { ...small, initValues: 1, mlpLayer: 'SwiGLUPacked', actLayer: 'silu', regTokens: 2, numClasses: 0 },
    ],
    'a vit-pytorch ViT of one head without a projection': [
      'vit-pytorch',
      { ...vitPytorch, numHeads: 1, attnProj: false },
    ],
    'a vit-pytorch ViT that pools by the mean': [
      'vit-pytorch',
      { ...vitPytorch, classToken: false, globalPool: 'avg', fcNorm: false },
    ],
  }
  for (const [name, [to, options]] of Object.entries(foreign)) {
    test(`reads ${name}, and gives its parameters back exactly`, async () => {
      const model = new VisionTransformer({ ...options, eps: 1e-6 })
      // DINOv2 has no positions of registers
      if (options.regTokens) model.posEmbed!.data.fill(0, small.embedDim, 3 * small.embedDim)
      const dict = convertNames(model.stateDict(), { from: 'timm', to })
      const copy = await VisionTransformer.fromCheckpoint(dict, { numHeads: options.numHeads, eps: 1e-6 })
      expect(distance(copy.forward(x), model.forward(x))).toBe(0)
      const back = convertNames(copy.stateDict(), { from: 'timm', to })
      expect(Object.keys(back).sort()).toEqual(Object.keys(dict).sort())
      for (const [key, array] of Object.entries(dict)) {
        expect(distance(back[key] as FloatArray, array as FloatArray), key).toBe(0)
      }
    })
  }

  test('refuses what is no Vision Transformer, and heads that it cannot see', async () => {
    await expect(VisionTransformer.fromCheckpoint({ foo: ndarray(new Float32Array(1)) })).rejects.toThrow(
      /the names are of no known scheme — got 'foo'/,
    )
    await expect(VisionTransformer.fromCheckpoint(new VisionTransformer(small).stateDict())).rejects.toThrow(
      /the number of heads is not to be seen: 48 features/,
    )
  })
})

const data = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const weights = join(data, 'weights/vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors')

describe.skipIf(!existsSync(weights))('the real ViT-Tiny (skipped where ../shared/data is missing)', () => {
  test('gives the reference logits of two photographs within 1e-3', async () => {
    const model = await VisionTransformer.fromCheckpoint(weights)
    for (const [name, answer] of [
      ['chelsea', 285],
      ['coffee', 967],
    ] as const) {
      const image = readNpy(join(data, `weights/reference/${name}_input_1x3x224x224_f32.npy`))
      const expected = readNpy(join(data, `weights/reference/${name}_logits_1x1000_f32.npy`))
      const logits = model.forward(image)
      expect(distance(logits, expected)).toBeLessThan(1e-3)
      expect(logits.data.indexOf(Math.max(...logits.data))).toBe(answer)
    }
  })
})

/** A float32 array of NumPy's format, version 1. */
function readNpy(path: string): FloatArray {
  const bytes = readFileSync(path)
  const start = 10 + bytes.readUInt16LE(8)
  const shape = /'shape': \(([^)]*)\)/.exec(bytes.toString('latin1', 10, start))![1]!
  const values = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length),
  )
  return ndarray(
    values,
    shape
      .split(',')
      .filter((part) => part.trim() !== '')
      .map(Number),
  )
}
