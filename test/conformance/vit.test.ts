/** The recorded cases of PyTorch, timm and vit-pytorch that the repository keeps, on the sources. */
import { fileURLToPath } from 'node:url'
import ndarray from 'ndarray'
import { rearrange } from 'tesserae'
import { describe, expect, test } from 'vitest'
import { replayVit } from './vit.ts'
import { runners } from './vit-classes.ts'

const folder = fileURLToPath(new URL('../vectors/vit', import.meta.url))
const outcomes = [...replayVit(folder)]

describe('the recorded cases of PyTorch', () => {
  test('are there, of every group', () => {
    const groups = new Set(outcomes.map(({ id }) => id[0]))
    expect([...groups].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  })

  test('compare all intermediate values but those that have no public name', () => {
    const nameless = outcomes.filter(({ status }) => status === 'not comparable').map(({ id }) => id)
    expect(nameless).toEqual(['a_seed002_timm_patch_embed_4/mid.conv'])
  })

  for (const { id, status, reason } of outcomes) {
    if (status !== 'not comparable')
      test(`${id} agrees`, () => expect(`${status} ${reason ?? ''}`).toBe('passed '))
  }
})

test.each([
  ['a patch of two lengths', [2, 3], [4, 9]],
  ['a picture that patches do not cover', 2, [5, 7]],
  ['both', [2, 3], [5, 10]],
])('Conv2d + Rearrange is replayed for %s', (_, size, [h, w]) => {
  const sides = Array.isArray(size) ? size : [size, size]
  const numbers = (shape: number[], from: number) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(from + i))
    return ndarray(data, shape)
  }
  const weight = numbers([4, 3, ...sides], 1)
  const bias = numbers([4], 2)
  const runner = runners.find(([classes]) => classes.test('PatchEmbedding (seed 004, Conv2d + Rearrange)'))!
  const results = runner[1]({
    class: 'PatchEmbedding (seed 004, Conv2d + Rearrange)',
    config: { patch_size: size, in_channel: 3, embed_dim: 4 },
    param: { 'patch_embed_conv.0.weight': weight, 'patch_embed_conv.0.bias': bias },
    input: { x: numbers([1, 3, h!, w!], 3) },
    equiv: { 'linear_s1s2c.weight': rearrange(weight, 'd c s1 s2 -> d (s1 s2 c)'), 'linear.bias': bias },
    torch: {},
  })
  const [convolved, linear] = [results['output.y']!, results['mid.linear_tokens']!]
  expect(linear.shape).toEqual(convolved.shape)
  expect(linear.shape[1]).toBe(Math.floor(h! / sides[0]!) * Math.floor(w! / sides[1]!))
  for (let i = 0; i < linear.shape[1]!; i++) {
    for (let d = 0; d < 4; d++) expect(linear.get(0, i, d)).toBeCloseTo(convolved.get(0, i, d), 5)
  }
})
