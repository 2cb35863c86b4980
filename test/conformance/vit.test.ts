/** The recorded cases of PyTorch, timm and vit-pytorch that the repository keeps, on the sources. */
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { replayVit } from './vit.ts'

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
