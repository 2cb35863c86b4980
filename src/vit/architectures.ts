/**
 * What a configuration's name of an architecture tells: heads, eps, activation, kind of block and rotary positions of
 * timm's models (1.0.29: `vision_transformer`, `eva`, `beit`, `deit`, `vision_transformer_relpos`), and the defaults of
 * Hugging Face's classes by their `model_type`, which configurations leave out. The rows that fit are laid over each other.
 */

import type { VisionTransformerOptions } from './vision-transformer-options.ts'

type Row = readonly [name: RegExp, options: VisionTransformerOptions]

const quick = { actLayer: 'quick-gelu' } as const
const dinov3 = { normalizeCoords: true, temperature: 100, rotateHalf: true }
const tanh = { actLayer: 'gelu-tanh' } as const

const timm: readonly Row[] = [
  [/^/, { eps: 1e-6, actLayer: 'gelu', headDim: 64 }],
  [/_clip_(?!224$|336$|560$)|^vit_\w+_clip_|^(aimv2|beit3)_|_dinov3|_pe_(core|lang|spatial)_/, { eps: 1e-5 }],
  [/^eva/, { eps: 1e-6 }],
  // heads of another width than 64
  [/huge_patch1[46]_(224|gap_|clip_|xp_)/, { headDim: 80 }],
  [/giant_patch1[46]_(224|336|560|gap_|clip_)/, { headDim: 88 }],
  [/gigantic_patch14_(224|clip_)/, { headDim: 104 }],
  [/^vit_pe_\w+_gigantic/, { headDim: 96 }],
  [/_so400m_/, { headDim: 72 }],
  [/_giantopt_/, { headDim: 96 }],
  [/^eva02_enormous/, { headDim: 112, blockFn: 'ResPostBlock' }],
  [/^aimv2_|^vit_7b_/, { headDim: 128 }],
  [/^vit_base_patch16_gap_224/, { headDim: 48 }],
  [/^test_vit/, { headDim: 32 }],
  // activations
  [/quickgelu/, quick],
  [
    /^vit_(so400m_patch16|giantopt_patch16)_siglip|^vit_base_patch32_siglip|^vit_large_patch16_siglip\w*_512/,
    tanh,
  ],
  // blocks, pooling, positions
  [/_rpn_/, { blockFn: 'ResPostBlock' }],
  [/^test_vit3/, { poolIncludePrefix: true }],
  [/^eva02_(?!enormous)|_rope_reg\d_/, { rotary: { referenceGrid: [16, 16] } }],
  [/_rope_(ape_)?\d+$/, { rotary: { temperature: 100, gridIndexing: 'xy' } }],
  [/_rope_mixed_/, { rotary: { mixed: true, gridIndexing: 'xy' } }],
  [/_dinov3/, { rotary: dinov3 }],
  [
    /_pe_core_(tiny|small|large)_/,
    { rotary: { gridIndexing: 'xy', gridOffset: 1, referenceGrid: [24, 24] } },
  ],
  [/_pe_core_base_/, { rotary: { gridIndexing: 'xy', gridOffset: 1, referenceGrid: [14, 14] } }],
  [/_pe_(lang|spatial)_/, { rotary: { gridIndexing: 'xy', gridOffset: 1, referenceGrid: [32, 32] } }],
  [/_pe_\w+_gigantic_/, { rotary: { gridIndexing: 'xy', gridOffset: 0, referenceGrid: [32, 32] } }],
]

const huggingface: readonly Row[] = [
  [/^(vit|deit|beit|data2vec-vision|vit_mae|ijepa|vitpose_backbone)$/, { eps: 1e-12, actLayer: 'gelu' }],
  [/^(dinov2|dinov2_with_registers|vit_msn)$/, { eps: 1e-6, actLayer: 'gelu' }],
  [/^dinov3_vit$/, { eps: 1e-5, actLayer: 'gelu', rotary: dinov3 }],
  [/^clip(_vision_model)?$/, { eps: 1e-5, ...quick }],
  [/^siglip2?(_vision_model)?$/, { eps: 1e-6, ...tanh }],
]

/** timm's names: a family, what is special, the patch and the size. */
const isTimm = /^(vit|deit3?|beit(v2|3)?|eva(02)?|aimv2|flexivit|test_vit\d?)(_|$)\w*/

/** The options that an architecture's name tells; none where the name is not known. */
export function architectureOptions(architecture: string | undefined): VisionTransformerOptions {
  const name = architecture?.split('.')[0] ?? ''
  const rows = huggingface.some(([known]) => known.test(name)) ? huggingface : isTimm.test(name) ? timm : []
  return Object.assign({}, ...rows.flatMap(([known, options]) => (known.test(name) ? [options] : [])))
}
