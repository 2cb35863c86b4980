/** Document 3, "VIT里面的patch是怎么生成的": pixels to patches, X·W + b, and back. */
import ndarray from 'ndarray'
import { einsum, invert, rearrange } from 'tesserae'
import { PatchEmbed } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, type FloatArray, randn } from './arrays.ts'

const cut = '(h p1) (w p2) c -> (h w) (p1 p2 c)'

describe('document 3, pixels and patches', () => {
  const image = randn([12, 20, 3])
  const patches = rearrange(image, cut, { p1: 4, p2: 4 })

  test('an H × W × C image has N = H/P · W/P patches, each flattened to P² · C elements', () => {
    expect(patches.shape).toEqual([(12 / 4) * (20 / 4), 4 * 4 * 3])
  })

  test('element (row, column, channel) of a patch is that pixel of its part of the image', () => {
    const [patchRow, patchColumn, row, column, channel] = [2, 3, 1, 2, 1]
    const patch = patchRow * 5 + patchColumn
    expect(patches.get(patch, (row * 4 + column) * 3 + channel)).toBe(
      image.get(patchRow * 4 + row, patchColumn * 4 + column, channel),
    )
  })

  test('putting patches back gives the image exactly', () => {
    const back = rearrange(patches, '(h w) (p1 p2 c) -> (h p1) (w p2) c', { h: 3, p1: 4, p2: 4 })
    expect(distance(back, image)).toBe(0)
  })

  test('the pattern that goes back is the inverse of the one that cuts', () => {
    expect(invert(cut)).toBe('(h w) (p1 p2 c) -> (h p1) (w p2) c')
  })

  test('the embedding X · W + b, with W of [P² · C, D], is the Linear form and the convolution', () => {
    const x = randn([2, 3, 16, 24])
    const [w, b] = [randn([8 * 8 * 3, 10], 2), randn([10], 3)]
    const cutImage = rearrange(x, 'b c (h p1) (w p2) -> b (h w) (p1 p2 c)', { p1: 8, p2: 8 })
    const product = einsum([cutImage, w], 'b n k, k d -> b n d') as FloatArray
    const expected = ndarray(
      product.data.map((value, i) => value + b.data[i % 10]!),
      [...product.shape],
    )

    const options = { imgSize: [16, 24], patchSize: 8, embedDim: 10 } as const
    const linear = new PatchEmbed({ ...options, projection: 'linear' })
    linear.loadStateDict({ 'proj.weight': rearrange(w, 'k d -> d k') as FloatArray, 'proj.bias': b })
    const conv = new PatchEmbed({ ...options, projection: 'conv' })
    const kernel = rearrange(w, '(p1 p2 c) d -> d c p1 p2', { p1: 8, p2: 8 }) as FloatArray
    conv.loadStateDict({ 'proj.weight': kernel, 'proj.bias': b })
    // sums of 192 products, up to about 60: float32 keeps 4e-6 of each
    expect(distance(linear.forward(x), expected)).toBeLessThan(5e-5)
    expect(distance(conv.forward(x), expected)).toBeLessThan(5e-5)
  })
})
