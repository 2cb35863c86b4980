/** Every number of the story is the library's: the steps end where `forward` ends, and the levers do what they say. */
import { readFileSync } from 'node:fs'
import type { NdArray } from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import { ViT } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { rasterize } from '../../docs/playground/model/digit.ts'
import { arrayOf } from '../../docs/playground/model/library.ts'
import { sampleDigits } from '../../docs/playground/model/sample-digits.ts'
import { flat } from '../../docs/playground/model/vit/flat.ts'
import {
  isUntouched,
  type Levers,
  pixelOf,
  shuffled,
  untouched,
} from '../../docs/playground/model/vit/levers.ts'
import { fromLink, toLink } from '../../docs/playground/model/vit/link.ts'
import { digitModel } from '../../docs/playground/model/vit/model.ts'
import { trace, weightsOf } from '../../docs/playground/model/vit/trace.ts'

const bytes = readFileSync(new URL('../../docs/start/vit-digits.safetensors', import.meta.url))
const tensors = readSafetensors(new Uint8Array(bytes)) as Record<string, NdArray<Float32Array>>
const model = digitModel(tensors)
const weights = weightsOf(tensors, model)
const three = rasterize(sampleDigits[3]!)
const follow = (levers: Partial<Levers> = {}, drawn = three) =>
  trace(model, weights, drawn, { ...untouched, ...levers })
const imageOf = (pixels: Float32Array) => arrayOf(pixels, [1, 1, 28, 28])
const answer = (logits: Float32Array) => logits.indexOf(Math.max(...logits))

function close(a: ArrayLike<number>, b: ArrayLike<number>, within = 2e-4): void {
  expect(a.length).toBe(b.length)
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!))
  expect(most).toBeLessThan(within)
}

describe('without levers', () => {
  test('the steps end at what forward gives, for every digit', () => {
    expect(model).toBeInstanceOf(ViT)
    for (const [digit, strokes] of sampleDigits.entries()) {
      const pixels = rasterize(strokes)
      const { logits } = follow({}, pixels)
      close(logits, flat(model.forward(imageOf(pixels))))
      expect(answer(logits)).toBe(digit)
    }
  })

  test('tokens are those of the embedding, weights those of attentionMaps, layer by layer', () => {
    const told = follow()
    close(told.tokens, flat(model.embeddingBlock.forward(imageOf(three))))
    for (const [i, map] of model.attentionMaps(imageOf(three)).entries()) {
      close(told.layers[i]!.weights, flat(map))
    }
    close(told.layers.at(-1)!.output, flat(model.encoderBlocks.forward(arrayOf(told.tokens, [1, 17, 100]))))
  })

  test('the convolution’s number is the patch times the kernel, added up, plus the bias', () => {
    const { patches, embedded } = follow()
    for (let patch = 0; patch < 16; patch++) {
      for (const feature of [0, 1, 50, 99]) {
        let sum = weights.bias[feature]!
        for (let k = 0; k < 49; k++) sum += patches[patch * 49 + k]! * weights.kernels[feature * 49 + k]!
        expect(embedded[patch * 100 + feature]!).toBeCloseTo(sum, 4)
      }
    }
  })

  test('queries, keys and values are what the scores are made of', () => {
    const layer = follow().layers[2]!
    const part = (token: number, which: number, head: number) =>
      layer.qkv.subarray(token * 300 + which * 100 + head * 25, token * 300 + which * 100 + head * 25 + 25)
    for (const [head, query, key] of [
      [0, 0, 5],
      [3, 16, 16],
      [1, 7, 0],
    ] as const) {
      const dot = part(query, 0, head).reduce((sum, q, i) => sum + q * part(key, 1, head)[i]!, 0)
      expect(layer.scores[(head * 17 + query) * 17 + key]!).toBeCloseTo(dot / 5, 4)
    }
    for (let row = 0; row < 4 * 17; row++) {
      const sum = layer.weights.subarray(row * 17, row * 17 + 17).reduce((all, one) => all + one, 0)
      expect(sum).toBeCloseTo(1, 5)
    }
  })

  test('each layer adds attention and then the MLP to what it got', () => {
    for (const { input, attention, middle, mlp, output } of follow().layers) {
      close(
        middle,
        input.map((value, i) => value + attention[i]!),
        1e-5,
      )
      close(
        output,
        middle.map((value, i) => value + mlp[i]!),
        1e-5,
      )
    }
  })
})

