/**
 * How five libraries call the parameters of a Vision Transformer. Each naming is a table of rows "timm's name, their
 * name"; `{i}` stands for the number of a block, `*` for `weight` and `bias`. A row with three names of theirs is a
 * tensor that they keep in three: queries, keys and values.
 *
 * Sources: timm `models/vision_transformer.py`; transformers `models/vit`, `models/dinov2`,
 * `models/dinov2_with_registers`, `models/clip`; torchvision `models/vision_transformer.py`; torch `nn.TransformerEncoder`
 * inside the ViT of document 1; vit-pytorch `vit.py`, `simple_vit.py`. Beyond timm's own names, `patch_embed.patch_norm` is vit-pytorch's norm over a patch's pixels.
 */

export type Naming = 'timm' | 'huggingface' | 'torchvision' | 'torch' | 'vit-pytorch'

/** The namings as a sentence lists them. */
export const namings = 'timm, Hugging Face, torchvision, torch or vit-pytorch'

/** timm's name, and theirs: one, or the thirds of its rows. */
export type Row = readonly [timm: string, theirs: string | readonly [string, string, string]]

type Shaped = { readonly shape: readonly number[] }

/** One library's names; a library whose classes differ has several. */
export interface Variant {
  readonly naming: Naming
  /** Before every name of the class with a classifier, absent from the files of the bare model. */
  readonly prefix: string
  readonly rows: readonly Row[]
  /** Whether a model with these names of timm is written so; the first variant that fits is taken. */
  fits(timm: ReadonlyMap<string, Shaped>): boolean
}

const self = 'encoder.layer.{i}.attention'
const huggingface: readonly Row[] = [
  ['cls_token', 'embeddings.cls_token'],
  ['reg_token', 'embeddings.register_tokens'],
  ['pos_embed', 'embeddings.position_embeddings'],
  ['patch_embed.proj.*', 'embeddings.patch_embeddings.projection.*'],
  ['norm.*', 'layernorm.*'],
  ['head.*', 'classifier.*'],
  [
    'blocks.{i}.attn.qkv.*',
    [`${self}.attention.query.*`, `${self}.attention.key.*`, `${self}.attention.value.*`],
  ],
  ['blocks.{i}.attn.proj.*', `${self}.output.dense.*`],
]

const hasScales = (timm: ReadonlyMap<string, Shaped>): boolean => timm.has('blocks.0.ls1.gamma')

/** Whether the first map of the MLP gives twice what the second takes: a gate and what it opens. */
const isGated = (timm: ReadonlyMap<string, Shaped>): boolean =>
  timm.get('blocks.0.mlp.fc1.weight')?.shape[0] === 2 * (timm.get('blocks.0.mlp.fc2.weight')?.shape[1] ?? 0)

const dinoBase: readonly Row[] = [
  ...huggingface,
  ['blocks.{i}.norm1.*', 'encoder.layer.{i}.norm1.*'],
  ['blocks.{i}.norm2.*', 'encoder.layer.{i}.norm2.*'],
  ['blocks.{i}.ls1.gamma', 'encoder.layer.{i}.layer_scale1.lambda1'],
  ['blocks.{i}.ls2.gamma', 'encoder.layer.{i}.layer_scale2.lambda1'],
]

const dino: readonly Row[] = [
  ...dinoBase,
  ['blocks.{i}.mlp.fc1.*', 'encoder.layer.{i}.mlp.fc1.*'],
  ['blocks.{i}.mlp.fc2.*', 'encoder.layer.{i}.mlp.fc2.*'],
]

/** The giant DINOv2, whose MLP is gated. */
const dinoGated: readonly Row[] = [
  ...dinoBase,
  ['blocks.{i}.mlp.fc1.*', 'encoder.layer.{i}.mlp.weights_in.*'],
  ['blocks.{i}.mlp.fc2.*', 'encoder.layer.{i}.mlp.weights_out.*'],
]

