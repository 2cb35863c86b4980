/** What configurations, names and shapes tell of published models, and what is said of the rest. */
import { readFileSync } from 'node:fs'
import ndarray from 'ndarray'
import { describe, expect, test } from 'vitest'
import { type StateDict, writeSafetensors } from '../../src/checkpoint.ts'
import { VisionTransformer, type VisionTransformerOptions } from '../../src/nn.ts'
import { architectureOptions } from '../../src/vit/architectures.ts'
import { distance, randn } from '../documents/arrays.ts'

const small = { imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 10 } as const
const x = randn([1, 3, 32, 32])

function made(options: VisionTransformerOptions = {}) {
  const model = new VisionTransformer({ ...small, ...options })
  for (const [, parameter] of model.namedParameters()) {
    parameter.update((values) => {
      for (let i = 0; i < values.length; i++) values[i]! += 0.1 * Math.sin(i)
    })
  }
  return { model, dict: model.stateDict() }
}

describe("timm's architectures", () => {
  const facts = JSON.parse(readFileSync(new URL('architectures.json', import.meta.url), 'utf8')) as Record<
    string,
    VisionTransformerOptions
  >

  test('are told by name: heads, eps, activation, block and rotary positions of all 249', () => {
    expect(Object.keys(facts)).toHaveLength(249)
    for (const [name, own] of Object.entries(facts)) {
      const told = architectureOptions(name)
      const wanted = { eps: 1e-6, actLayer: 'gelu', ...own }
      const { rotary: turned, ...others } = told
      const { rotary, ...rest } = wanted
      expect({ name, ...others }).toEqual({ name, ...rest })
      const defaults = { gridIndexing: 'ij', gridOffset: 0 }
      if (rotary === undefined) expect({ name, turned }).toEqual({ name, turned: undefined })
      else
        expect({ name, ...defaults, ...(turned as object) }).toEqual({
          name,
          ...defaults,
          ...(rotary as object),
        })
    }
  })

  test('with a tag are the same, and other names tell nothing', () => {
    expect(architectureOptions('vit_so400m_patch14_siglip_384.webli').headDim).toBe(72)
    for (const name of [undefined, 'resnet50', 'vitamin_small', 'swin_tiny']) {
      expect(architectureOptions(name)).toEqual({})
    }
  })
})

describe('every kind of block and position', () => {
  test.each<[string, VisionTransformerOptions]>([
    ['parallel blocks of one map', { blockFn: 'ParallelScalingBlock', qkvBias: false, qkNorm: true }],
    ['parallel blocks with differential attention', { blockFn: 'DiffParallelScalingBlock', initValues: 0.1 }],
    ['parallel things', { blockFn: 'ParallelThingsBlock', initValues: 0.1 }],
    ['differential attention', { attnLayer: 'diff' }],
    ['a table of relative positions', { relPos: 'bias', posEmbed: 'none' }],
    ['an MLP of relative positions', { relPos: 'mlp', relPosDim: 20, posEmbed: 'none' }],
    ['rotary positions of mixed axes', { rotary: { mixed: true }, posEmbed: 'none' }],
    ['two heads', { distilled: true }],
    ['class token and mean side by side', { globalPool: 'token+avg' }],
  ])('%s: a state dict tells the model, and gives the same answers', (_, options) => {
    const { model, dict } = made(options)
    const size = options.posEmbed === 'none' && options.relPos !== 'bias' ? { imgSize: 32 } : {}
    const copy = VisionTransformer.fromStateDict(dict, { numHeads: 3, ...size })
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
    expect(Object.keys(copy.stateDict()).sort()).toEqual(Object.keys(dict).sort())
    const maps = model.attentionMaps(x)
    const isTwice = options.blockFn === 'ParallelThingsBlock'
    expect(maps).toHaveLength(isTwice ? 4 : 2)
    expect(maps[0]!.shape.slice(0, 2)).toEqual([1, 3])
  })

  test('positions that move with the grid give the answers of a model made for it', () => {
    const options = { rotary: { mixed: true }, posEmbed: 'none', dynamicImgSize: true } as const
    const { model, dict } = made(options)
    const before = model.forward(x)
    const other = new VisionTransformer({ ...small, ...options, imgSize: [16, 24] })
    other.loadStateDict(dict)
    const image = randn([1, 3, 16, 24])
    expect(distance(model.forward(image), other.forward(image))).toBe(0)
    expect(distance(model.forward(x), before)).toBe(0)
    for (const parameter of model.rope!.parameters()) parameter.update((values) => values.fill(0))
    expect(distance(model.forward(x), before)).toBeGreaterThan(1e-4)
  })

  test.each<[VisionTransformerOptions, string]>([
    [{ distilled: true, globalPool: 'avg' }, 'distilled models have a class token'],
    [
      { globalPool: 'token+avg', classToken: false },
      "globalPool 'token+avg' is for models with a class token",
    ],
    [{ relPos: 'bias', dynamicImgSize: true }, 'relative positions are those of one grid'],
    [{ relPos: 'bias', regTokens: 1 }, 'a table of relative positions is for one token before the grid'],
    [{ rotary: true, blockFn: 'ParallelScalingBlock' }, 'have neither rotary nor relative positions'],
    [{ attnLayer: 'diff', numHeads: 16 }, 'twice numHeads does not divide dim'],
  ])('%o is refused', (options, words) => {
    expect(() => new VisionTransformer({ ...small, ...options })).toThrow(words)
  })
})

