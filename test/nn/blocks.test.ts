/** Parts of blocks against their definitions, written out in plain loops. */
import ndarray, { type NdArray } from 'ndarray'
import { rearrange } from 'tesserae'
import {
  Attention,
  Conv2d,
  EncoderBlock,
  GatedMlp,
  Linear,
  type Mlp,
  Module,
  PatchDropout,
  PatchEmbed,
  ResPostBlock,
  SwiGLU,
  VisionTransformer,
} from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, type FloatArray, mean, valuesOf, variance, waves } from './arrays.ts'

const silu = (x: number) => x / (1 + Math.exp(-x))

/** Two arrays combined element by element. */
function combined(a: FloatArray, b: FloatArray, f: (a: number, b: number) => number): FloatArray {
  const others = valuesOf(b)
  return ndarray(
    Float32Array.from(valuesOf(a), (value, i) => f(value, others[i]!)),
    [...a.shape],
  )
}

describe('GatedMlp', () => {
  const x = waves([2, 3, 4])

  test('multiplies the second half of fc1 by the activated first half', () => {
    const mlp = new GatedMlp(4, { hiddenFeatures: 6 })
    const halves = mlp.fc1.forward(x)
    const hidden = combined(halves.hi(2, 3, 3), halves.lo(0, 0, 3), (gate, value) => silu(gate) * value)
    expect(distance(valuesOf(mlp.forward(x)), valuesOf(mlp.fc2.forward(hidden)))).toBeLessThan(1e-6)
  })

  test('with gateLast multiplies the first half by the activated second half', () => {
    const mlp = new GatedMlp(4, { hiddenFeatures: 6, gateLast: true, activation: 'relu' })
    const halves = mlp.fc1.forward(x)
    const hidden = combined(
      halves.hi(2, 3, 3),
      halves.lo(0, 0, 3),
      (value, gate) => Math.max(gate, 0) * value,
    )
    expect(distance(valuesOf(mlp.forward(x)), valuesOf(mlp.fc2.forward(hidden)))).toBeLessThan(1e-6)
  })

  test('refuses a width that has no halves', () => {
    expect(() => new GatedMlp(4, { hiddenFeatures: 5 })).toThrow(
      'GatedMlp: hiddenFeatures is not even — got 5',
    )
  })

  test('and SwiGLU are one computation with the weight in one or in two parts', () => {
    const [packed, apart] = [new GatedMlp(4, { hiddenFeatures: 10 }), new SwiGLU(4, { hiddenFeatures: 5 })]
    const { 'fc1.weight': weight, 'fc1.bias': bias, ...fc2 } = packed.stateDict()
    apart.loadStateDict({
      ...fc2,
      'fc1_g.weight': weight!.hi(5, 4),
      'fc1_x.weight': weight!.lo(5, 0),
      'fc1_g.bias': bias!.hi(5),
      'fc1_x.bias': bias!.lo(5),
    })
    expect(distance(valuesOf(apart.forward(x)), valuesOf(packed.forward(x)))).toBeLessThan(1e-6)
  })
})

describe('a block with a layer of yours', () => {
  test('says that it gives another shape, also one that would broadcast', () => {
    class Other extends Module {
      override forward(x: NdArray<Float32Array>): NdArray<Float32Array> {
        return rearrange(x.hi(1, 1, x.shape[2]!), '1 1 c -> c')
      }
    }
    const block = new EncoderBlock(8, { numHeads: 2 })
    Object.assign(block, { mlp: new Other() })
    expect(() => block.forward(waves([2, 3, 8]))).toThrow(
      'EncoderBlock: what is added to the tokens has another shape than they have — got [8], expected [2, 3, 8]',
    )
  })
})

describe('ResPostBlock', () => {
  test('adds norm1(attention(x)), then norm2(mlp(y))', () => {
    const block = new ResPostBlock(8, { numHeads: 2 })
    const x = waves([2, 3, 8])
    const y = combined(x, block.norm1.forward(block.attn.forward(x)), (a, b) => a + b)
    const expected = combined(y, block.norm2.forward(block.mlp.forward(y)), (a, b) => a + b)
    expect(distance(valuesOf(block.forward(x)), valuesOf(expected))).toBeLessThan(1e-5)
  })

  test('with initValues begins with norms that scale by them', () => {
    const block = new ResPostBlock(8, { numHeads: 2, initValues: 0 })
    const x = waves([2, 3, 8])
    expect(valuesOf(block.forward(x))).toEqual(valuesOf(x))
  })

  test('is what a VisionTransformer with blockFn is made of', () => {
    const model = new VisionTransformer({ depth: 2, embedDim: 12, numHeads: 2, blockFn: 'ResPostBlock' })
    expect(model.blocks.every((block) => block instanceof ResPostBlock)).toBe(true)
  })
})

