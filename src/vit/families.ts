/**
 * What the families of Vision Transformers have that neither shapes nor a single name tell: a row says by which names a
 * family is known, and its options. Sources: timm `models/eva.py`, `beit.py`, `vision_transformer.py`; facebookresearch
 * dinov2, dinov3 and perception_models; transformers `models/clip`, `models/siglip`, `models/dinov2`.
 */

import type { Described } from '../checkpoint/described.ts'
import type { Naming } from './naming.ts'
import type { VisionTransformerOptions } from './vision-transformer-options.ts'

/** What is seen of a checkpoint: its parameters under timm's names, and the names of the file they are made of. */
export interface Seen {
  readonly naming: Naming
  has(name: string): boolean
  shapeOf(name: string): readonly number[] | undefined
  /** Whether a parameter is made of tensors with such a name. */
  madeOf(name: string, theirs: RegExp): boolean
}

export interface Family {
  /** As a sentence calls its models. */
  readonly name: string
  is(seen: Seen): boolean
  options(seen: Seen): VisionTransformerOptions
}

/** What is seen of parameters that are made by recipes. */
export function seenIn(
  naming: Naming,
  recipes: ReadonlyMap<string, Described & { readonly from: readonly string[] }>,
): Seen {
  return {
    naming,
    has: (name) => recipes.has(name),
    shapeOf: (name) => recipes.get(name)?.shape,
    madeOf: (name, theirs) => recipes.get(name)?.from.some((from) => theirs.test(from)) ?? false,
  }
}

const gammas = ({ madeOf }: Seen): boolean => madeOf('blocks.0.ls1.gamma', /gamma_1$/)
const queryBias = ({ naming, madeOf }: Seen): boolean =>
  naming === 'timm' &&
  (madeOf('blocks.0.attn.qkv.bias', /q_bias$/) || madeOf('blocks.0.attn.qkv.weight', /q_proj\.weight$/))
const gated = ({ has }: Seen): boolean => has('blocks.0.mlp.fc1_g.weight')
const packed = ({ shapeOf }: Seen): boolean =>
  shapeOf('blocks.0.mlp.fc1.weight')?.[0] === 2 * (shapeOf('blocks.0.mlp.fc2.weight')?.[1] ?? 0)

type Shapes = Seen['shapeOf']

const widthOf = (shapeOf: Shapes): number => shapeOf('patch_embed.proj.weight')?.[0] ?? 0

/** The width of a head in the family's models of one width; others have 64. */
const ofWidth = (shapeOf: Shapes, width: number, headDim: number): VisionTransformerOptions =>
  widthOf(shapeOf) === width ? { headDim } : {}

/** Heads of a width that is the family's, where they fit. */
const multipleOf = (shapeOf: Shapes, headDim: number): VisionTransformerOptions =>
  widthOf(shapeOf) % headDim === 0 ? { headDim } : {}

/** Whether positions, where there are some, are those of a square grid alone. */
const isBare = ({ shapeOf }: Seen): boolean => Number.isInteger(Math.sqrt(shapeOf('pos_embed')?.[1] ?? 0))

/** The size of a square image whose grid has so many distances as a table has rows, of which three are for the class token. */
function sizeOfTable({ has, shapeOf }: Seen): VisionTransformerOptions {
  const [rows = 0] = shapeOf('blocks.0.attn.rel_pos.relative_position_bias_table') ?? []
  const side = (Math.sqrt(rows - (has('cls_token') ? 3 : 0)) + 1) / 2
  const [, , height, width] = shapeOf('patch_embed.proj.weight') ?? []
  return Number.isInteger(side) && height && width ? { imgSize: [side * height, side * width] } : {}
}

