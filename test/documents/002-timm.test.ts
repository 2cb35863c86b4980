/** Document 2, "PatchEmbed": timm's layer. */
import { PatchEmbed } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { randn } from './arrays.ts'

describe("document 2, timm's PatchEmbed", () => {
  test('a batch of 4 images of 224 × 224 becomes [4, 196, 768]', () => {
    const embed = new PatchEmbed({ imgSize: [224, 224], patchSize: 16, inChans: 3, embedDim: 768 })
    expect(embed.forward(randn([4, 3, 224, 224])).shape).toEqual([4, 196, 768])
  })

  test('an H × W image with P × Q patches has (H // P) · (W // Q) of them', () => {
    const embed = new PatchEmbed({ imgSize: [32, 48], patchSize: [8, 12], embedDim: 6 })
    expect(embed.numPatches).toBe(4 * 4)
    expect(embed.forward(randn([1, 3, 32, 48])).shape).toEqual([1, 16, 6])
  })

  test('each patch has P · Q · C elements, which one linear map embeds', () => {
    const embed = new PatchEmbed({ imgSize: [32, 48], patchSize: [8, 12], embedDim: 6 })
    expect(embed.proj.weight.shape).toEqual([6, 8 * 12 * 3])
  })
})
