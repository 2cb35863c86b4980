/** Checkpoints as other libraries publish them: read right, or refused by the name of what they are. */
import ndarray, { type Data, type NdArray } from 'ndarray'
import { describe, expect, test } from 'vitest'
import { convertNames, openSafetensors, type StateDict, writeSafetensors } from '../../src/checkpoint.ts'
import { resamplePositions, VisionTransformer, type VisionTransformerOptions } from '../../src/nn.ts'
import { rearrange } from '../../src/ops/rearrange.ts'
import { distance, randn } from '../documents/arrays.ts'

const small = { imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 10 } as const
const x = randn([1, 3, 32, 32])

/** A model whose parameters are all different from their defaults, and its state. */
function made(options: VisionTransformerOptions): {
  readonly model: VisionTransformer
  readonly dict: StateDict
} {
  const model = new VisionTransformer({ ...small, ...options })
  for (const [, parameter] of model.namedParameters()) {
    parameter.update((values) => {
      for (let i = 0; i < values.length; i++) values[i]! += 0.1 * Math.sin(i)
    })
  }
  return { model, dict: model.stateDict() }
}

function renamed(dict: StateDict, rename: (name: string) => string): StateDict {
  return Object.fromEntries(Object.entries(dict).map(([name, tensor]) => [rename(name), tensor]))
}

const replaced = (name: string, rows: readonly (readonly [string | RegExp, string])[]): string =>
  rows.reduce((text, [from, to]) => text.replace(from, to), name)

describe('torchvision', () => {
  const rows = [
    [/^cls_token/, 'class_token'],
    [/^pos_embed/, 'encoder.pos_embedding'],
    [/^patch_embed\.proj/, 'conv_proj'],
    [/^norm/, 'encoder.ln'],
    [/^head/, 'heads.head'],
    [/^blocks\.(\d+)/, 'encoder.layers.encoder_layer_$1'],
    [/norm(\d)\.(?=\w+$)/, 'ln_$1.'],
    [/attn\.qkv\./, 'self_attention.in_proj_'],
    ['attn.proj', 'self_attention.out_proj'],
  ] as const

  test.each([
    [
      'as it saves them',
      [
        ['mlp.fc1', 'mlp.0'],
        ['mlp.fc2', 'mlp.3'],
      ] as const,
    ],
    [
      'as its files have them',
      [
        ['mlp.fc1', 'mlp.linear_1'],
        ['mlp.fc2', 'mlp.linear_2'],
      ] as const,
    ],
  ])('names %s', async (_, mlp) => {
    const { model, dict } = made({})
    const theirs = renamed(dict, (name) => replaced(name, [...rows, ...mlp]))
    const copy = await VisionTransformer.fromCheckpoint(writeSafetensors(theirs), { numHeads: 3 })
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
    expect(copy.options.eps).toBe(1e-6)
  })

  test('and back', () => {
    const { dict } = made({})
    const there = convertNames(dict, { from: 'timm', to: 'torchvision' })
    expect(Object.keys(there)).toContain('encoder.layers.encoder_layer_1.self_attention.in_proj_weight')
    expect(Object.keys(convertNames(there, { from: 'torchvision', to: 'timm' })).sort()).toEqual(
      Object.keys(dict).sort(),
    )
  })
})