describe('a lever', () => {
  test('erases a patch: its pixels are paper', () => {
    const { pixels, patches } = follow({ erased: [6, 9] })
    for (let k = 0; k < 49; k++) {
      expect(pixels[pixelOf(6, k)]).toBe(0)
      expect(patches[9 * 49 + k]).toBe(0)
      expect(pixels[pixelOf(5, k)]).toBe(three[pixelOf(5, k)])
    }
  })

  test('shuffles patches: each is somewhere else, none is lost, and the answer is that of the new picture', () => {
    let seed = 7
    const random = () => {
      seed = (seed * 16807) % 2147483647
      return seed / 2147483647
    }
    const order = shuffled(untouched.order, random)
    expect([...order].sort((a, b) => a - b)).toEqual([...untouched.order])
    const { pixels, logits } = follow({ order })
    for (let k = 0; k < 49; k++) expect(pixels[pixelOf(0, k)]).toBe(three[pixelOf(order[0]!, k)])
    close(logits, flat(model.forward(imageOf(pixels))))
  })

  test('zeroes the positions: then the order of patches makes no difference, and with them it does', () => {
    const order = [...untouched.order].reverse()
    close(follow({ positions: false }).logits, follow({ positions: false, order }).logits, 1e-3)
    const difference = follow().logits.map((value, i) => value - follow({ order }).logits[i]!)
    expect(Math.max(...difference.map(Math.abs))).toBeGreaterThan(1)
  })

  test('swaps two tokens with their positions, which changes nothing but their places', () => {
    const plain = follow()
    const swapped = follow({ swap: [6, 11] })
    close(plain.logits, swapped.logits, 1e-3)
    expect(swapped.tokens.subarray(600, 700)).toEqual(plain.tokens.subarray(1100, 1200))
  })

  test('mutes a head: what it found is 0, and all heads together leave a layer to its MLP', () => {
    const { layers } = follow({ muted: [1 * 4 + 2] })
    for (let token = 0; token < 17; token++) {
      expect(layers[1]!.mixed.subarray(token * 100 + 50, token * 100 + 75).every((one) => one === 0)).toBe(
        true,
      )
      expect(layers[1]!.mixed.subarray(token * 100, token * 100 + 50).some((one) => one !== 0)).toBe(true)
    }
    expect(layers[0]).toEqual(follow().layers[0])
  })

  test('that is not pulled is known as such', () => {
    expect(isUntouched(untouched)).toBe(true)
    expect(isUntouched({ ...untouched, muted: [0] })).toBe(false)
    expect(isUntouched({ ...untouched, order: [1, 0, ...untouched.order.slice(2)] })).toBe(false)
  })
})

describe('a link', () => {
  test('brings strokes back within a pixel of the model, and they are read the same', () => {
    for (const [digit, strokes] of sampleDigits.entries()) {
      const link = toLink({ strokes, levers: untouched })
      expect(link).toMatch(/^[\w.-]+$/)
      expect(link.length).toBeLessThan(200)
      const back = fromLink(link)
      expect(back.strokes.length).toBe(strokes.length)
      expect(isUntouched(back.levers)).toBe(true)
      expect(answer(follow({}, rasterize(back.strokes)).logits)).toBe(digit)
    }
  })

  test('brings every lever back, with the same answer', () => {
    const pulled: Levers = {
      erased: [2, 7],
      order: shuffled(untouched.order, () => 0.4),
      positions: false,
      muted: [0, 9, 15],
      swap: [0, 11],
    }
    const link = toLink({ strokes: sampleDigits[3]!, levers: pulled })
    const { strokes, levers } = fromLink(link)
    expect(levers).toEqual(pulled)
    expect(answer(follow(levers, rasterize(strokes)).logits)).toBe(answer(follow(pulled).logits))
    // without a drawing, too
    expect(fromLink(toLink({ strokes: [], levers: pulled }))).toEqual({ strokes: [], levers: pulled })
  })

  test('that says nothing, or what cannot be, is as if nobody had touched it', () => {
    const none = { strokes: [], levers: untouched }
    const order = [1, 1, ...untouched.order.slice(2)]
    for (const text of ['', '#', 'samples!', 'a', '<script>', '&erased=16', '&erased=1,1', `&order=${order}`])
      expect(fromLink(text)).toEqual(none)
    for (const text of ['&muted=x', '&muted=16', '&swapped=3', '&swapped=3,17', '&swapped=3,3', '&other=1'])
      expect(fromLink(text)).toEqual(none)
    expect(toLink(none)).toBe('')
  })
})