describe('a configuration', () => {
  const names = Array.from({ length: 10 }, (_, i) => `class ${i}`)
  const { dict } = made()
  const opened = (config: object, options: VisionTransformerOptions = { numHeads: 3 }) =>
    VisionTransformer.fromStateDict(dict, options, { 'config.json': config })

  test('can be handed in, where it does not stand beside the file, as text or object', async () => {
    const config = { num_attention_heads: 3, layer_norm_eps: 1e-5 }
    for (const given of [config, JSON.stringify(config)]) {
      const bytes = writeSafetensors(dict)
      const { options, guesses } = await VisionTransformer.fromCheckpoint(bytes, {}, { 'config.json': given })
      expect([options.numHeads, options.eps, guesses]).toEqual([3, 1e-5, []])
    }
  })

  test('names the classes: by number, in a list, and of WordNet by what they are', () => {
    const id2label = Object.fromEntries(names.map((name, i) => [i, name]))
    expect(opened({ id2label }).labels).toEqual(names)
    expect(opened({ label_names: names }).labels).toEqual(names)
    const synsets = names.map((_, i) => `n0000000${i}`)
    const descriptions = Object.fromEntries(synsets.map((name, i) => [name, names[i]]))
    expect(opened({ label_names: synsets, label_descriptions: descriptions }).labels).toEqual(names)
    expect(opened({ label_names: synsets }).labels).toEqual(synsets)
  })

  test('of other classes names none, and that is said; nor do names that nobody gave', () => {
    const { labels, guesses } = opened({ label_names: ['cat', 'dog'] })
    expect(labels).toBeUndefined()
    expect(guesses).toContain("the configuration's 2 labels are not those of 10 classes")
    const id2label = Object.fromEntries(names.map((_, i) => [i, `LABEL_${i}`]))
    expect(opened({ id2label }).labels).toBeUndefined()
  })

  test('that does not fit is said to be ignored', () => {
    expect(opened({ num_heads: 7, global_pool: 'map' }).guesses.slice(-2)).toEqual([
      "the configuration's 7 heads do not divide 48 features",
      "the configuration's globalPool 'map' is not what the parameters are for",
    ])
  })

  test('of more blocks, other patches, channels or images is contradicted, and numbers that cannot be are passed over', () => {
    const config = { num_hidden_layers: 12, patch_size: 16, num_channels: 1, image_size: 384 }
    const { guesses, options } = opened({ ...config, layer_norm_eps: 3, num_attention_heads: 'many' })
    expect(guesses.slice(-6)).toEqual([
      'the configuration\'s num_attention_heads "many" cannot be, and is passed over',
      "the configuration's layer_norm_eps 3 cannot be, and is passed over",
      'depth is 12 in the configuration, and 2 by the parameters',
      'inChans is 1 in the configuration, and 3 by the parameters',
      'patchSize is 16×16 in the configuration, and 8×8 by the parameters',
      'imgSize is 384×384 in the configuration, and 32×32 by the parameters',
    ])
    expect(options).toMatchObject({ depth: 2, inChans: 3, imgSize: [32, 32], eps: 1e-6, numHeads: 3 })
  })

  test('tells the size of images, where positions do not', () => {
    const { model, dict } = made({ posEmbed: 'none', rotary: true, imgSize: [16, 32] })
    const config = { architecture: 'vit_small_patch16_rope_224', pretrained_cfg: { input_size: [3, 16, 32] } }
    const copy = VisionTransformer.fromStateDict(
      dict,
      { numHeads: 3, rotary: true, posEmbed: 'none' },
      { 'config.json': config },
    )
    const image = randn([1, 3, 16, 32])
    expect(distance(copy.forward(image), model.forward(image))).toBe(0)
  })

  test('tells of images of which patches leave a rest, as SigLIP so400m at 384 has them', () => {
    const { model, dict } = made({ imgSize: 35 })
    const read = (config: object) => VisionTransformer.fromStateDict(dict, {}, { 'config.json': config })
    const copy = read({ num_attention_heads: 3, image_size: 35 })
    expect([copy.options.imgSize, copy.preparation.size]).toEqual([
      [35, 35],
      [35, 35],
    ])
    expect(copy.guesses.filter((guess) => guess.includes('imgSize'))).toEqual([])
    const image = randn([1, 3, 35, 35])
    expect(distance(copy.forward(image), model.forward(image))).toBe(0)
    // positions of a grid that 40 does not have
    expect(read({ num_attention_heads: 3, image_size: 43 }).options.imgSize).toEqual([32, 32])
  })

  test("of vit-pytorch that says pool='mean' pools over all tokens", () => {
    const { dict } = made({ qkvBias: false, projection: 'linear', eps: 1e-5 })
    const wanted = new VisionTransformer({
      ...{ ...small, qkvBias: false, projection: 'linear', eps: 1e-5 },
      ...{ globalPool: 'avg', poolIncludePrefix: true, fcNorm: false },
    })
    wanted.loadStateDict(dict)
    const theirs: StateDict = {}
    for (const [name, tensor] of Object.entries(dict)) theirs[vitPytorchName(name)] = tensor
    for (const [options, config] of [
      [{ numHeads: 3 }, { pool: 'mean' }],
      [{ numHeads: 3, globalPool: 'avg' }, {}],
    ] as const) {
      const copy = VisionTransformer.fromStateDict(theirs, options, { 'config.json': config })
      expect(distance(copy.forward(x), wanted.forward(x))).toBe(0)
    }
  })
})

