/** A head that reads the class token: behind the attention of the last block no other token is computed, which nobody sees but by the time that it takes. */
import ndarray from 'ndarray'
import {
  EncoderBlock,
  LayerNorm,
  Linear,
  Module,
  manualSeed,
  observe,
  quantize,
  Rearrange,
  Sequential,
  trace,
  VisionTransformer,
  type VisionTransformerOptions,
  ViT,
} from 'tesserae/nn'
import { crossEntropy, valueAndGradients } from 'tesserae/train'
import { beforeEach, describe, expect, test } from 'vitest'
import { slice } from '../../src/steps/slice.ts'
import type { Value } from '../../src/steps/value.ts'
import { add } from '../../src/steps/zip.ts'
import { distance, type FloatArray, valuesOf, waves } from '../nn/arrays.ts'

const small = { imgSize: 16, patchSize: 4, inChans: 1, embedDim: 24, depth: 2, numHeads: 2, numClasses: 5 }
const x = waves([3, 1, 16, 16])

beforeEach(() => manualSeed(7))

/** A model whose parameters are all something, also those that begin as zeros. */
function model(options: VisionTransformerOptions = {}): VisionTransformer {
  const made = new VisionTransformer({ ...small, ...options })
  for (const parameter of made.parameters())
    parameter.update((values) => values.set(values.map((value, i) => value + 0.1 * Math.sin(i * 1.7))))
  return made
}

const lastOf = ({ blocks }: VisionTransformer) => blocks.at(-1)!

/** What `act` gives where somebody watches the last block, so that all of it is computed. */
function watched<T>(block: Module, act: () => T): T {
  const stop = observe(block, () => {})
  try {
    return act()
  } finally {
    stop()
  }
}

/** How many tokens the MLP of the second and last block gets in a program of the model. */
function tokensFed(made: Module): number {
  const { steps } = trace(made, [1, 1, 16, 16])
  const fed = steps.filter(({ step, inputs }) => step.kind === 'contract' && inputs[0]!.shape.at(-1) === 96)
  return fed[1]!.inputs[0]!.shape[1]!
}

const variants: Record<string, VisionTransformerOptions> = {
  plain: {},
  distilled: { distilled: true },
  'register tokens': { regTokens: 3 },
  rotary: { rotary: true, posEmbed: 'none' },
  'a table of relative positions': { relPos: 'bias', posEmbed: 'none' },
  'relative positions by an MLP': { relPos: 'mlp' },
  differential: { attnLayer: 'diff' },
  'norms and factors': { qkNorm: true, scaleAttnNorm: true, scaleMlpNorm: true, initValues: 0.1 },
  'a norm of the pooled token': { fcNorm: true },
}

describe.each(Object.entries(variants))('%s', (_, options) => {
  test('the answer is the same to the bit, and one token is made of the last block', () => {
    const made = model(options)
    expect(tokensFed(made)).toBe(options.distilled ? 2 : 1)
    const answer = valuesOf(made.forward(x))
    expect(answer).toEqual(watched(lastOf(made), () => valuesOf(made.forward(x))))
    expect(valuesOf(trace(made, [3, 1, 16, 16]).run(x))).toEqual(answer)
    const features = valuesOf(made.preLogits(x))
    expect(features).toEqual(watched(lastOf(made), () => valuesOf(made.preLogits(x))))
  })

  test('gradients are the same', () => {
    const made = model(options)
    const learn = () => valueAndGradients(made, () => crossEntropy(made.forward(x), [0, 1, 4]))
    const few = learn()
    const all = watched(lastOf(made), learn)
    expect(few.value).toBe(all.value)
    for (const [name, gradient] of few.gradients) {
      const [ours, theirs] = [valuesOf(gradient), valuesOf(all.gradients.get(name)!)]
      const size = Math.max(1e-3, ...theirs.map(Math.abs))
      expect(distance(ours, theirs)).toBeLessThanOrEqual(1e-5 * size)
    }
  })
})

test.each(['int8', 'int8-fast'] as const)('%s answers the same to the bit', (precision) => {
  const made = model()
  quantize(made, { precision })
  expect(valuesOf(made.forward(x))).toEqual(watched(lastOf(made), () => valuesOf(made.forward(x))))
})