/** The first that a checkpoint is of counts. */
export const families: readonly Family[] = [
  {
    name: 'DINOv3',
    is: (seen) =>
      seen.has('reg_token') &&
      !seen.has('pos_embed') &&
      (seen.madeOf('reg_token', /storage_tokens$/) ||
        (seen.has('cls_token') && (gammas(seen) || seen.naming === 'huggingface'))),
    options: ({ madeOf, naming, has, shapeOf }) => ({
      ...{ eps: 1e-5, posEmbed: 'none', fcNorm: false, dynamicImgSize: true },
      ...multipleOf(shapeOf, widthOf(shapeOf) === 4096 ? 128 : 64),
      rotary: { normalizeCoords: true, temperature: 100, rotateHalf: true },
      globalPool:
        naming === 'timm' && !madeOf('reg_token', /storage_tokens$/)
          ? 'avg'
          : has('cls_token')
            ? 'token'
            : 'avg',
    }),
  },
  {
    name: 'rotary ViTs with mixed axes',
    is: ({ has }) => has('rope.freqs'),
    options: ({ has }) => ({
      posEmbed: has('pos_embed') ? 'learn' : 'none',
      rotary: { mixed: true, gridIndexing: 'xy' },
    }),
  },
  {
    name: 'Perception Encoders',
    is: ({ has, naming }) =>
      has('norm_pre.weight') &&
      (naming === 'timm' || naming === 'openai') &&
      (has('attn_pool.q.weight') || !(has('norm.weight') || has('fc_norm.weight'))) &&
      has('blocks.0.norm1.weight'),
    options: ({ has, shapeOf }) => ({
      ...ofWidth(shapeOf, 1536, 96),
      ...{ eps: 1e-5, poolIncludePrefix: has('attn_pool.q.weight'), attnPoolNumHeads: 8, fcNorm: false },
      globalPool: has('attn_pool.q.weight') ? 'map' : 'avg',
      rotary: { gridIndexing: 'xy', gridOffset: has('cls_token') ? 1 : 0 },
    }),
  },
  {
    name: 'BEiT',
    is: ({ has }) => has('blocks.0.attn.rel_pos.relative_position_bias_table'),
    options: (seen) => ({
      ...{ posEmbed: seen.has('pos_embed') ? 'learn' : 'none', relPos: 'bias' },
      ...sizeOfTable(seen),
    }),
  },
  {
    name: "timm's relative positions",
    is: ({ has }) => has('blocks.0.attn.rel_pos.mlp.fc1.weight'),
    options: ({ shapeOf }) => ({
      ...{ posEmbed: 'none', relPos: 'mlp' },
      relPosDim: shapeOf('blocks.0.attn.rel_pos.mlp.fc1.weight')?.[0],
    }),
  },
  {
    name: 'rotary ViTs with registers',
    is: (seen) => gammas(seen) && seen.has('reg_token') && !seen.has('cls_token') && !seen.has('pos_embed'),
    options: () => ({ posEmbed: 'none', rotary: { referenceGrid: [16, 16] } }),
  },
  {
    name: 'rotary ViTs of axial frequencies',
    is: (seen) =>
      gammas(seen) && seen.has('cls_token') && !queryBias(seen) && seen.naming === 'timm' && isBare(seen),
    options: ({ has }) => ({
      posEmbed: has('pos_embed') ? 'learn' : 'none',
      rotary: { temperature: 100, gridIndexing: 'xy' },
    }),
  },
  {
    name: 'EVA-02',
    is: (seen) => queryBias(seen) && (gated(seen) || packed(seen)),
    options: () => ({ rotary: { referenceGrid: [16, 16] } }),
  },
  {
    name: 'EVA',
    is: queryBias,
    // the enormous EVA-02 of CLIP has its norms behind attention and MLP
    options: ({ shapeOf }) =>
      shapeOf('blocks.0.norm1.weight')?.[0] === 1792 ? { blockFn: 'ResPostBlock' } : {},
  },
  {
    name: 'CLIPA',
    is: ({ naming, has }) => naming === 'openai' && has('fc_norm.weight'),
    options: () => ({ eps: 1e-5, globalPool: 'avg' }),
  },
  {
    name: 'CLIP',
    is: ({ has }) => has('norm_pre.bias'),
    options: ({ naming }) => ({ eps: 1e-5, ...(naming !== 'timm' && { actLayer: 'quick-gelu' }) }),
  },
  {
    name: 'SigLIP of timm',
    is: ({ naming, has }) => naming === 'timm' && has('attn_pool.latent') && !has('cls_token'),
    options: ({ shapeOf }) => ofWidth(shapeOf, 1536, 96),
  },
  {
    name: 'SigLIP',
    is: ({ naming, has }) => naming === 'huggingface' && has('attn_pool.latent'),
    options: ({ shapeOf }) => ({
      ...{ eps: 1e-6, actLayer: 'gelu-tanh' },
      // those of flexible sizes have patches that are flattened
      ...(shapeOf('patch_embed.proj.weight')?.length === 2 && {
        ...({ posInterpolation: 'bilinear', posAntialias: true, dynamicImgSize: true } as const),
      }),
    }),
  },
  {
    name: 'a tower of SigLIP',
    is: ({ naming, madeOf }) =>
      naming === 'huggingface' && madeOf('pos_embed', /position_embedding\.weight$/),
    options: () => ({ eps: 1e-6, actLayer: 'gelu-tanh' }),
  },
  {
    name: 'AIMv2',
    is: (seen) => gated(seen) && seen.has('patch_embed.norm.weight') && !seen.has('patch_embed.norm.bias'),
    options: ({ shapeOf }) => ({ eps: 1e-5, ...multipleOf(shapeOf, 128) }),
  },
  {
    name: 'ViTPose',
    is: ({ naming, has, madeOf }) =>
      naming === 'huggingface' && !has('cls_token') && madeOf('blocks.0.mlp.fc1.weight', /mlp\.fc1\.weight$/),
    options: () => ({ patchPadding: 2, eps: 1e-12 }),
  },
  {
    name: 'DINOv2',
    is: ({ naming, has }) => naming === 'huggingface' && has('blocks.0.ls1.gamma'),
    options: () => ({ eps: 1e-6 }),
  },
  {
    name: "vit-pytorch's with wrapped norms",
    is: ({ naming, has }) => naming === 'vit-pytorch' && has('fc_norm.weight'),
    options: ({ has }) => ({ globalPool: has('cls_token') ? 'token' : 'avg' }),
  },
]
