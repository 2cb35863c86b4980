/** Document 0, "对ViT 中Patch Embedding理解": PatchEmbed by a strided convolution. */
import { Conv2d, PatchEmbed, xavierUniform } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, randn } from './arrays.ts'

describe('document 0, PatchEmbed', () => {
  const embed = new PatchEmbed({ imgSize: 224, patchSize: 16, inChans: 3, embedDim: 768, projection: 'conv' })

  test('a batch of 8 images becomes [8, 196, 768]', () => {
    expect(embed.forward(randn([8, 3, 224, 224])).shape).toEqual([8, 196, 768])
  })

  test('224 / 16 gives a grid of 14 × 14 = 196 patches', () => {
    expect(embed.gridSize).toEqual([14, 14])
    expect(embed.numPatches).toBe(196)
  })

  test('the kernel is [768, 3, 16, 16]: one weight for each channel and pixel of a patch', () => {
    expect(embed.proj.weight.shape).toEqual([768, 3, 16, 16])
    expect(embed.proj.bias?.shape).toEqual([768])
  })

  test('token (row, column) is pixel (row, column) of the convolved image: flatten(2).transpose(1, 2)', () => {
    const small = new PatchEmbed({ imgSize: 32, patchSize: 8, embedDim: 5, projection: 'conv' })
    const conv = new Conv2d(3, 5, { kernelSize: 8, stride: 8 })
    conv.loadStateDict({ weight: small.proj.weight.array, bias: small.proj.bias!.array })
    const x = randn([2, 3, 32, 32])
    const tokens = small.forward(x)
    const pixels = conv.forward(x)
    expect(tokens.shape).toEqual([2, 16, 5])
    for (const [row, column] of [
      [0, 0],
      [1, 2],
      [3, 3],
    ] as const) {
      for (let d = 0; d < 5; d++) {
        expect(tokens.get(1, row * 4 + column, d)).toBeCloseTo(pixels.get(1, d, row, column), 5)
      }
    }
  })

  test('an image of another size is refused with the message of the assert', () => {
    expect(() => embed.forward(randn([1, 3, 224, 200]))).toThrow(
      "Input image size (224*200) doesn't match model (224*224).",
    )
  })

  test('the output side is ⌊(n − P) / P + 1⌋: pixels that fill no patch are left out', () => {
    const odd = new PatchEmbed({ imgSize: 35, patchSize: 8, inChans: 1, embedDim: 4, projection: 'conv' })
    const x = randn([1, 1, 35, 35])
    expect(odd.forward(x).shape).toEqual([1, Math.floor((35 - 8) / 8 + 1) ** 2, 4])
    const even = new PatchEmbed({ imgSize: 32, patchSize: 8, inChans: 1, embedDim: 4, projection: 'conv' })
    even.loadStateDict(odd.stateDict())
    expect(distance(odd.forward(x), even.forward(x.hi(1, 1, 32, 32)))).toBe(0)
  })

  test('Xavier keeps the variance of inputs and outputs alike: weights are uniform within √(6 / (fan in + fan out))', () => {
    const layer = new PatchEmbed({
      projection: 'conv',
      embedDim: 64,
      seed: 3,
      init: { weight: xavierUniform() },
    })
    const bound = Math.sqrt(6 / (3 * 16 * 16 + 64 * 16 * 16))
    const { data } = layer.proj.weight
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length
    expect(data.every((value) => Math.abs(value) <= bound)).toBe(true)
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1)
  })
})