describe('Attention', () => {
  test('without a projection gives the merged heads', () => {
    const [bare, whole] = [new Attention(6, { numHeads: 1, proj: false }), new Attention(6, { numHeads: 1 })]
    whole.loadStateDict({
      ...bare.stateDict(),
      'proj.weight': ndarray(
        Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : 0)),
        [6, 6],
      ),
      'proj.bias': ndarray(new Float32Array(6)),
    })
    const x = waves([1, 4, 6])
    expect(Object.keys(bare.stateDict())).toEqual(['qkv.weight'])
    expect(distance(valuesOf(bare.forward(x)), valuesOf(whole.forward(x)))).toBeLessThan(1e-6)
    expect(() => new Attention(6, { numHeads: 1, headDim: 4, proj: false })).toThrow('got 4, expected 6')
  })

  test('of heads that do not divide the width is refused with both numbers', () => {
    expect(() => new Attention(100, { numHeads: 8 })).toThrow('got 8 heads of dim 100')
  })
})

describe('PatchEmbed', () => {
  test('gives its tokens in every order of axes', () => {
    const x = waves([2, 3, 8, 12])
    const options = { imgSize: [8, 12] as const, patchSize: 4, embedDim: 5, seed: 1 }
    const rows = new PatchEmbed(options).forward(x)
    const grid = new PatchEmbed({ ...options, outputFmt: 'NHWC' }).forward(x)
    const channels = new PatchEmbed({ ...options, flatten: false }).forward(x)
    const columns = new PatchEmbed({ ...options, outputFmt: 'NCL' }).forward(x)
    expect([rows, grid, channels, columns].map(({ shape }) => shape.join())).toEqual([
      '2,6,5',
      '2,2,3,5',
      '2,5,2,3',
      '2,5,6',
    ])
    const value = rows.get(1, 4, 2)
    expect([grid.get(1, 1, 1, 2), channels.get(1, 2, 1, 1), columns.get(1, 2, 4)]).toEqual([
      value,
      value,
      value,
    ])
  })

  test('as a convolution leaves out what fills no patch, as a Linear refuses it', () => {
    const options = { imgSize: null, patchSize: 4, inChans: 1, embedDim: 2, seed: 1 }
    const x = waves([1, 1, 11, 6])
    const conv = new PatchEmbed({ ...options, projection: 'conv' })
    expect(valuesOf(conv.forward(x))).toEqual(valuesOf(conv.forward(x.hi(1, 1, 8, 4))))
    expect(() => new PatchEmbed(options).forward(x)).toThrow(/11[\s\S]*4/)
    // where patches are normalised first, too, and where padding leaves something over
    const normed = new PatchEmbed({ ...options, projection: 'conv', patchNorm: true })
    expect(valuesOf(normed.forward(x))).toEqual(valuesOf(normed.forward(x.hi(1, 1, 8, 4))))
    for (const projection of ['conv', 'linear'] as const) {
      for (const patchNorm of [false, true]) {
        const padded = new PatchEmbed({ ...options, projection, patchNorm, padding: 1 })
        expect(padded.forward(waves([1, 1, 8, 8])).shape).toEqual([1, 4, 2])
      }
    }
  })

  test('with dynamicImgPad fills the last patches up with zeros', () => {
    const embed = new PatchEmbed({
      imgSize: null,
      patchSize: 4,
      inChans: 1,
      embedDim: 2,
      dynamicImgPad: true,
    })
    const x = waves([1, 1, 5, 4])
    const padded = ndarray(new Float32Array(32), [1, 1, 8, 4])
    for (let i = 0; i < 5; i++) for (let j = 0; j < 4; j++) padded.set(0, 0, i, j, x.get(0, 0, i, j))
    expect(valuesOf(embed.forward(x))).toEqual(valuesOf(embed.forward(padded)))
  })

  test('refuses other channels and other axes with both numbers', () => {
    const embed = new PatchEmbed({ imgSize: 8, patchSize: 4, embedDim: 2 })
    expect(() => embed.forward(waves([1, 4, 8, 8]))).toThrow(/axis 1 .* got 4, expected 3 \(inChans\)/)
    expect(() => embed.forward(waves([3, 8, 8]))).toThrow('got 3, expected 4: [b, c, h, w]')
  })
})

