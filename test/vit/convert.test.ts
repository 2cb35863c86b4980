import { existsSync, readFileSync } from 'node:fs'
import ndarray, { type Data, type NdArray } from 'ndarray'
import {
  CheckpointError,
  convertNames,
  type Naming,
  readSafetensors,
  type StateDict,
} from 'tesserae/checkpoint'
import { describe, expect, test } from 'vitest'

const values = (x: NdArray<Data>): unknown[] => {
  if (x.shape.length === 0) return [x.get()]
  return Array.from({ length: x.shape[0]! }, (_, i) => {
    return values(x.pick(i, ...new Array<null>(x.shape.length - 1).fill(null)))
  }).flat()
}
const contents = (dict: StateDict) =>
  Object.fromEntries(
    Object.entries(dict)
      .sort()
      .map(([name, x]) => [name, { shape: [...x.shape], values: values(x) }]),
  )

let next = 0
const tensor = (...shape: number[]) =>
  ndarray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => ++next),
    shape,
  )

/** A model in timm's names: width 6, patches 2×2 of one channel, 2 blocks, 3 classes. */
function timmModel({ scales = false, registers = 0, head = true, qkvBias = true } = {}): StateDict {
  const dict: StateDict = {
    cls_token: tensor(1, 1, 6),
    pos_embed: tensor(1, 1 + registers + 4, 6),
    'patch_embed.proj.weight': tensor(6, 1, 2, 2),
    'patch_embed.proj.bias': tensor(6),
    'norm.weight': tensor(6),
    'norm.bias': tensor(6),
  }
  for (const i of [0, 10]) {
    const block: StateDict = {
      'norm1.weight': tensor(6),
      'norm1.bias': tensor(6),
      'attn.qkv.weight': tensor(18, 6),
      ...(qkvBias && { 'attn.qkv.bias': tensor(18) }),
      'attn.proj.weight': tensor(6, 6),
      'attn.proj.bias': tensor(6),
      'norm2.weight': tensor(6),
      'norm2.bias': tensor(6),
      'mlp.fc1.weight': tensor(8, 6),
      'mlp.fc1.bias': tensor(8),
      'mlp.fc2.weight': tensor(6, 8),
      'mlp.fc2.bias': tensor(6),
      ...(scales && { 'ls1.gamma': tensor(6), 'ls2.gamma': tensor(6) }),
    }
    for (const [name, x] of Object.entries(block)) dict[`blocks.${i}.${name}`] = x
  }
  if (head) Object.assign(dict, { 'head.weight': tensor(3, 6), 'head.bias': tensor(3) })
  if (registers > 0) {
    const positions = tensor(1, 1 + registers + 4, 6)
    Object.assign(dict, { reg_token: tensor(1, registers, 6), pos_embed: positions })
    for (let r = 0; r < registers; r++) for (let d = 0; d < 6; d++) positions.set(0, 1 + r, d, 0)
  }
  return dict
}

describe('a round trip through other names gives the same names and values', () => {
  test.each<[string, Naming, Parameters<typeof timmModel>[0]]>([
    ['ViTForImageClassification', 'huggingface', {}],
    ['ViTModel, without a head', 'huggingface', { head: false }],
    ['queries, keys and values without bias', 'huggingface', { qkvBias: false }],
    ['DINOv2', 'huggingface', { scales: true }],
    ['DINOv2 with registers', 'huggingface', { scales: true, registers: 2 }],
    ['the ViT of document 1', 'torch', {}],
  ])('%s', (_, naming, options) => {
    const timm = timmModel(options)
    const there = convertNames(timm, { from: 'timm', to: naming })
    expect(Object.keys(there)).not.toContain('blocks.0.norm1.weight')
    expect(contents(convertNames(there, { from: naming, to: 'timm' }))).toEqual(contents(timm))
    expect(contents(convertNames(there, { from: naming, to: naming }))).toEqual(contents(there))
  })

  test('vit-pytorch, whose projection stays a Linear', () => {
    const timm = timmModel({ qkvBias: false })
    const there = convertNames(timm, { from: 'timm', to: 'vit-pytorch' })
    expect(there).toMatchObject({ cls_token: { shape: [1, 6] }, pos_embedding: { shape: [5, 6] } })
    const back = convertNames(there, { from: 'vit-pytorch', to: 'timm' })
    expect(back['patch_embed.proj.weight']?.shape).toEqual([6, 4])
    const linear = {
      ...timm,
      'patch_embed.proj.weight': ndarray(timm['patch_embed.proj.weight']!.data, [6, 4]),
    }
    expect(contents(back)).toEqual(contents(linear))
  })
})

