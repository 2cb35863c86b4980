/** What layers say of options that they do not know, as JavaScript, which has no compiler, would pass them. */
import { describe, expect, test } from 'vitest'
import {
  Attention,
  AttentionPool,
  Conv2d,
  Dropout,
  DropPath,
  EinMix,
  Encoder,
  EncoderBlock,
  GatedMlp,
  GELU,
  LayerNorm,
  LayerScale,
  Linear,
  Mlp,
  type Module,
  PatchDropout,
  PatchEmbed,
  PatchEmbedding,
  ResPostBlock,
  RMSNorm,
  Softmax,
  SwiGLU,
  TransformerEncoder,
  TransformerEncoderLayer,
  VisionTransformer,
  ViT,
} from '../../src/nn.ts'
import { fit } from '../../src/train.ts'

const small = { imgSize: 8, patchSize: 4, embedDim: 8, depth: 1, numHeads: 2, numClasses: 3 } as const
const embedding = { imageSize: 8, inChannels: 3, embedDim: 8, patchSize: 4 }
const vit = { ...embedding, numHeads: 2, numEncoders: 1, numClasses: 3, expansion: 2 }

// biome-ignore lint/suspicious/noExplicitAny: what no compiler has seen
type Unchecked = any

/** Each layer of some options, which hold all that it needs. */
const layers: Record<string, [make: (options: Unchecked) => Module, options: object]> = {
  Attention: [(options) => new Attention(8, options), {}],
  AttentionPool: [(options) => new AttentionPool(8, options), {}],
  Conv2d: [(options) => new Conv2d(3, 2, options), { kernelSize: 3 }],
  Dropout: [(options) => new Dropout(options), {}],
  DropPath: [(options) => new DropPath(options), {}],
  EinMix: [(options) => new EinMix('b c -> b o', options), { weightShape: 'c o', lengths: { c: 2, o: 3 } }],
  Encoder: [(options) => new Encoder(8, options), { depth: 1, numHeads: 2 }],
  EncoderBlock: [(options) => new EncoderBlock(8, options), { numHeads: 2 }],
  GatedMlp: [(options) => new GatedMlp(8, options), {}],
  GELU: [(options) => new GELU(options), {}],
  LayerNorm: [(options) => new LayerNorm(8, options), {}],
  LayerScale: [(options) => new LayerScale(8, options), {}],
  Linear: [(options) => new Linear(8, 2, options), {}],
  Mlp: [(options) => new Mlp(8, options), {}],
  PatchDropout: [(options) => new PatchDropout(options), {}],
  PatchEmbed: [(options) => new PatchEmbed(options), {}],
  PatchEmbedding: [(options) => new PatchEmbedding(options), embedding],
  ResPostBlock: [(options) => new ResPostBlock(8, options), { numHeads: 2 }],
  RMSNorm: [(options) => new RMSNorm(8, options), {}],
  Softmax: [(options) => new Softmax(options), {}],
  SwiGLU: [(options) => new SwiGLU(8, options), {}],
  TransformerEncoderLayer: [(options) => new TransformerEncoderLayer(options), { dModel: 8, nhead: 2 }],
  ViT: [(options) => new ViT(options), vit],
  VisionTransformer: [(options) => new VisionTransformer(options), small],
}

describe.each(Object.entries(layers))('%s', (name, [make, options]) => {
  test('takes its options', () => {
    make(options)
  })

  test('names an option that it does not have', () => {
    expect(() => make({ ...options, colour: 'red' })).toThrow(
      `${name}: unknown option 'colour' — got colour: "red", expected`,
    )
  })

  test('takes options that stand in a prototype', () => {
    const shapes = (layer: Module) => [...layer.parameters()].map(({ shape }) => shape)
    expect(shapes(make(Object.create(options)))).toEqual(shapes(make(options)))
  })

  test('refuses options that are no object', () => {
    expect(() => make(null)).toThrow(`${name}: bad option 'options' — got null`)
    expect(() => make(12)).toThrow(`${name}: bad option 'options' — got 12, expected an object of`)
  })
})

