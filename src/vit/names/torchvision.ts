/** torchvision's names (`models/vision_transformer.py`), and torch's own inside the ViT of document 1 (`nn.TransformerEncoder`). */

import { type Row, type Scheme, under, type Writing } from './row.ts'

const base: readonly Row[] = [
  ['cls_token', 'class_token'],
  ['pos_embed', 'encoder.pos_embedding'],
  ['patch_embed.proj.*', 'conv_proj.*'],
  ['norm.*', 'encoder.ln.*'],
  ['head.*', 'heads.head.*'],
  ...under('blocks.{i}.', 'encoder.layers.encoder_layer_{i}.', [
    ['norm1.*', 'ln_1.*'],
    ['attn.qkv.weight', 'self_attention.in_proj_weight'],
    ['attn.qkv.bias', 'self_attention.in_proj_bias'],
    ['attn.proj.*', 'self_attention.out_proj.*'],
    ['norm2.*', 'ln_2.*'],
    ['mlp.fc1.*', 'mlp.0.*'],
    ['mlp.fc2.*', 'mlp.3.*'],
  ]),
]

export const torchvisionWritings: readonly Writing[] = [{ prefix: '', rows: base, fits: () => true }]

export const torchvision: Scheme = {
  landmark: /conv_proj\.weight$/,
  prefixes: [],
  beside: /(?!)/,
  rows: [
    ...base,
    // as published files have it, which torchvision renames when it loads them
    ...under('blocks.{i}.', 'encoder.layers.encoder_layer_{i}.', [
      ['mlp.fc1.*', 'mlp.linear_1.*'],
      ['mlp.fc2.*', 'mlp.linear_2.*'],
    ]),
    // as tutorials replace the head: by a Linear, or a Sequential of one behind a dropout
    ['head.*', 'heads.*'],
    ['head.*', 'heads.0.*'],
    ['head.*', 'heads.1.*'],
    ['head.*', 'heads.head.0.*'],
    ['head.*', 'heads.head.1.*'],
  ],
  unused: /(?!)/,
}

const torchRows: readonly Row[] = [
  ['cls_token', 'embedding_block.cls_token'],
  ['pos_embed', 'embedding_block.position_embedding'],
  ['patch_embed.proj.*', 'embedding_block.patcher.0.*'],
  ['norm.*', 'mlp_head.0.*'],
  ['head.*', 'mlp_head.1.*'],
  ...under('blocks.{i}.', 'encoder_blocks.layers.{i}.', [
    ['norm1.*', 'norm1.*'],
    ['attn.qkv.weight', 'self_attn.in_proj_weight'],
    ['attn.qkv.bias', 'self_attn.in_proj_bias'],
    ['attn.proj.*', 'self_attn.out_proj.*'],
    ['norm2.*', 'norm2.*'],
    ['mlp.fc1.*', 'linear1.*'],
    ['mlp.fc2.*', 'linear2.*'],
  ]),
]

export const torchWritings: readonly Writing[] = [{ prefix: '', rows: torchRows, fits: () => true }]

export const torch: Scheme = {
  landmark: /embedding_block\.patcher\.0\.weight$/,
  prefixes: [],
  beside: /(?!)/,
  rows: torchRows,
  unused: /(?!)/,
}