/** The image tower of CLIP, whose head is the projection to what images and texts share. */
const clip: readonly Row[] = [
  ['cls_token', 'embeddings.class_embedding'],
  ['pos_embed', 'embeddings.position_embedding.weight'],
  ['patch_embed.proj.*', 'embeddings.patch_embedding.*'],
  ['norm_pre.*', 'pre_layrnorm.*'],
  ['norm.*', 'post_layernorm.*'],
  ['head.weight', 'visual_projection.weight'],
  ['blocks.{i}.norm1.*', 'encoder.layers.{i}.layer_norm1.*'],
  [
    'blocks.{i}.attn.qkv.*',
    [
      'encoder.layers.{i}.self_attn.q_proj.*',
      'encoder.layers.{i}.self_attn.k_proj.*',
      'encoder.layers.{i}.self_attn.v_proj.*',
    ],
  ],
  ['blocks.{i}.attn.proj.*', 'encoder.layers.{i}.self_attn.out_proj.*'],
  ['blocks.{i}.norm2.*', 'encoder.layers.{i}.layer_norm2.*'],
  ['blocks.{i}.mlp.fc1.*', 'encoder.layers.{i}.mlp.fc1.*'],
  ['blocks.{i}.mlp.fc2.*', 'encoder.layers.{i}.mlp.fc2.*'],
]

const visionBlock = 'encoder.layers.encoder_layer_{i}'
const torchvision: readonly Row[] = [
  ['cls_token', 'class_token'],
  ['pos_embed', 'encoder.pos_embedding'],
  ['patch_embed.proj.*', 'conv_proj.*'],
  ['norm.*', 'encoder.ln.*'],
  ['head.*', 'heads.head.*'],
  ['blocks.{i}.norm1.*', `${visionBlock}.ln_1.*`],
  ['blocks.{i}.attn.qkv.weight', `${visionBlock}.self_attention.in_proj_weight`],
  ['blocks.{i}.attn.qkv.bias', `${visionBlock}.self_attention.in_proj_bias`],
  ['blocks.{i}.attn.proj.*', `${visionBlock}.self_attention.out_proj.*`],
  ['blocks.{i}.norm2.*', `${visionBlock}.ln_2.*`],
]

const vitPytorch: readonly Row[] = [
  ['cls_token', 'cls_token'],
  ['pos_embed', 'pos_embedding'],
  ['patch_embed.patch_norm.*', 'to_patch_embedding.1.*'],
  ['patch_embed.proj.*', 'to_patch_embedding.2.*'],
  ['patch_embed.norm.*', 'to_patch_embedding.3.*'],
  ['norm.*', 'transformer.norm.*'],
  ['blocks.{i}.norm1.*', 'transformer.layers.{i}.0.norm.*'],
  ['blocks.{i}.attn.qkv.*', 'transformer.layers.{i}.0.to_qkv.*'],
  ['blocks.{i}.norm2.*', 'transformer.layers.{i}.1.net.0.*'],
  ['blocks.{i}.mlp.fc1.*', 'transformer.layers.{i}.1.net.1.*'],
]