describe('what has no default has to be given', () => {
  test.each([
    ["bad option 'numHeads' — got undefined", () => new EncoderBlock(8, {} as Unchecked)],
    ["bad option 'depth' — got undefined", () => new Encoder(8, { numHeads: 2 } as Unchecked)],
    [
      "bad option 'numEncoders' — got undefined",
      () => new ViT({ ...vit, numEncoders: undefined } as Unchecked),
    ],
    ["unknown option 'd_model'", () => new TransformerEncoderLayer({ d_model: 8, nhead: 2 } as Unchecked)],
    ["bad option 'options' — got 3", () => new Conv2d(3, 4, 3 as Unchecked)],
    [
      'numLayers is no length — got undefined',
      () =>
        new TransformerEncoder(new TransformerEncoderLayer({ dModel: 8, nhead: 2 }), undefined as Unchecked),
    ],
  ])('%s', (message, make) => {
    expect(make).toThrow(message)
  })
})

describe('an option', () => {
  const model = (options: Unchecked) => () => new VisionTransformer({ ...small, ...options })

  test("in PyTorch's spelling is answered by the library's", () => {
    expect(model({ embed_dim: 16 })).toThrow("did you mean 'embedDim'?")
    expect(model({ num_classes: 16 })).toThrow("did you mean 'numClasses'?")
    expect(model({ numHead: 16 })).toThrow("unknown option 'numHead' — got numHead: 16, expected one of")
  })

  test('is named whole, and so is what it may be', async () => {
    expect(model({ dynamicImgSize: 'no' })).toThrow(
      'bad option \'dynamicImgSize\' — got "no", expected true or false',
    )
    expect(model({ colour: 'red' })).toThrow(/got colour: "red", expected one of \d+ others$/)
    // a part of a few names
    expect(model({ classes: 3 })).toThrow("did you mean 'numClasses'?")
    expect(model({ heads: 3 })).toThrow("did you mean 'numHeads' or 'attnPoolNumHeads'?")
    expect(model({ norm: 'no' })).toThrow(/got norm: "no", expected one of \d+ others$/)
    const refused = fit(model({})(), [], { colour: 1 } as never).next()
    await expect(refused).rejects.toThrow(/ or 'recompute' or 'signal'$/)
  })

  test.each([
    [
      { actLayer: 'gelu_tanh' },
      "got \"gelu_tanh\", expected 'gelu' or 'gelu-tanh' or 'relu' or 'silu' or 'quick-gelu'",
    ],
    [{ actLayer: 'gelu_tanh' }, "did you mean 'gelu-tanh'?"],
    [{ normLayer: 'batchnorm' }, "expected 'layernorm' or 'rmsnorm' or a function"],
    [{ mlpLayer: 'mlp' }, "did you mean 'Mlp'?"],
    [{ posEmbed: 'learned' }, "expected 'learn' or 'sincos'"],
    [{ weightInit: 'random' }, "bad option 'weightInit'"],
    [{ init: 'xavier' }, 'or such a weight and bias'],
    [{ init: { weight: 'xavier' } }, 'or such a weight and bias'],
    [{ init: { weigth: 'zeros' } }, 'or such a weight and bias'],
    [{ init: ['zeros'] }, 'or such a weight and bias'],
    [{ rotary: { temperatur: 5 } }, 'an object of temperature, referenceGrid'],
    [{ embedDim: '8' }, 'bad option \'embedDim\' — got "8", expected a whole number from 1'],
    [{ depth: 1.5 }, "bad option 'depth' — got 1.5"],
    [{ depth: null }, "bad option 'depth' — got null"],
    [{ numHeads: null }, "bad option 'numHeads' — got null"],
    [{ eps: Number.NaN }, "bad option 'eps' — got NaN, expected a number"],
    [{ imgSize: [8, 8, 3] }, 'got [8, 8, 3], expected a whole number from 1, or two: [height, width]'],
    [{ dropRate: 10 }, "bad option 'dropRate' — got 10, expected a number from 0 to 1"],
    [{ qkvBias: 'no' }, 'bad option \'qkvBias\' — got "no", expected true or false'],
  ])('that has no such value is refused: %o', (options, message) => {
    expect(model(options)).toThrow(message)
  })

  test('that a checkpoint is to be read with is one of them', async () => {
    const dict = new VisionTransformer(small).stateDict()
    const overrides = { num_heads: 2 } as Unchecked
    await expect(VisionTransformer.fromCheckpoint(dict, overrides)).rejects.toThrow(
      "did you mean 'numHeads'?",
    )
  })
})
