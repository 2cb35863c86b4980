/** What is shown of the photographs is what the real ViT-Tiny says, and lists of names are known from other files. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { NdArray } from 'ndarray'
import { preprocess, readImage } from 'tesserae/image'
import { Softmax, VisionTransformer } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { flat } from '../../docs/playground/model/vit/flat.ts'
import { isAbout, namesIn } from '../../docs/playground/model/vit/names.ts'

const folder = new URL('../../docs/playground/photos/', import.meta.url)
const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
const tiny = `${data}weights/vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors`

interface Kept {
  readonly answer: readonly { readonly name: string; readonly chance: number }[]
  readonly layers: number
  readonly heads: number
  readonly tokens: number
  readonly looks: string
}

const kept = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Kept
const weightsOf = ({ looks }: Kept) => {
  const bytes = new Uint8Array(Buffer.from(looks, 'base64'))
  return Float32Array.from(new Uint16Array(bytes.buffer), (code) => code / 65535)
}

describe('a photograph', () => {
  for (const [name, answer] of [
    ['chelsea', /Egyptian/],
    ['coffee', /espresso/],
  ] as const) {
    test(`${name}: every look of its class token adds up to 1`, () => {
      const { layers, heads, tokens, answer: said } = kept(name)
      expect({ layers, heads, tokens }).toEqual({ layers: 12, heads: 3, tokens: 197 })
      expect(said[0]!.name).toMatch(answer)
      const weights = weightsOf(kept(name))
      for (let row = 0; row < layers * heads; row++) {
        const sum = weights.subarray(row * tokens, (row + 1) * tokens).reduce((all, one) => all + one, 0)
        expect(sum).toBeCloseTo(1, 2)
      }
    })

    test.skipIf(!existsSync(tiny))(
      `${name}: is what the model says of it (needs ../shared/data)`,
      async () => {
        const model = await VisionTransformer.fromCheckpoint(tiny)
        const half = [0.5, 0.5, 0.5]
        const jpeg = new Uint8Array(readFileSync(new URL(`${name}.jpg`, folder)))
        const picture = await readImage(jpeg, { decoder: 'own' })
        const x = preprocess(picture, {
          size: 224,
          cropPct: 0.9,
          interpolation: 'bicubic',
          mean: half,
          std: half,
        })
        const chances = [...flat(new Softmax().forward(model.forward(x)))].sort((a, b) => b - a)
        // decoders differ by a grey level here and there, which moves a chance by up to a hundredth
        for (const [i, { chance }] of kept(name).answer.entries()) {
          expect(Math.abs(chances[i]! - chance)).toBeLessThan(0.01)
        }
        const shown = weightsOf(kept(name))
        for (const [layer, map] of model.attentionMaps(x).entries()) {
          const all = flat(map as NdArray<Float32Array>)
          for (let head = 0; head < 3; head++) {
            for (let token = 0; token < 197; token += 7) {
              const computed = all[head * 197 * 197 + token]!
              expect(Math.abs(shown[(layer * 3 + head) * 197 + token]! - computed)).toBeLessThan(2e-3)
            }
          }
        }
        model.dispose()
      },
    )
  }
})

describe('names of classes', () => {
  test('are known in the forms in which they are published', () => {
    expect(namesIn('["cat", "dog"]')).toEqual(['cat', 'dog'])
    expect(namesIn('{"1": "dog", "0": "cat"}')).toEqual(['cat', 'dog'])
    expect(namesIn('{"id2label": {"0": "cat", "1": "dog"}}')).toEqual(['cat', 'dog'])
    expect(namesIn('{"0": ["n02", "cat"], "1": ["n03", "dog"]}')).toEqual(['cat', 'dog'])
    expect(namesIn('cat\r\ndog\n')).toEqual(['cat', 'dog'])
  })

  test('are not seen in other files', () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    for (const text of [manifest, '{}', '[]', '[1, 2]', '{"a": "b"}', '{broken', '']) {
      expect(namesIn(text)).toBeNull()
    }
  })

  test('are told from what configurations say of a model', () => {
    expect(isAbout('{"model_type": "vit", "hidden_size": 192}')).toBe(true)
    expect(isAbout('{"image_mean": [0.5], "image_std": [0.5]}')).toBe(true)
    expect(isAbout('{"pretrained_cfg": {"mean": [0.5]}}')).toBe(true)
    for (const text of [
      '["cat", "dog"]',
      '{"0": "cat", "1": "dog"}',
      'cat\ndog',
      '{"name": "a package"}',
      '{',
    ])
      expect(isAbout(text)).toBe(false)
  })
})
