/** Models of every kind of block, small, each with the shape of an input. */
import {
  AttentionPool,
  Conv2d,
  EinMix,
  GatedMlp,
  GELU,
  type Module,
  PatchEmbed,
  Reduce,
  Sequential,
  Softmax,
  SwiGLU,
  VisionTransformer,
  type VisionTransformerOptions,
  ViT,
} from 'tesserae/nn'

const small = { imgSize: 32, patchSize: 8, embedDim: 48, depth: 3, numHeads: 3, numClasses: 10 }
const image = [2, 3, 32, 32]
const vit = (options: VisionTransformerOptions): Case => [
  () => new VisionTransformer({ ...small, ...options }),
  image,
]

export type Case = readonly [make: () => Module, shape: readonly number[]]

/** Models that compute with parameters beside the tokens: λ, and frequencies. */
export const differential = vit({ attnLayer: 'diff' })
export const mixedRotary = vit({ rotary: { mixed: true }, posEmbed: 'none' })

export const cases: Readonly<Record<string, Case>> = {
  'a ViT': vit({}),
  'mean pooling, layer scale and registers': vit({ globalPool: 'avg', initValues: 0.1, regTokens: 2 }),
  'rotary positions and norms of queries': vit({ rotary: true, qkNorm: true, posEmbed: 'none' }),
  'differential attention': differential,
  'rotary positions with learned frequencies': mixedRotary,
  'attention pooling': vit({ globalPool: 'map', classToken: false }),
  'mean and maximum, without embedded class token': vit({ globalPool: 'avgmax', noEmbedClass: true }),
  'RMS norms and a packed gate': vit({ normLayer: 'rmsnorm', mlpLayer: 'SwiGLUPacked' }),
  'a gate of its own and norms after': vit({ mlpLayer: 'SwiGLU', blockFn: 'ResPostBlock' }),
  'sines, cosines and a linear projection': vit({
    posEmbed: 'sincos',
    projection: 'linear',
    patchNorm: true,
  }),
  'parallel blocks': vit({ blockFn: 'ParallelThingsBlock' }),
  'another grid': [
    () => new VisionTransformer({ ...small, dynamicImgSize: true, dynamicImgPad: true }),
    [1, 3, 41, 56],
  ],
  "document 1's ViT": [
    () =>
      new ViT({
        ...{ imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7 },
        ...{ numHeads: 4, numEncoders: 2, numClasses: 10, expansion: 2.1 },
      }),
    [3, 1, 28, 28],
  ],
  'layers in a row': [
    () =>
      new Sequential(
        new Conv2d(4, 6, { kernelSize: 3, stride: 2, padding: 1, groups: 2, dilation: 1 }),
        new GELU(),
        new Conv2d(6, 8, { kernelSize: [2, 3], padding: 'same', dilation: 2 }),
        new Reduce('b c (h 2) w -> b (h w) c', 'max'),
        new GatedMlp(8, { hiddenFeatures: 12 }),
        new SwiGLU(8, { hiddenFeatures: 5 }),
        new EinMix('b n c -> b d', { weightShape: 'n c d', biasShape: 'd', lengths: { n: 18, c: 8, d: 7 } }),
        new Softmax(),
      ),
    [2, 4, 12, 11],
  ],
  'patches as an image': [
    () => new PatchEmbed({ imgSize: 16, patchSize: 4, embedDim: 12, outputFmt: 'NCHW' }),
    [2, 3, 16, 16],
  ],
  'a pool alone': [() => new AttentionPool(24, { numHeads: 2 }), [2, 9, 24]],
}