test('a bare model of Hugging Face has no prefix, one with a classifier has', () => {
  const bare = convertNames(timmModel({ head: false }), { from: 'timm', to: 'huggingface' })
  expect(bare).toHaveProperty(['encoder.layer.10.layernorm_after.bias'])
  const whole = convertNames(timmModel(), { from: 'timm', to: 'huggingface' })
  expect(whole).toHaveProperty(['vit.encoder.layer.10.layernorm_after.bias'])
  expect(whole).toHaveProperty(['classifier.weight'])
  expect(convertNames(timmModel({ scales: true }), { from: 'timm', to: 'huggingface' })).toHaveProperty([
    'dinov2.encoder.layer.10.layer_scale2.lambda1',
  ])
})

test('queries, keys and values are the thirds of the rows, as views', () => {
  const timm = timmModel()
  const there = convertNames(timm, { from: 'timm', to: 'huggingface' })
  const key = there['vit.encoder.layer.0.attention.attention.key.weight']!
  expect(key.shape).toEqual([6, 6])
  expect(key.get(0, 0)).toBe(timm['blocks.0.attn.qkv.weight']!.get(6, 0))
  expect(key.data).toBe(timm['blocks.0.attn.qkv.weight']!.data)
})

test('SimpleViT of vit-pytorch is read and written, its norm over pixels included', () => {
  const simple: StateDict = {
    'to_patch_embedding.1.weight': tensor(4),
    'to_patch_embedding.2.weight': tensor(6, 4),
    'to_patch_embedding.3.weight': tensor(6),
    'transformer.layers.0.0.to_qkv.weight': tensor(9, 6),
    'transformer.layers.0.0.to_out.weight': tensor(6, 3),
    'transformer.layers.0.1.net.3.weight': tensor(6, 8),
    'linear_head.weight': tensor(3, 6),
  }
  const timm = convertNames(simple, { from: 'vit-pytorch', to: 'timm' })
  expect(Object.keys(timm).sort()).toEqual([
    'blocks.0.attn.proj.weight',
    'blocks.0.attn.qkv.weight',
    'blocks.0.mlp.fc2.weight',
    'head.weight',
    'patch_embed.norm.weight',
    'patch_embed.patch_norm.weight',
    'patch_embed.proj.weight',
  ])
  expect(contents(convertNames(timm, { from: 'timm', to: 'vit-pytorch' }))).toEqual(contents(simple))
})

test('what no answer depends on is left out', () => {
  const bare = {
    'embeddings.cls_token': tensor(1, 1, 6),
    'embeddings.mask_token': tensor(1, 6),
    'pooler.dense.weight': tensor(6, 6),
  }
  expect(Object.keys(convertNames(bare, { from: 'huggingface', to: 'timm' }))).toEqual(['cls_token'])
})

describe('what has no place is refused', () => {
  const refusal = (dict: StateDict, from: Naming, to: Naming) => () => convertNames(dict, { from, to })

  test.each<[string, () => unknown, string]>([
    [
      'a name that is not one of theirs',
      refusal({ foo: tensor(1) }, 'huggingface', 'timm'),
      "1 parameter is not among the names of huggingface: 'foo'",
    ],
    [
      'layer scales in torch',
      refusal(timmModel({ scales: true }), 'timm', 'torch'),
      "4 parameters are without a place in the names of torch: 'blocks.0.ls1.gamma'",
    ],
    [
      'a missing key',
      refusal(
        {
          'encoder.layer.0.attention.attention.query.bias': tensor(2),
          'encoder.layer.0.attention.attention.value.bias': tensor(2),
        },
        'huggingface',
        'timm',
      ),
      "key of 'blocks.0.attn.qkv.bias' is missing",
    ],
    [
      'rows that are not three thirds',
      refusal({ 'blocks.0.attn.qkv.bias': tensor(4) }, 'timm', 'huggingface'),
      'has 4 rows',
    ],
    ['an unknown library', refusal({}, 'keras' as Naming, 'timm'), 'there are no names of "keras"'],
  ])('%s', (_, run, words) => {
    expect(run).toThrow(CheckpointError)
    expect(run).toThrow(words)
  })

  test('positions of registers that are not 0, where the other library has none', () => {
    const dict = timmModel({ scales: true, registers: 2 })
    const { pos_embed: positions } = dict
    positions!.set(0, 1, 0, 5)
    expect(refusal(dict, 'timm', 'huggingface')).toThrow('with positions of registers')
  })
})

const vectors = new URL('../../../shared/vectors/vit/', import.meta.url)

