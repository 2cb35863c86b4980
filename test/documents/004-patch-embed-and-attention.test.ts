/** Document 4, "VIT中PatchEmbed、MultiHeadAttention代码详解": PatchEmbed in three forms, and Attention. */
import { einsum, rearrange } from 'tesserae'
import { Attention, Conv2d, LayerNorm, Linear, PatchEmbed, Rearrange, Sequential } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, type FloatArray, randn } from './arrays.ts'

const image = randn([1, 3, 224, 224])

describe('document 4, PatchEmbed', () => {
  test('[1, 3, 224, 224] becomes [1, 196, 768]', () => {
    const embed = new PatchEmbed({
      imgSize: 224,
      patchSize: 16,
      inChans: 3,
      embedDim: 768,
      projection: 'conv',
    })
    expect(embed.forward(image).shape).toEqual([1, 196, 768])
  })

  test('norm_layer normalises each token: mean 0 and variance 1 before its factors', () => {
    const embed = new PatchEmbed({
      imgSize: 32,
      patchSize: 8,
      embedDim: 64,
      norm: (dim) => new LayerNorm(dim),
    })
    const token = embed.forward(randn([1, 3, 32, 32])).pick(0, 5, null)
    const values = Array.from({ length: 64 }, (_, i) => token.get(i))
    const mean = values.reduce((sum, value) => sum + value, 0) / 64
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 64
    expect(mean).toBeCloseTo(0, 5)
    expect(variance).toBeCloseTo(1, 2)
    expect(Object.keys(embed.stateDict())).toEqual(['proj.weight', 'proj.bias', 'norm.weight', 'norm.bias'])
  })

  test('the message of the size check has the sizes of image and model', () => {
    const embed = new PatchEmbed({ imgSize: 224, patchSize: 16 })
    expect(() => embed.forward(randn([1, 3, 112, 224]))).toThrow(
      "Input image size (112*224) doesn't match model (224*224)",
    )
  })
})

describe('document 4, the short forms', () => {
  const linear = new Sequential({
    patch_embed_linear: new Sequential(
      new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 }),
      new Linear(16 * 16 * 3, 768),
    ),
  })
  const conv = new Sequential({
    patch_embed_conv: new Sequential(
      new Conv2d(3, 768, { kernelSize: 16, stride: 16 }),
      new Rearrange('b c h w -> b (h w) c'),
    ),
  })

  test('rearrange cuts [1, 3, 224, 224] into [1, 196, 768], h = w = 224 / 16 = 14', () => {
    const patches = rearrange(image, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
    expect(patches.shape).toEqual([1, 196, 768])
    expect(patches.get(0, 14 + 2, (3 * 16 + 5) * 3 + 1)).toBe(image.get(0, 1, 16 + 3, 2 * 16 + 5))
  })

  test('their parameters are patch_embed_linear.1.* and patch_embed_conv.0.*', () => {
    expect(Object.keys(linear.stateDict())).toEqual([
      'patch_embed_linear.1.weight',
      'patch_embed_linear.1.bias',
    ])
    expect(Object.keys(conv.stateDict())).toEqual(['patch_embed_conv.0.weight', 'patch_embed_conv.0.bias'])
  })

  test('Rearrange + Linear, Conv2d + Rearrange and PatchEmbed are one computation', () => {
    const dict = conv.stateDict()
    const weight = rearrange(dict['patch_embed_conv.0.weight']!, 'd c s1 s2 -> d (s1 s2 c)') as FloatArray
    const bias = dict['patch_embed_conv.0.bias']!
    linear.loadStateDict({ 'patch_embed_linear.1.weight': weight, 'patch_embed_linear.1.bias': bias })
    const whole = new PatchEmbed({ imgSize: 224, patchSize: 16, embedDim: 768 })
    whole.loadStateDict({ 'proj.weight': weight, 'proj.bias': bias })
    const expected = conv.forward(image)
    expect(expected.shape).toEqual([1, 196, 768])
    expect(distance(linear.forward(image), expected)).toBeLessThan(1e-5)
    expect(distance(whole.forward(image), expected)).toBeLessThan(1e-5)
  })
})

describe('document 4, Attention', () => {
  const b = 2
  const x = randn([b, 196, 768])
  const attention = new Attention(768, { numHeads: 8 })

  test('one linear map gives q, k and v, each [B, 8, 196, 96]', () => {
    const heads = rearrange(attention.qkv.forward(x), 'b n (three h d) -> three b h n d', { three: 3, h: 8 })
    expect(heads.shape).toEqual([3, b, 8, 196, 96])
    expect(heads.pick(0, null, null, null, null).shape).toEqual([b, 8, 196, 96])
  })

  test('the fused map equals three maps of its thirds', () => {
    const small = new Attention(24, { numHeads: 3, qkvBias: true })
    const y = randn([b, 5, 24])
    const fused = rearrange(small.qkv.forward(y), 'b n (three d) -> three b n d', { three: 3 })
    for (const [third, name] of ['q', 'k', 'v'].entries()) {
      const single = new Linear(24, 24)
      const rows = small.qkv.weight.array.lo(24 * third, 0).hi(24, 24) as FloatArray
      const bias = small.qkv.bias!.array.lo(24 * third).hi(24) as FloatArray
      single.loadStateDict({ weight: rows, bias })
      const part = fused.pick(third, null, null, null)
      expect(distance(single.forward(y), part), name).toBeLessThan(1e-6)
    }
  })

  test('the scale is 1/√96 unless one is given', () => {
    expect(attention.scale).toBeCloseTo(1 / Math.sqrt(96), 12)
    expect(new Attention(768, { qkScale: 0.5 }).scale).toBe(0.5)
  })

  test('the result is softmax(q kᵀ · scale) v with the heads side by side, projected', () => {
    const small = new Attention(24, { numHeads: 3 })
    const y = randn([b, 5, 24])
    const heads = rearrange(small.qkv.forward(y), 'b n (three h d) -> three b h n d', { three: 3, h: 3 })
    const [q, k, v] = [0, 1, 2].map((part) => heads.pick(part, null, null, null, null) as FloatArray)
    const logits = einsum([q!, k!], 'b h n d, b h m d -> b h n m') as FloatArray
    const { output, weights } = small.attend(y)
    for (const [image, head, token] of [
      [0, 0, 0],
      [1, 2, 4],
    ] as const) {
      const row = Array.from({ length: 5 }, (_, m) =>
        Math.exp(logits.get(image, head, token, m) / Math.sqrt(8)),
      )
      const total = row.reduce((sum, value) => sum + value, 0)
      row.forEach((value, m) => {
        expect(weights.get(image, head, token, m)).toBeCloseTo(value / total, 6)
      })
    }
    const merged = einsum([weights, v!], 'b h n m, b h m d -> b n (h d)') as FloatArray
    expect(distance(small.proj.forward(merged), output)).toBeLessThan(1e-6)
    expect(distance(small.forward(y), output)).toBeLessThan(1e-6)
  })

  test('the shape stays [B, 196, 768]', () => {
    expect(attention.forward(x).shape).toEqual([b, 196, 768])
  })
})