describe("Hugging Face's CLIP", () => {
  const { model, dict } = made({ preNorm: true, actLayer: 'quick-gelu', eps: 1e-5 })
  const thirds = (tensor: NdArray<Data>) => {
    const pattern = tensor.shape.length === 2 ? '(three d) e -> three d e' : '(three d) -> three d'
    const apart = rearrange(tensor as NdArray<Float32Array>, pattern, { three: 3 }) as NdArray<Float32Array>
    return [0, 1, 2].map((third) => apart.pick(third))
  }
  const theirs: StateDict = {
    logit_scale: ndarray(new Float32Array(1), []),
    'text_projection.weight': randn([8, 8]),
    'text_model.embeddings.token_embedding.weight': randn([8, 8]),
    'vision_model.embeddings.position_ids': ndarray(new Float32Array(17), [1, 17]),
  }
  for (const [name, tensor] of Object.entries(dict)) {
    const block = replaced(name, [
      [/^blocks\.(\d+)\./, 'vision_model.encoder.layers.$1.'],
      [/norm(\d)\.(?=\w+$)/, 'layer_norm$1.'],
      ['attn.proj', 'self_attn.out_proj'],
    ])
    if (name === 'cls_token') theirs['vision_model.embeddings.class_embedding'] = tensor.pick(0, 0, null)
    else if (name === 'pos_embed')
      theirs['vision_model.embeddings.position_embedding.weight'] = tensor.pick(0, null, null)
    else if (name === 'head.bias') continue
    else if (name === 'head.weight') theirs['visual_projection.weight'] = tensor
    else if (name.includes('qkv')) {
      for (const [i, third] of thirds(tensor).entries())
        theirs[block.replace('attn.qkv', `self_attn.${'qkv'[i]}_proj`)] = third
    } else {
      theirs[
        replaced(block, [
          [/^patch_embed\.proj/, 'vision_model.embeddings.patch_embedding'],
          [/^norm_pre/, 'vision_model.pre_layrnorm'],
          [/^norm\b/, 'vision_model.post_layernorm'],
        ])
      ] = tensor
    }
  }
  for (const [name, parameter] of model.head.namedParameters()) {
    if (name === 'bias') parameter.update((values) => values.fill(0))
  }

  test('gives the projected image, the text tower beside it unread', async () => {
    for (const source of [theirs, writeSafetensors(theirs)]) {
      const copy = await VisionTransformer.fromCheckpoint(source, { numHeads: 3 })
      expect(distance(copy.forward(x), model.forward(x))).toBe(0)
      expect(copy.guesses).toContain(
        "actLayer is 'quick-gelu'; OpenAI's CLIP needs 'quick-gelu', others 'gelu'",
      )
    }
  })

  test('without the projection gives the class token', async () => {
    const { 'visual_projection.weight': _, ...tower } = theirs
    const copy = await VisionTransformer.fromCheckpoint(tower, { numHeads: 3 })
    expect(distance(copy.forward(x), model.preLogits(x))).toBe(0)
  })
})

describe('what names and shapes tell', () => {
  test.each([1152, 1280])('models of %i features have 16 heads', (embedDim) => {
    const dict = new VisionTransformer({
      ...small,
      embedDim,
      depth: 1,
      numHeads: 16,
      hiddenFeatures: 8,
    }).stateDict()
    const { options, guesses } = VisionTransformer.fromStateDict(dict)
    expect(options.numHeads).toBe(16)
    expect(guesses[0]).toBe('numHeads is 16, as in published models of this width')
  })

  test("vit-pytorch's attention without a projection has one head", () => {
    const { model, dict } = made({
      numHeads: 1,
      attnProj: false,
      qkvBias: false,
      eps: 1e-5,
      projection: 'linear',
    })
    const theirs = convertNames(dict, { from: 'timm', to: 'vit-pytorch' })
    const copy = VisionTransformer.fromStateDict(theirs)
    expect(copy.options.numHeads).toBe(1)
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
    expect(copy.guesses.join()).toContain("models of pool='mean' have the same names")
    expect(copy.guesses.join()).not.toContain('numHeads')
  })

  test('the width of the MLP that pools', () => {
    const { model, dict } = made({ globalPool: 'map', classToken: false, hiddenFeatures: 50 })
    const copy = VisionTransformer.fromStateDict(dict, { numHeads: 3 })
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
  })

  test('a norm of tokens without a bias is an RMS norm', () => {
    const { model, dict } = made({ embedNormLayer: 'rmsnorm' })
    expect(
      distance(VisionTransformer.fromStateDict(dict, { numHeads: 3 }).forward(x), model.forward(x)),
    ).toBe(0)
  })

  test("Hugging Face's positions are resampled without antialiasing", () => {
    const { dict } = made({})
    const theirs = convertNames(dict, { from: 'timm', to: 'huggingface' })
    const smaller = randn([1, 3, 16, 16])
    const copy = VisionTransformer.fromStateDict(theirs, { numHeads: 3, eps: 1e-6, dynamicImgSize: true })
    const positions = dict['pos_embed'] as NdArray<Float32Array>
    const resampled = resamplePositions(positions, {
      from: [4, 4],
      to: [2, 2],
      numPrefixTokens: 1,
      antialias: false,
    })
    const own = new VisionTransformer({ ...small, imgSize: 16 })
    own.loadStateDict({ ...dict, pos_embed: resampled })
    expect(distance(copy.forward(smaller), own.forward(smaller))).toBeLessThan(1e-6)
  })
})

test("Hugging Face's DINOv2 with registers is antialiased, without them not", () => {
  const optionsOf = (options: VisionTransformerOptions) => {
    const { dict } = made({ initValues: 1, ...options })
    for (let r = 0; r < (options.regTokens ?? 0); r++) {
      for (let d = 0; d < 48; d++) dict['pos_embed']!.set(0, 1 + r, d, 0)
    }
    const theirs = convertNames(dict, { from: 'timm', to: 'huggingface' })
    return VisionTransformer.fromStateDict(theirs, { numHeads: 3 }).options
  }
  expect(optionsOf({ regTokens: 2 }).posAntialias).toBe(true)
  expect(optionsOf({}).posAntialias).toBe(false)
})