describe.skipIf(!existsSync(vectors))('real files (skipped without ../shared/vectors)', () => {
  const parameters = (file: string, prefix: string): StateDict =>
    Object.fromEntries(
      Object.entries(readSafetensors(readFileSync(new URL(file, vectors))))
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, x]) => [name.slice(prefix.length), x]),
    )

  test('torch names of an encoder layer hold the values of the timm names beside them', () => {
    const file = 'e_equiv_timm_block_torch_encoder_layer.safetensors'
    const within = (dict: StateDict, prefix: string) =>
      Object.fromEntries(Object.entries(dict).map(([name, x]) => [prefix + name, x]))
    const timm = within(parameters(file, 'param.'), 'blocks.0.')
    const torch = within(parameters(file, 'torch.'), 'encoder_blocks.layers.0.')
    expect(contents(convertNames(torch, { from: 'torch', to: 'timm' }))).toEqual(contents(timm))
    expect(contents(convertNames(timm, { from: 'timm', to: 'torch' }))).toEqual(contents(torch))
  })

  test.each<[string, Naming]>([
    ['e_hf_names_vit', 'huggingface'],
    ['c_seed001_vit_exact', 'torch'],
    ['e_vitpytorch_vit_cls', 'vit-pytorch'],
    ['e_vitpytorch_simple_vit', 'vit-pytorch'],
  ])('%s comes back from timm names as it was', (file, naming) => {
    const dict = parameters(`${file}.safetensors`, 'param.')
    const timm = convertNames(dict, { from: naming, to: 'timm' })
    expect(Object.keys(timm)).toContain('blocks.0.mlp.fc2.weight')
    expect(contents(convertNames(timm, { from: 'timm', to: naming }))).toEqual(contents(dict))
  })
})

test('the empty class token of a vit-pytorch ViT that pools by the mean is left out and written back', () => {
  const mean: StateDict = {
    cls_token: tensor(0, 6),
    pos_embedding: tensor(4, 6),
    'to_patch_embedding.2.weight': tensor(6, 4),
    'transformer.layers.0.0.to_out.0.weight': tensor(6, 3),
    'mlp_head.weight': tensor(3, 6),
  }
  const timm = convertNames(mean, { from: 'vit-pytorch', to: 'timm' })
  expect(timm).not.toHaveProperty('cls_token')
  expect(contents(convertNames(timm, { from: 'timm', to: 'vit-pytorch' }))).toEqual(contents(mean))
})

test('the gated MLP of the giant DINOv2 is read and written under its own names', () => {
  const timm: StateDict = {
    ...timmModel({ scales: true, head: false }),
    ...Object.fromEntries(
      [0, 10].flatMap((i) => [
        [`blocks.${i}.mlp.fc1.weight`, tensor(16, 6)],
        [`blocks.${i}.mlp.fc1.bias`, tensor(16)],
      ]),
    ),
  }
  const there = convertNames(timm, { from: 'timm', to: 'huggingface' })
  expect(there['encoder.layer.0.mlp.weights_in.weight']?.shape).toEqual([16, 6])
  expect(there['encoder.layer.10.mlp.weights_out.weight']?.shape).toEqual([6, 8])
  expect(contents(convertNames(there, { from: 'huggingface', to: 'timm' }))).toEqual(contents(timm))
})

test('names of OpenAI are only read: tokens get their axes, a projection becomes the weight of a head', () => {
  const theirs: StateDict = {
    'visual.class_embedding': tensor(6),
    'visual.positional_embedding': tensor(5, 6),
    'visual.conv1.weight': tensor(6, 1, 2, 2),
    'visual.ln_pre.weight': tensor(6),
    'visual.ln_post.weight': tensor(6),
    'visual.transformer.resblocks.0.attn.in_proj_weight': tensor(18, 6),
    'visual.proj': tensor(6, 3),
    'transformer.resblocks.0.attn.in_proj_weight': tensor(9, 3),
    positional_embedding: tensor(7, 3),
  }
  const timm = convertNames(theirs, { from: 'openai', to: 'timm' })
  const shapes = Object.fromEntries(Object.entries(timm).map(([name, x]) => [name, x.shape]))
  expect(shapes).toEqual({
    cls_token: [1, 1, 6],
    pos_embed: [1, 5, 6],
    'patch_embed.proj.weight': [6, 1, 2, 2],
    'norm_pre.weight': [6],
    'norm.weight': [6],
    'head.weight': [3, 6],
    'head.bias': [3],
    'blocks.0.attn.qkv.weight': [18, 6],
  })
  expect(timm['head.weight']!.get(2, 4)).toBe(theirs['visual.proj']!.get(4, 2))
  expect(() => convertNames(timm, { from: 'timm', to: 'openai' })).toThrow('names of openai are only read')
})