describe('PatchDropout', () => {
  test('refuses fewer tokens than always stay', () => {
    const drop = new PatchDropout({ p: 0.5, numPrefixTokens: 5, seed: 1 }).train()
    expect(() => drop.forward(waves([1, 3, 4]))).toThrow(
      'no patches are left beside the prefix — got 3 tokens',
    )
  })

  test('keeps the class token and a share of the patches, other ones in each sample', () => {
    const x = ndarray(
      Float32Array.from({ length: 2 * 21 }, (_, i) => i % 21),
      [2, 21, 1],
    )
    const drop = new PatchDropout({ p: 0.75, numPrefixTokens: 1, seed: 1 })
    expect(valuesOf(drop.forward(x))).toEqual(valuesOf(x))
    const y = drop.train().forward(x)
    expect(y.shape).toEqual([2, 6, 1])
    const samples = [0, 1].map((b) => valuesOf(y.pick(b, null, null)))
    for (const sample of samples) {
      expect(sample[0]).toBe(0)
      expect(new Set(sample).size).toBe(6)
    }
    expect(samples[0]).not.toEqual(samples[1])
  })
})

describe('weightInit', () => {
  const options = { imgSize: 32, patchSize: 8, embedDim: 96, depth: 2, numHeads: 3, numClasses: 10 }
  const parts = (model: VisionTransformer) => {
    const { attn, mlp } = model.blocks[1] as EncoderBlock
    return { qkv: attn.qkv, fc1: (mlp as Mlp).fc1, head: model.stateDict() }
  }

  test("'jax' draws by Xavier, with a head of zeros", () => {
    const { qkv, fc1, head } = parts(new VisionTransformer({ ...options, weightInit: 'jax' }))
    expect(Math.max(...qkv.weight.data)).toBeCloseTo(Math.sqrt(6 / (4 * 96)), 3)
    expect(Math.max(...fc1.bias!.data)).toBeLessThan(1e-5)
    expect(variance(fc1.bias!.data)).toBeGreaterThan(0)
    expect(valuesOf(head['head.weight']!).every((value) => value === 0)).toBe(true)
    expect(variance(head['patch_embed.proj.weight']!.data) * 192).toBeCloseTo(1, 1)
  })

  test("'jax_nlhb' finds every class as likely as one of all at random", () => {
    const model = new VisionTransformer({ ...options, weightInit: 'jax_nlhb' })
    const logits = valuesOf(model.forward(waves([1, 3, 32, 32])))
    expect(distance(logits, Array(10).fill(-Math.log(10)))).toBeLessThan(1e-6)
  })

  test("'moco' draws queries, keys and values as three maps", () => {
    const { qkv, fc1 } = parts(new VisionTransformer({ ...options, weightInit: 'moco' }))
    expect(Math.max(...qkv.weight.data)).toBeCloseTo(Math.sqrt(6 / (2 * 96)), 3)
    expect(Math.max(...fc1.weight.data)).toBeCloseTo(Math.sqrt(6 / (5 * 96)), 3)
  })

  test('fixInit divides the last maps of block i by √(2 (i + 1))', () => {
    const deviation = (fixInit: boolean, block: number) => {
      const { mlp } = new VisionTransformer({ ...options, fixInit }).blocks[block]!
      expect(Math.abs(mean(mlp.fc2.weight.data))).toBeLessThan(1e-3)
      return Math.sqrt(variance(mlp.fc2.weight.data))
    }
    expect(deviation(false, 1)).toBeCloseTo(0.02, 3)
    expect(deviation(true, 1)).toBeCloseTo(0.02 / 2, 3)
    expect(deviation(true, 0)).toBeCloseTo(0.02 / Math.SQRT2, 3)
  })
})

describe('a layer of an impossible size is refused when it is made:', () => {
  const cases: [name: string, make: () => unknown, message: string][] = [
    ['Linear(-1, 3)', () => new Linear(-1, 3), 'Linear: inFeatures is no length — got -1'],
    ['Linear(2, 1.5)', () => new Linear(2, 1.5), 'Linear: outFeatures is no length — got 1.5'],
    ['a kernel of 0', () => new Conv2d(1, 1, { kernelSize: 0 }), "Conv2d: bad option 'kernelSize' — got 0"],
    [
      'a stride of 0',
      () => new Conv2d(1, 1, { kernelSize: 1, stride: [1, 0] }),
      "bad option 'stride' — got [1, 0]",
    ],
    [
      'padding of −1',
      () => new Conv2d(1, 1, { kernelSize: 1, padding: -1 }),
      "got -1, expected 'same' or 'valid' or a whole number from 0",
    ],
    ['patches of 0', () => new PatchEmbed({ patchSize: [4, 0] }), "bad option 'patchSize' — got [4, 0]"],
    [
      'no heads',
      () => new Attention(8, { numHeads: 0 }),
      "bad option 'numHeads' — got 0, expected a whole number from 1",
    ],
  ]
  for (const [name, make, message] of cases) test(name, () => expect(make).toThrow(message))
})
