import { expect, test } from 'vitest'
import { hintsIn } from '../../src/vit/hints.ts'

test.each<[string, Record<string, string>, object]>([
  ['plain keys', { num_heads: '3', layer_norm_eps: '1e-6' }, { numHeads: 3, eps: 1e-6 }],
  [
    'a configuration as JSON',
    { config: '{"num_attention_heads": 12, "eps": 1e-12}' },
    { numHeads: 12, eps: 1e-12 },
  ],
  [
    "the configuration of Hugging Face's CLIP, its text apart",
    {
      'config.json': JSON.stringify({
        text_config: { num_attention_heads: 8, hidden_act: 'gelu' },
        vision_config: { num_attention_heads: 12, hidden_act: 'quick_gelu', layer_norm_eps: 1e-5 },
      }),
    },
    { numHeads: 12, eps: 1e-5, actLayer: 'quick-gelu' },
  ],
  [
    "an older one, which has the text's twice",
    {
      config: JSON.stringify({
        text_config_dict: { num_attention_heads: 12 },
        hidden_size: 768,
        vision_config: { num_attention_heads: 16, hidden_size: 1024 },
      }),
    },
    { numHeads: 16, embedDim: 1024 },
  ],
  [
    'an optimizer and labels are about something else',
    {
      config: JSON.stringify({
        optimizer: { eps: 1e-8 },
        label2id: { heads: 1, tails: 0 },
        mean: [123.7, 116.3, 103.5],
        std: [58.4, 57.1, 57.4],
      }),
    },
    {},
  ],
  [
    "timm's configuration",
    {
      'config.json': JSON.stringify({
        architecture: 'vit_base_patch16_clip_quickgelu_224',
        global_pool: 'avg',
        model_args: { num_heads: 6 },
        pretrained_cfg: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], crop_pct: 0.9 },
      }),
    },
    {
      ...{ numHeads: 6, architecture: 'vit_base_patch16_clip_quickgelu_224', globalPool: 'avg' },
    },
  ],
  [
    "open_clip's own tower, whose activation is GELU unless it says otherwise",
    {
      'open_clip_config.json': JSON.stringify({ model_cfg: { vision_cfg: { width: 1280, head_width: 80 } } }),
    },
    { headDim: 80, actLayer: 'gelu', eps: 1e-5 },
  ],
  [
    "open_clip's with OpenAI's activation, and with a tower of timm's",
    {
      a: JSON.stringify({ model_cfg: { quick_gelu: true, vision_cfg: { width: 768 } } }),
      b: JSON.stringify({ model_cfg: { vision_cfg: { timm_model_name: 'vit_base_patch16_siglip_224' } } }),
    },
    { actLayer: 'quick-gelu', eps: 1e-5, architecture: 'vit_base_patch16_siglip_224' },
  ],
  [
    'an activation and a pooling that are not known',
    { hidden_act: 'mish', global_pool: 'prr' },
    { otherActivation: 'mish' },
  ],
  ['nothing', { format: 'pt' }, {}],
  [
    'numbers that cannot be',
    { num_heads: '-3', eps: 'small', heads: '2.5' },
    { impossible: ['num_heads "-3"', 'eps "small"'] },
  ],
  ['a text that only begins like JSON', { note: '{not json' }, {}],
])('%s', (_, metadata, hints) => {
  expect(hintsIn(metadata)).toEqual(hints)
})
