/**
 * Hugging Face's names: `models/vit` with its sisters (DeiT, BEiT and Data2Vec, ViTMAE, ViTMSN, I-JEPA, ViTPose's
 * backbone), `models/dinov2`, `models/dinov2_with_registers`, `models/dinov3_vit`.
 */

import { withClassPosition } from '../changes.ts'
import { type Row, type Scheme, under, type Writing } from './row.ts'

const layer = 'encoder.layer.{i}.'
const layer0 = layer.replace('{i}', '0')
const self = 'attention.attention.'

const base: readonly Row[] = [
  ['cls_token', 'embeddings.cls_token'],
  ['reg_token', 'embeddings.register_tokens'],
  ['pos_embed', 'embeddings.position_embeddings'],
  ['patch_embed.proj.*', 'embeddings.patch_embeddings.projection.*'],
  ['norm.*', 'layernorm.*'],
  ['head.*', 'classifier.*'],
  ...under('blocks.{i}.attn.', layer, [
    ['qkv.*', [`${self}query.*`, `${self}key.*`, `${self}value.*`]],
    ['proj.*', 'attention.output.dense.*'],
  ]),
]

const vit: readonly Row[] = [
  ...base,
  ...under('blocks.{i}.', layer, [
    ['norm1.*', 'layernorm_before.*'],
    ['norm2.*', 'layernorm_after.*'],
    ['mlp.fc1.*', 'intermediate.dense.*'],
    ['mlp.fc2.*', 'output.dense.*'],
  ]),
]

const dinoBase: readonly Row[] = [
  ...base,
  ...under('blocks.{i}.', layer, [
    ['norm1.*', 'norm1.*'],
    ['norm2.*', 'norm2.*'],
    ['ls1.gamma', 'layer_scale1.lambda1'],
    ['ls2.gamma', 'layer_scale2.lambda1'],
  ]),
]

const dino: readonly Row[] = [
  ...dinoBase,
  ...under('blocks.{i}.', layer, [
    ['mlp.fc1.*', 'mlp.fc1.*'],
    ['mlp.fc2.*', 'mlp.fc2.*'],
  ]),
]

/** The giant DINOv2, whose MLP is gated. */
const dinoGated: readonly Row[] = [
  ...dinoBase,
  ...under('blocks.{i}.', layer, [
    ['mlp.fc1.*', 'mlp.weights_in.*'],
    ['mlp.fc2.*', 'mlp.weights_out.*'],
  ]),
]

const bias = 'relative_position_bias.relative_position_bias_table'

/** What the sisters of the plain ViT have beside its names; read only. */
const sisters: readonly Row[] = [
  // ViTPose's backbone, whose patches have the position of a class token that is not there
  [
    'pos_embed',
    ['embeddings.position_embeddings', `&${layer0}mlp.fc1.weight`, `&${layer0}layernorm_before.weight`],
    withClassPosition,
  ],
  ['dist_token', ['embeddings.distillation_token', '&distillation_classifier.weight']], // DeiT
  ['reg_token', 'embeddings.distillation_token'],
  ['head.*', 'cls_classifier.*'],
  ['head_dist.*', 'distillation_classifier.*'],
  ['fc_norm.*', 'pooler.layernorm.*'], // BEiT
  ['blocks.{i}.ls1.gamma', `${layer}lambda_1`],
  ['blocks.{i}.ls2.gamma', `${layer}lambda_2`],
  [
    'blocks.{i}.attn.qkv.bias',
    [
      ...[`${layer}${self}query.bias`, `?${layer}${self}key.bias`, `${layer}${self}value.bias`],
      `&${layer}lambda_1`,
    ],
  ],
  ['blocks.{i}.attn.rel_pos.relative_position_bias_table', `${layer}${self}${bias}`],
  ['blocks.{i}.attn.rel_pos.relative_position_bias_table', `encoder.${bias}`],
]

const hasScales = (timm: ReadonlyMap<string, unknown>): boolean => timm.has('blocks.0.ls1.gamma')

/** Whether the first map of the MLP gives twice what the second takes: a gate and what it opens. */
const isGated: Writing['fits'] = (timm) =>
  timm.get('blocks.0.mlp.fc1.weight')?.shape[0] === 2 * (timm.get('blocks.0.mlp.fc2.weight')?.shape[1] ?? 0)

export const huggingfaceWritings: readonly Writing[] = [
  {
    prefix: 'dinov2_with_registers.',
    rows: dinoGated,
    fits: (timm) => hasScales(timm) && isGated(timm) && timm.has('reg_token'),
  },
  { prefix: 'dinov2.', rows: dinoGated, fits: (timm) => hasScales(timm) && isGated(timm) },
  {
    prefix: 'dinov2_with_registers.',
    rows: dino,
    fits: (timm) => hasScales(timm) && timm.has('reg_token'),
  },
  { prefix: 'dinov2.', rows: dino, fits: hasScales },
  { prefix: 'vit.', rows: vit, fits: () => true },
]

export const huggingface: Scheme = {
  landmark: /embeddings\.patch_embeddings\.projection\.weight$/,
  prefixes: ['vit.', 'deit.', 'beit.', 'data2vec_vision.', 'dinov2.', 'dinov2_with_registers.', 'ijepa.'],
  beside: /^(\w*classifier|layernorm)\./,
  rows: [...sisters, ...vit, ...dino, ...dinoGated],
  // beside the image's tower: the pooler, mask tokens, decoders and heads of pretraining
  unused:
    /^(pooler\.dense\..*|embeddings\.mask_token|decoder\..*|lm_head\..*|(.*\.)?relative_position_index)$/,
}

const v3 = 'layer.{i}.'

export const dinov3: Scheme = {
  landmark: /embeddings\.patch_embeddings\.weight$/,
  prefixes: ['dinov3_vit.', 'dinov3.', 'model.'],
  beside: /^classifier\./,
  rows: [
    ['cls_token', 'embeddings.cls_token'],
    ['reg_token', 'embeddings.register_tokens'],
    ['patch_embed.proj.*', 'embeddings.patch_embeddings.*'],
    ['norm.*', 'norm.*'],
    ['head.*', 'classifier.*'],
    ...under('blocks.{i}.', v3, [
      ['norm1.*', 'norm1.*'],
      ['attn.qkv.weight', ['attention.q_proj.weight', 'attention.k_proj.weight', 'attention.v_proj.weight']],
      ['attn.qkv.bias', ['?attention.q_proj.bias', '?attention.k_proj.bias', '?attention.v_proj.bias']],
      ['attn.proj.*', 'attention.o_proj.*'],
      ['ls1.gamma', 'layer_scale1.lambda1'],
      ['norm2.*', 'norm2.*'],
      ['mlp.fc1_g.*', 'mlp.gate_proj.*'],
      ['mlp.fc1_x.*', ['mlp.up_proj.*', '&mlp.gate_proj.weight']],
      ['mlp.fc1.*', 'mlp.up_proj.*'],
      ['mlp.fc2.*', 'mlp.down_proj.*'],
      ['ls2.gamma', 'layer_scale2.lambda1'],
    ]),
  ],
  unused: /^(embeddings\.mask_token|rope_embeddings\..*)$/,
}