test("document 1's model answers the same to the bit", () => {
  const made = new ViT({
    ...{ imageSize: 16, inChannels: 1, embedDim: 24, patchSize: 4, numHeads: 2 },
    ...{ numEncoders: 2, numClasses: 5, expansion: 4 },
  })
  expect(tokensFed(made)).toBe(1)
  const last = made.encoderBlocks.layers.at(-1)!
  expect(valuesOf(made.forward(x))).toEqual(watched(last, () => valuesOf(made.forward(x))))
  const shapes: number[][] = []
  const stop = observe(made.encoderBlocks, ({ shape }) => shapes.push([...shape]))
  made.forward(x)
  stop()
  expect(shapes).toEqual([[3, 17, 24]])
})

describe('all is computed', () => {
  test('where all tokens are pooled, or asked for', () => {
    for (const globalPool of ['avg', 'max', 'token+avg', 'map', ''] as const)
      expect(tokensFed(model({ globalPool, ...(globalPool === '' && { numClasses: 0 }) }))).toBe(17)
    expect(model().forwardFeatures(x).shape).toEqual([3, 17, 24])
  })

  test('where somebody watches any part', () => {
    const made = model()
    const { norm1, attn, norm2, mlp } = lastOf(made)
    for (const part of [lastOf(made), attn, attn.proj, norm2, mlp, mlp.fc2, made.norm, norm1]) {
      const shapes: number[][] = []
      const stop = observe(part, ({ shape }) => shapes.push([...shape]))
      made.forward(x)
      stop()
      expect(shapes.map(([, tokens]) => tokens)).toEqual([17])
    }
    expect(made.attentionMaps(x).map(({ shape }) => shape[2])).toEqual([17, 17])
  })

  test('where a layer is not one of the library, or looks at several tokens', () => {
    const got: number[][] = []
    class Doubled extends Module {
      override forward(y: FloatArray): FloatArray {
        got.push([...y.shape])
        return ndarray(
          Float32Array.from(valuesOf(y), (value) => 2 * value),
          [...y.shape],
        )
      }
    }
    const mixing = () =>
      new Sequential(new Rearrange('b n d -> b d n'), new Linear(17, 17), new Rearrange('b d n -> b n d'))
    const parts: Partial<Record<keyof EncoderBlock, () => Module>> = {
      mlp: mixing,
      ls2: () => new Doubled(),
      norm2: () => new LayerNorm([17, 24]),
      attn: mixing,
    }
    for (const [name, part] of Object.entries(parts)) {
      const made = model()
      Object.assign(lastOf(made), { [name]: part() })
      const answer = valuesOf(made.forward(x)) // which those that mix tokens would refuse to give of one
      expect(answer).toEqual(watched(lastOf(made), () => valuesOf(made.forward(x))))
    }
    expect(got).toEqual([
      [3, 17, 24],
      [3, 17, 24],
    ])
  })

  test('where a block has parts of its own between its layers', () => {
    class Mixing extends EncoderBlock {
      override fed(tokens: Value): Value {
        return super.fed(add(tokens, slice(tokens, 1, tokens.shape[1]! - 1, tokens.shape[1]!)))
      }
    }
    const made = model()
    Object.assign(made.blocks, { 1: new Mixing(24, { numHeads: 2 }) })
    expect(tokensFed(made)).toBe(17)
    const answer = valuesOf(made.forward(x))
    expect(watched(lastOf(made), () => valuesOf(made.forward(x)))).toEqual(answer)
  })

  test('where a block is of a class of its own, and of one that stands twice only the last time less', () => {
    class Own extends EncoderBlock {
      readonly seen: number[][] = []
      override compute(y: Value): Value {
        const result = super.compute(y)
        this.seen.push([...result.shape])
        return result
      }
    }
    const own = new Own(24, { numHeads: 2 })
    const made = model()
    Object.assign(made.blocks, { 1: own })
    made.forward(x)
    expect(own.seen).toEqual([[3, 17, 24]])
    const twice = model()
    Object.assign(twice.blocks, { 0: twice.blocks[1] })
    expect(valuesOf(twice.forward(x))).toEqual(watched(twice.norm, () => valuesOf(twice.forward(x))))
  })
})
