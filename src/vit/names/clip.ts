/**
 * The image towers of CLIP and its successors: under Hugging Face's names (`models/clip`, `models/siglip`,
 * `models/siglip2`), those of AIMv2, and under those of OpenAI's own files, which open_clip and Meta's Perception Encoder share.
 */

import { keyAndValueRows, queryRows, transposed } from '../changes.ts'
import { type Row, type Scheme, under } from './row.ts'

/** What pools by attention; one map gives queries, keys and values. */
const pool = (attention: string): Row[] => [
  ['q.weight', [`${attention}in_proj_weight`], queryRows],
  ['q.bias', [`${attention}in_proj_bias`], queryRows],
  ['kv.weight', [`${attention}in_proj_weight`], keyAndValueRows],
  ['kv.bias', [`${attention}in_proj_bias`], keyAndValueRows],
  ['proj.*', `${attention}out_proj.*`],
  ['latent', 'probe'],
  ['norm.*', 'layernorm.*'],
]

export const clip: Scheme = {
  landmark: /embeddings\.patch_embedding\.weight$/,
  prefixes: ['vision_model.'],
  beside: /^visual_projection\./,
  rows: [
    ['cls_token', 'embeddings.class_embedding'],
    ['pos_embed', 'embeddings.position_embedding.weight'],
    ['patch_embed.proj.*', 'embeddings.patch_embedding.*'],
    ['norm_pre.*', 'pre_layrnorm.*'],
    ['norm.*', 'post_layernorm.*'],
    ['head.weight', 'visual_projection.weight'],
    ...under('blocks.{i}.', 'encoder.layers.{i}.', [
      ['norm1.*', 'layer_norm1.*'],
      ['attn.qkv.*', ['self_attn.q_proj.*', 'self_attn.k_proj.*', 'self_attn.v_proj.*']],
      ['attn.proj.*', 'self_attn.out_proj.*'],
      ['norm2.*', 'layer_norm2.*'],
      ['mlp.fc1.*', 'mlp.fc1.*'],
      ['mlp.fc2.*', 'mlp.fc2.*'],
    ]),
    ...under('attn_pool.', 'head.', [
      ...pool('attention.'),
      ['mlp.fc1.*', 'mlp.fc1.*'],
      ['mlp.fc2.*', 'mlp.fc2.*'],
    ]),
  ],
  unused: /^(text_model\..*|text_projection\..*|logit_(scale|bias)|embeddings\.position_ids)$/,
}

/** AIMv2's image tower, in the files that Apple published. */
export const aimv2: Scheme = {
  landmark: /preprocessor\.patchifier\.proj\.weight$/,
  prefixes: [],
  beside: /(?!)/,
  rows: [
    ['pos_embed', 'preprocessor.pos_embed'],
    ['patch_embed.proj.*', 'preprocessor.patchifier.proj.*'],
    ['patch_embed.norm.*', 'preprocessor.patchifier.norm.*'],
    ['norm.*', 'trunk.post_trunk_norm.*'],
    ...under('blocks.{i}.', 'trunk.blocks.{i}.', [
      ['norm1.*', 'norm_1.*'],
      ['attn.qkv.*', 'attn.qkv.*'],
      ['attn.proj.*', 'attn.proj.*'],
      ['norm2.*', 'norm_2.*'],
      ['mlp.fc1_g.*', 'mlp.fc1.*'],
      ['mlp.fc1_x.*', 'mlp.fc3.*'],
      ['mlp.fc2.*', 'mlp.fc2.*'],
    ]),
  ],
  unused: /(?!)/,
}

/** The same as transformers names it (`models/aimv2`); what pools is not read by the class that has no head. */
export const aimv2Model: Scheme = {
  landmark: /embeddings\.patch_embed\.weight$/,
  prefixes: ['vision_model.'],
  beside: /(?!)/,
  rows: [
    ['pos_embed', 'embeddings.position_embedding.weight'],
    ['patch_embed.proj.*', 'embeddings.patch_embed.*'],
    ['patch_embed.norm.*', 'embeddings.rms_norm.*'],
    ['norm.*', 'rms_norm.*'],
    ...under('blocks.{i}.', 'encoder.layers.{i}.', [
      ['norm1.*', 'rms_norm1.*'],
      ['attn.qkv.*', ['attention.q_proj.*', 'attention.k_proj.*', 'attention.v_proj.*']],
      ['attn.proj.*', 'attention.out_proj.*'],
      ['norm2.*', 'rms_norm2.*'],
      ['mlp.fc1_g.*', 'ffn.gate_proj.*'],
      ['mlp.fc1_x.*', 'ffn.up_proj.*'],
      ['mlp.fc2.*', 'ffn.down_proj.*'],
    ]),
  ],
  unused: /^(text_model\..*|(visual|text)_projection\..*|logit_scale)$/,
}

export const openai: Scheme = {
  landmark: /(?<=^|visual\.|module\.)conv1\.weight$/,
  prefixes: ['visual.'],
  beside: /(?!)/,
  rows: [
    ['cls_token', 'class_embedding'],
    ['pos_embed', 'positional_embedding'],
    ['patch_embed.proj.*', 'conv1.*'],
    ['norm_pre.*', 'ln_pre.*'],
    // CLIPA has no norm before the blocks, and pools before the one behind them
    ['norm.*', ['ln_post.*', '&ln_pre.weight']],
    ['fc_norm.*', 'ln_post.*'],
    ['head.weight', ['proj'], transposed],
    ...under('blocks.{i}.', 'transformer.resblocks.{i}.', [
      ['norm1.*', 'ln_1.*'],
      ['attn.qkv.weight', 'attn.in_proj_weight'],
      ['attn.qkv.bias', 'attn.in_proj_bias'],
      ['attn.proj.*', 'attn.out_proj.*'],
      ['ls1.gamma', 'ls_1.gamma'],
      ['norm2.*', 'ln_2.*'],
      ['mlp.fc1.*', 'mlp.c_fc.*'],
      ['mlp.fc2.*', 'mlp.c_proj.*'],
      ['ls2.gamma', 'ls_2.gamma'],
    ]),
    ...under('attn_pool.', 'attn_pool.', [
      ...pool('attn.'),
      ['mlp.fc1.*', 'mlp.c_fc.*'],
      ['mlp.fc2.*', 'mlp.c_proj.*'],
    ]),
  ],
  // the text's tower and what scales the answers
  unused:
    /^((transformer|token_embedding|ln_final|text)\..*|positional_embedding|text_projection(\..*)?|logit_(scale|bias)|attn_mask|input_resolution|context_length|vocab_size)$/,
}