describe('what stands before names', () => {
  const { model, dict } = made({})
  const heads = { numHeads: 3 }

  test.each(['module.', 'model.', 'timm_model.', 'student.backbone.', '_orig_mod.module.'])(
    "'%s' is taken off, and said",
    async (prefix) => {
      const copy = VisionTransformer.fromStateDict(
        renamed(dict, (name) => prefix + name),
        heads,
      )
      expect(distance(copy.forward(x), model.forward(x))).toBe(0)
      expect(copy.guesses).toContain(`'${prefix}' before each name is taken off`)
    },
  )

  test('is taken off a wrapped model of Hugging Face too, and what is beside it is not read, and said', () => {
    const theirs = convertNames(dict, { from: 'timm', to: 'huggingface' })
    const wrapped = { ...renamed(theirs, (name) => `module.${name}`), 'loss.weight': randn([3]) }
    const copy = VisionTransformer.fromStateDict(wrapped, { ...heads, eps: 1e-6 })
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
    expect(copy.guesses).toContain("1 tensor beside 'module.' is not read: 'loss.weight'")
  })

  test('of a teacher counts, where a student has one too', () => {
    const other = made({ depth: 2 }).dict
    const both = {
      ...renamed(
        Object.fromEntries(Object.entries(other).map(([name, t]) => [name, randn([...t.shape])])),
        (n) => `student.${n}`,
      ),
      ...renamed(dict, (name) => `teacher.${name}`),
    }
    const copy = VisionTransformer.fromStateDict(both, heads)
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
  })
})

describe('what is something else is refused by name', () => {
  const { dict } = made({})
  const some = ndarray(new Float32Array(1))
  const refused = (source: StateDict, message: string) =>
    expect(VisionTransformer.fromCheckpoint(source, { numHeads: 3 })).rejects.toThrow(message)

  test.each([
    ['layers.0.blocks.0.attn.relative_position_bias_table', 'a Swin Transformer'],
    ['swin.encoder.layers.0.blocks.0.attention.self.query.weight', 'a Swin Transformer'],
    ['features.1.0.attn.relative_position_bias_table', 'a Swin Transformer'],
    ['stages.0.blocks.0.conv_dw.weight', 'a ConvNeXt'],
    ['convnext.encoder.stages.0.layers.0.dwconv.weight', 'a ConvNeXt'],
    ['features.1.0.layer_scale', 'a ConvNeXt'],
    ['downsample_layers.0.0.weight', 'a ConvNeXt'],
    ['image_encoder.blocks.0.attn.rel_pos_h', 'Segment Anything'],
    ['vision_encoder.layers.0.attn.rel_pos_w', 'Segment Anything'],
    ['module.blocks.2.attn.rel_pos_h', 'decomposed relative positions'],
    ['pos_embed_window', 'a Hiera'],
    ['hiera.encoder.stages.0.layers.0.attn.qkv.weight', 'a Hiera'],
    ['vit.embeddings.detection_tokens', 'a YOLOS'],
    ['backbone.det_token', 'a YOLOS'],
    ['visual.layer1.0.conv1.weight', 'a ResNet'],
    ['blocks_token_only.0.norm1.weight', 'a CaiT'],
    ['patch_embed.backbone.stem.conv.weight', 'a hybrid with a convolutional network'],
    ['visual.attn_pool.query', 'a CoCa'],
    ['embeddings.word_embeddings.weight', 'a language model'],
  ])('%s', (name, message) => refused({ ...dict, [name]: some }, message))

  test('no positions', () => {
    const { pos_embed: _, ...others } = dict
    return refused(others, "'pos_embed' is missing; give the option posEmbed")
  })

  test('no positions, where an option says so', () => {
    const { model, dict } = made({ posEmbed: 'none' })
    const copy = VisionTransformer.fromStateDict(dict, { numHeads: 3, imgSize: 32, posEmbed: 'none' })
    expect(distance(copy.forward(x), model.forward(x))).toBe(0)
  })

  test.each([
    ['a zip archive', [0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0]],
    ['a pickle', [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]],
  ])("PyTorch's own files: %s", (_, bytes) =>
    expect(openSafetensors(Uint8Array.from(bytes))).rejects.toThrow("one of PyTorch's"),
  )

  test('every complaint is of the function that was called', async () => {
    await refused({ ...dict, extra: some }, 'VisionTransformer.fromCheckpoint: 1 parameter does not fit')
    const huggingface = convertNames(dict, { from: 'timm', to: 'huggingface' })
    await refused(
      { ...huggingface, extra: some },
      "VisionTransformer.fromCheckpoint: 1 parameter is not among the names of huggingface: 'extra'",
    )
  })
})
