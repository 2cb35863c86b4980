/** Every option of timm's VisionTransformer that changes an answer, against a second implementation. */
import { LayerNorm, VisionTransformer, type VisionTransformerOptions } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, valuesOf, waves } from './arrays.ts'
import { referenceLogits } from './reference-vit.ts'

const small = {
  imgSize: 8,
  patchSize: 4,
  inChans: 2,
  embedDim: 12,
  depth: 2,
  numHeads: 3,
  numClasses: 4,
  mlpRatio: 2,
}

const cases: Readonly<Record<string, VisionTransformerOptions>> = {
  'no option': {},
  'initValues 0.5': { initValues: 0.5 },
  qkNorm: { qkNorm: true },
  'no qkvBias': { qkvBias: false },
  'no projBias': { projBias: false },
  scaleAttnNorm: { scaleAttnNorm: true },
  scaleMlpNorm: { scaleMlpNorm: true },
  'a mlpRatio that gives no whole number': { mlpRatio: 2.4 },
  'two heads': { numHeads: 2 },
  'actLayer relu': { actLayer: 'relu' },
  'actLayer silu': { actLayer: 'silu' },
  'actLayer quick-gelu': { actLayer: 'quick-gelu' },
  'actLayer gelu-tanh': { actLayer: 'gelu-tanh' },
  'normLayer rmsnorm': { normLayer: 'rmsnorm', qkNorm: true },
  'mlpLayer GluMlp': { mlpLayer: 'GluMlp', scaleMlpNorm: true },
  'mlpLayer SwiGLUPacked': { mlpLayer: 'SwiGLUPacked', actLayer: 'silu' },
  'mlpLayer SwiGLU': { mlpLayer: 'SwiGLU', actLayer: 'silu', scaleMlpNorm: true },
  'globalPool avg': { globalPool: 'avg' },
  'globalPool max': { globalPool: 'max' },
  'globalPool avgmax with registers': { globalPool: 'avgmax', regTokens: 2 },
  'globalPool map': { globalPool: 'map', actLayer: 'relu' },
  'globalPool map over class and registers too': { globalPool: 'map', regTokens: 1, poolIncludePrefix: true },
  'globalPool avg over class and registers too': { globalPool: 'avg', regTokens: 1, poolIncludePrefix: true },
  'no class token': { classToken: false, globalPool: 'avg' },
  'registers without a class token': { classToken: false, globalPool: 'avg', regTokens: 3 },
  'noEmbedClass with registers': { noEmbedClass: true, regTokens: 2 },
  'posEmbed none': { posEmbed: 'none' },
  "posEmbed ''": { posEmbed: '' },
  preNorm: { preNorm: true },
  'fcNorm after the class token': { fcNorm: true },
  'no fcNorm after avg': { fcNorm: false, globalPool: 'avg' },
  'no finalNorm': { finalNorm: false },
  'no finalNorm after avg': { finalNorm: false, globalPool: 'avg' },
  embedNormLayer: { embedNormLayer: (features) => new LayerNorm(features, { eps: 1e-6 }) },
  'images and patches that are no squares': { imgSize: [8, 12], patchSize: [2, 4] },
  'an image that patches do not fill': { imgSize: [11, 9] },
  'no classes': { numClasses: 0 },
}

describe('VisionTransformer computes what timm computes with', () => {
  for (const [name, options] of Object.entries(cases)) {
    test(name, () => {
      const all = { ...small, ...options }
      const model = new VisionTransformer({ ...all, init: 'xavier-normal' })
      // nothing at its first value, so that leaving a parameter out shows
      for (const [i, parameter] of [...model.parameters()].entries()) {
        const { data } = parameter
        for (const [j, wave] of waves([parameter.size], i + 1).data.entries()) data[j]! += wave / 4
      }
      const [h, w] = typeof all.imgSize === 'number' ? [all.imgSize, all.imgSize] : all.imgSize!
      const images = waves([2, 2, h, w])
      const expected = referenceLogits(model.stateDict(), all, images).flat()
      expect(distance(valuesOf(model.forward(images)), expected)).toBeLessThan(2e-5)
    })
  }

  test('refuses a pooling that it does not know and a class token that is not there', () => {
    expect(() => new VisionTransformer({ ...small, globalPool: 'mean' as 'avg' })).toThrow(
      'got "mean", expected',
    )
    expect(() => new VisionTransformer({ ...small, classToken: false })).toThrow("globalPool 'token'")
  })
})
