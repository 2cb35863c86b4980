/** Architectures that look like a Vision Transformer at first and are others: what tells them apart, so that an error names them instead of parameters. */

const telltales: readonly (readonly [name: RegExp, architecture: string])[] = [
  [/^(dist_token|head_dist\.\w+)$/, 'a distilled DeiT, which has a second token and head'],
  [/relative_position_bias_table$|\.rel_pos_[hw]$/, 'a model with relative positions, such as BEiT or SAM'],
  [
    /^blocks\.\d+\.gamma_1$/,
    "a model whose layer scale is called 'gamma_1', such as EVA, BEiT, DINOv3 or CaiT",
  ],
  [
    /^blocks\.\d+\.attn\.(q_bias|q_proj\.weight)$/,
    'an EVA or BEiT model, whose queries and keys have parameters of their own',
  ],
  [/^patch_embed\.backbone\./, 'a hybrid with a convolutional network before the blocks'],
  [/\.lambda_q1$/, 'a model with differential attention'],
]

/** The architecture that names tell of and the name that tells it; undefined where nothing speaks against a Vision Transformer. */
export function otherArchitecture(
  names: ReadonlySet<string>,
): { readonly architecture: string; readonly name: string } | undefined {
  for (const [telltale, architecture] of telltales) {
    for (const name of names) if (telltale.test(name)) return { architecture, name }
  }
  // of timm's models no other has a norm before its blocks and either attention that pools behind a class token, or no norm at the end
  const has = (name: string) => names.has(name)
  const pools = has('cls_token') && has('attn_pool.q.weight')
  const isPerceptionEncoder =
    has('norm_pre.weight') && (pools || !(has('norm.weight') || has('fc_norm.weight')))
  if (!isPerceptionEncoder) return undefined
  return {
    architecture:
      'a Perception Encoder, whose rotary positions its file does not hold (rotary: false says that it is none)',
    name: 'norm_pre.weight',
  }
}