const vitPytorchName = (name: string): string =>
  name
    .replace('pos_embed', 'pos_embedding')
    .replace('patch_embed.proj', 'to_patch_embedding.1')
    .replace(/^norm\./, 'transformer.norm.')
    .replace(/^head\./, 'mlp_head.')
    .replace(/^blocks\.(\d+)\.norm1/, 'transformer.layers.$1.0.norm')
    .replace(/^blocks\.(\d+)\.norm2/, 'transformer.layers.$1.1.norm')
    .replace(/^blocks\.(\d+)\.attn\.qkv/, 'transformer.layers.$1.0.fn.to_qkv')
    .replace(/^blocks\.(\d+)\.attn\.proj/, 'transformer.layers.$1.0.fn.to_out.0')
    .replace(/^blocks\.(\d+)\.mlp\.fc1/, 'transformer.layers.$1.1.fn.net.0')
    .replace(/^blocks\.(\d+)\.mlp\.fc2/, 'transformer.layers.$1.1.fn.net.3')

test('buffers of whole numbers that older files hold are not read', () => {
  const { model, dict } = made({ relPos: 'bias', posEmbed: 'none' })
  const buffers = Object.fromEntries(
    [0, 1].map((i) => [
      `blocks.${i}.attn.relative_position_index`,
      ndarray(new BigInt64Array(289), [17, 17]),
    ]),
  )
  const copy = VisionTransformer.fromStateDict({ ...dict, ...(buffers as StateDict) }, { numHeads: 3 })
  expect(distance(copy.forward(x), model.forward(x))).toBe(0)
})

test('another size of images than the checkpoint was for resamples its positions', () => {
  const { dict } = made()
  const copy = VisionTransformer.fromStateDict(dict, { numHeads: 3, imgSize: [48, 24] })
  expect(copy.posEmbed!.shape).toEqual([1, 1 + 6 * 3, 48])
  const dynamic = VisionTransformer.fromStateDict(dict, { numHeads: 3, dynamicImgSize: true })
  const image = randn([1, 3, 48, 24])
  expect(distance(copy.forward(image), dynamic.forward(image))).toBeLessThan(1e-6)
})
