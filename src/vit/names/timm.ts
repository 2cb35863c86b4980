/**
 * timm's names (`models/vision_transformer.py`), which the models here have, and those of its other classes and of the
 * originals that have the same ones but for a few: EVA and BEiT (`models/eva.py`, `models/beit.py`), relative positions
 * (`vision_transformer_relpos.py`), DINOv2 and DINOv3 (facebookresearch), and models of timm inside open_clip.
 */

import { masked } from '../changes.ts'
import { type Row, type Scheme, under } from './row.ts'

const attention: readonly Row[] = [
  ['qkv.bias', ['qkv.bias', 'qkv.bias_mask'], masked],
  ['qkv.bias', ['q_bias', '?k_bias', 'v_bias']],
  ['qkv.weight', ['q_proj.weight', 'k_proj.weight', 'v_proj.weight']],
  ['qkv.bias', ['q_proj.bias', '?k_proj.bias', 'v_proj.bias']],
  ['qkv.bias', ['q_bias', '?k_bias', 'v_bias']],
  ['norm.*', 'inner_attn_ln.*'],
  ['rel_pos.relative_position_bias_table', 'relative_position_bias_table'],
]

const mlp: readonly Row[] = [
  ['fc1.*', 'w12.*'],
  ['fc1_g.*', 'w1.*'],
  ['fc1_x.*', 'w2.*'],
  ['fc2.*', 'w3.*'],
  ['norm.*', 'ffn_ln.*'],
]

/** What is not called as timm's Vision Transformer calls it; every other name stays as it is. */
const rows: readonly Row[] = [
  ['reg_token', 'register_tokens'],
  ['reg_token', 'storage_tokens'],
  ['head.*', 'visual.head.proj.*'],
  ['blocks.{i}.ls1.gamma', 'blocks.{i}.gamma_1'],
  ['blocks.{i}.ls2.gamma', 'blocks.{i}.gamma_2'],
  ...under('blocks.{i}.attn.', 'blocks.{i}.attn.', attention),
  ...under('blocks.{i}.mlp.', 'blocks.{i}.mlp.', mlp),
  // one table, or one MLP, for all blocks
  ['blocks.{i}.attn.rel_pos.relative_position_bias_table', 'rel_pos_bias.relative_position_bias_table'],
  ['blocks.{i}.attn.rel_pos.relative_position_bias_table', 'shared_rel_pos.relative_position_bias_table'],
  ['blocks.{i}.attn.rel_pos.mlp.fc1.*', 'shared_rel_pos.mlp.fc1.*'],
  ['blocks.{i}.attn.rel_pos.mlp.fc2.*', 'shared_rel_pos.mlp.fc2.*'],
]

export const timm: Scheme = {
  landmark: /patch_embed\.proj\.weight$/,
  prefixes: ['visual.trunk.'],
  beside: /^visual\.head\.proj\./,
  rows,
  // mask tokens, heads and decoders of pretraining, buffers that are computed, texts
  unused:
    /^(mask(ed)?_(token|embed)|(lm_head|pre_logits|text|transformer|local_cls_norm|dino_head|ibot_head)\..*|decoder_\w+(\..*)?|rope_embed\.periods|(.*\.)?(relative_position_index|rope\.freqs_(cos|sin))|logit_(scale|bias))$/,
}