export const variants: readonly Variant[] = [
  {
    naming: 'huggingface',
    prefix: 'dinov2_with_registers.',
    rows: dinoGated,
    fits: (timm) => hasScales(timm) && isGated(timm) && timm.has('reg_token'),
  },
  {
    naming: 'huggingface',
    prefix: 'dinov2.',
    rows: dinoGated,
    fits: (timm) => hasScales(timm) && isGated(timm),
  },
  {
    naming: 'huggingface',
    prefix: 'dinov2_with_registers.',
    rows: dino,
    fits: (timm) => hasScales(timm) && timm.has('reg_token'),
  },
  { naming: 'huggingface', prefix: 'dinov2.', rows: dino, fits: hasScales },
  {
    naming: 'huggingface',
    prefix: 'vit.',
    rows: [
      ...huggingface,
      ['blocks.{i}.norm1.*', 'encoder.layer.{i}.layernorm_before.*'],
      ['blocks.{i}.norm2.*', 'encoder.layer.{i}.layernorm_after.*'],
      ['blocks.{i}.mlp.fc1.*', 'encoder.layer.{i}.intermediate.dense.*'],
      ['blocks.{i}.mlp.fc2.*', 'encoder.layer.{i}.output.dense.*'],
    ],
    fits: () => true,
  },
  { naming: 'huggingface', prefix: 'vision_model.', rows: clip, fits: () => false }, // only read
  {
    naming: 'torchvision',
    prefix: '',
    rows: [
      ...torchvision,
      ['blocks.{i}.mlp.fc1.*', `${visionBlock}.mlp.0.*`],
      ['blocks.{i}.mlp.fc2.*', `${visionBlock}.mlp.3.*`],
    ],
    fits: () => true,
  },
  {
    naming: 'torchvision', // as published files have it, which torchvision renames when it loads them
    prefix: '',
    rows: [
      ...torchvision,
      ['blocks.{i}.mlp.fc1.*', `${visionBlock}.mlp.linear_1.*`],
      ['blocks.{i}.mlp.fc2.*', `${visionBlock}.mlp.linear_2.*`],
    ],
    fits: () => false,
  },
  {
    naming: 'torch',
    prefix: '',
    rows: [
      ['cls_token', 'embedding_block.cls_token'],
      ['pos_embed', 'embedding_block.position_embedding'],
      ['patch_embed.proj.*', 'embedding_block.patcher.0.*'],
      ['norm.*', 'mlp_head.0.*'],
      ['head.*', 'mlp_head.1.*'],
      ['blocks.{i}.norm1.*', 'encoder_blocks.layers.{i}.norm1.*'],
      ['blocks.{i}.attn.qkv.weight', 'encoder_blocks.layers.{i}.self_attn.in_proj_weight'],
      ['blocks.{i}.attn.qkv.bias', 'encoder_blocks.layers.{i}.self_attn.in_proj_bias'],
      ['blocks.{i}.attn.proj.*', 'encoder_blocks.layers.{i}.self_attn.out_proj.*'],
      ['blocks.{i}.norm2.*', 'encoder_blocks.layers.{i}.norm2.*'],
      ['blocks.{i}.mlp.fc1.*', 'encoder_blocks.layers.{i}.linear1.*'],
      ['blocks.{i}.mlp.fc2.*', 'encoder_blocks.layers.{i}.linear2.*'],
    ],
    fits: () => true,
  },
  {
    naming: 'vit-pytorch', // ViT
    prefix: '',
    rows: [
      ...vitPytorch,
      ['head.*', 'mlp_head.*'],
      ['blocks.{i}.attn.proj.*', 'transformer.layers.{i}.0.to_out.0.*'],
      ['blocks.{i}.mlp.fc2.*', 'transformer.layers.{i}.1.net.4.*'],
    ],
    fits: (timm) => timm.has('pos_embed'),
  },
  {
    naming: 'vit-pytorch', // SimpleViT
    prefix: '',
    rows: [
      ...vitPytorch,
      ['head.*', 'linear_head.*'],
      ['blocks.{i}.attn.proj.*', 'transformer.layers.{i}.0.to_out.*'],
      ['blocks.{i}.mlp.fc2.*', 'transformer.layers.{i}.1.net.3.*'],
    ],
    fits: () => true,
  },
]

/** Parameters that published files hold and no answer depends on. */
export const unused: Readonly<Record<Naming, RegExp>> = {
  timm: /(?!)/,
  // beside the image's tower: the pooler, mask tokens, MAE's decoder, CLIP's text tower
  huggingface:
    /^((\w+\.)?(pooler\.dense\.(weight|bias)|embeddings\.(mask_token|position_ids))|(decoder|text_model)\..*|text_projection\.weight|logit_scale)$/,
  torchvision: /(?!)/,
  torch: /(?!)/,
  'vit-pytorch': /(?!)/,
}

/** The template of a name: `blocks.7.norm1.weight` → `blocks.{i}.norm1.weight`, and 7. */
export function templateOf(name: string): { readonly template: string; readonly block: string | undefined } {
  const found = /(?:^|\.)(?:(?:blocks|layers?)\.|encoder_layer_)(\d+)\./.exec(name)
  if (found === null) return { template: name, block: undefined }
  const at = found.index + found[0].length - 1 - found[1]!.length
  return { template: `${name.slice(0, at)}{i}${name.slice(at + found[1]!.length)}`, block: found[1] }
}

/** The rows with `*` written out. */
export function expand(rows: readonly Row[]): Row[] {
  return rows.flatMap(([timm, theirs]) => {
    if (!timm.endsWith('*')) return [[timm, theirs] as const]
    return ['weight', 'bias'].map((kind): Row => {
      const put = (name: string) => name.replace('*', kind)
      return [
        put(timm),
        typeof theirs === 'string' ? put(theirs) : [put(theirs[0]), put(theirs[1]), put(theirs[2])],
      ]
    })
  })
}

/** Which naming a checkpoint's names are of; undefined when none of their class has one of them. */
export function namingOf(names: Iterable<string>): Naming | undefined {
  for (const name of names) {
    if (/^blocks\.\d+\.|^patch_embed\.proj\./.test(name)) return 'timm'
    if (/^conv_proj\.|^encoder\.layers\.encoder_layer_/.test(name)) return 'torchvision'
    if (/^(\w+\.)?embeddings\.|^(\w+\.)?encoder\.layer\./.test(name)) return 'huggingface'
    if (/^embedding_block\.|^encoder_blocks\./.test(name)) return 'torch'
    if (/^transformer\.layers\.|^to_patch_embedding\./.test(name)) return 'vit-pytorch'
  }
  return undefined
}
