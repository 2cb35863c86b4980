/**
 * vit-pytorch's names (`vit.py`, `simple_vit.py`) at several points of its history, told apart by what is there: norms
 * inside the layers (`0.norm`, `1.net.0`) with one behind the blocks or before the head, and before them wrappers
 * (`PreNorm`: `0.norm`, `0.fn.to_qkv`; earlier still in a `Residual`: `0.fn.norm`, `0.fn.fn.to_qkv`). Beyond timm's own
 * names, `patch_embed.patch_norm` is the norm over a patch's pixels.
 */

import { type Row, type Scheme, under, type Writing } from './row.ts'

const layer = 'transformer.layers.{i}.'

const current: readonly Row[] = [
  ['cls_token', 'cls_token'],
  ['pos_embed', 'pos_embedding'],
  ['patch_embed.patch_norm.*', 'to_patch_embedding.1.*'],
  ['patch_embed.proj.*', 'to_patch_embedding.2.*'],
  ['patch_embed.norm.*', 'to_patch_embedding.3.*'],
  ['norm.*', 'transformer.norm.*'],
  ...under('blocks.{i}.', layer, [
    ['norm1.*', '0.norm.*'],
    ['attn.qkv.*', '0.to_qkv.*'],
    ['norm2.*', '1.net.0.*'],
    ['mlp.fc1.*', '1.net.1.*'],
  ]),
]

const vit: readonly Row[] = [
  ...current,
  ['head.*', 'mlp_head.*'],
  ['blocks.{i}.attn.proj.*', `${layer}0.to_out.0.*`],
  ['blocks.{i}.mlp.fc2.*', `${layer}1.net.4.*`],
]

const simple: readonly Row[] = [
  ...current,
  ['head.*', 'linear_head.*'],
  ['blocks.{i}.attn.proj.*', `${layer}0.to_out.*`],
  ['blocks.{i}.mlp.fc2.*', `${layer}1.net.3.*`],
]

/** Attention and MLP that are wrapped with the norm before them: the norm's name, and what is before their own. */
const wrapped = (norm: string, inner: string): Row[] =>
  under('blocks.{i}.', layer, [
    ['norm1.*', `0.${norm}.*`],
    ['attn.qkv.*', `0.${inner}.to_qkv.*`],
    ['attn.proj.*', `0.${inner}.to_out.0.*`],
    ['attn.proj.*', `0.${inner}.to_out.*`],
    ['norm2.*', `1.${norm}.*`],
    ['mlp.fc1.*', `1.${inner}.net.0.*`],
    ['mlp.fc2.*', `1.${inner}.net.3.*`],
    ['mlp.fc2.*', `1.${inner}.net.2.*`],
  ])

const heads: readonly Row[] = ['mlp_head', 'linear_head'].flatMap((head): Row[] => [
  ['fc_norm.*', `${head}.0.*`],
  ['head.*', `${head}.1.*`],
])

export const vitPytorchWritings: readonly Writing[] = [
  { prefix: '', rows: vit, fits: (timm) => timm.has('pos_embed') },
  { prefix: '', rows: simple, fits: () => true },
]

export const vitPytorch: Scheme = {
  landmark: /(to_patch_embedding\.[12]|patch_to_embedding)\.weight$/,
  prefixes: [],
  beside: /(?!)/,
  rows: [
    // patches that are only projected
    ['patch_embed.proj.*', ['to_patch_embedding.1.*', '!to_patch_embedding.2.weight']],
    ['patch_embed.proj.*', 'patch_to_embedding.*'],
    ...heads,
    ...wrapped('norm', 'fn'),
    ...wrapped('fn.norm', 'fn.fn'),
    ...vit,
    ...simple,
  ],
  unused: /(?!)/,
}
