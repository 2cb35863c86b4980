/** Models that are no Vision Transformer, or one with parts that are not computed here: what tells them, so that an error names them instead of parameters. */

const telltales: readonly (readonly [name: RegExp, family: string])[] = [
  [/(^|\.)swinv?2?\.(embeddings|encoder|layernorm)\./, 'a Swin Transformer'],
  [
    /(^|\.)(layers|stages|features)\.\d+\.(blocks\.)?\d+\.attn\.(relative_position_bias_table|cpb_mlp\.|logit_scale)/,
    'a Swin Transformer',
  ],
  [
    /(^|\.)(image_encoder|vision_encoder|shared_image_embedding|prompt_encoder|mask_decoder)\.(.*rel_pos_[hw]|iou_token\.weight|positional_embedding|no_mask_embed\.weight)$/,
    'SAM, the Segment Anything Model',
  ],
  [
    /(^|\.)blocks\.\d+\.attn\.rel_pos_[hw]$/,
    "SAM's image encoder, with windows and decomposed relative positions",
  ],
  [
    /(^|\.)(sam2\.|sam_mask_decoder\.|memory_encoder\.|memory_attention\.)/,
    'SAM 2, the Segment Anything Model',
  ],
  [
    /(^|\.)hiera\.(embeddings|encoder)\.|(^|\.)pos_embed_win(dow)?$|(^|\.)blocks\.\d+\.proj\.weight$/,
    'a Hiera, whose blocks have several widths',
  ],
  [
    /(^|\.)(embeddings\.detection_tokens|det_token|mid_pos_embed|encoder\.mid_position_embeddings)$/,
    'a YOLOS, which detects objects with tokens of its own',
  ],
  [
    /(^|\.)convnextv?2?\.(embeddings|encoder)\.|(^|\.)(stages\.\d+\.(blocks\.)?\d+\.(conv_dw|dwconv)|downsample_layers\.0\.0|features\.1\.0\.(layer_scale|block\.0))(\.weight|$)/,
    'a ConvNeXt',
  ],
  [/(^|\.)(visual\.)?(layer1\.0\.conv1|resnet\.embedder\.embedder\.convolution)\.weight$/, 'a ResNet'],
  [
    /(^|\.)(conv_stem|_conv_stem|efficientnet\.embeddings\.convolution)\.weight$/,
    'an EfficientNet or MobileNet',
  ],
  [/(^|\.)blocks_token_only\.\d+\./, 'a CaiT, whose last blocks are for the class token alone'],
  [/(^|\.)(cls_attn_blocks\.\d+|blocks\.\d+\.local_mp)\./, 'an XCiT'],
  [/(^|\.)blocks\.\d+\.(mlp_tokens|linear_tokens)\./, 'an MLP-Mixer'],
  [
    /(^|\.)(patch_embed1|block1\.\d+)\.|(^|\.)(segformer|pvt|pvt_v2)\.encoder\./,
    'a pyramid transformer (PVT, SegFormer)',
  ],
  [
    /(^|\.)(levit|mobilevit|mobilevitv2|efficientformer|poolformer|cvt|focalnet|vit_hybrid|mvit|maxvit|vilt|detr)\.(embeddings|encoder|stem|backbone|neck)\./,
    'of another family than the plain Vision Transformer',
  ],
  [/(^|\.)patch_embed\.backbone\./, 'a hybrid with a convolutional network before the blocks'],
  [/(^|\.)patch_embed\.conv\d?\.\d\./, 'a model with a convolutional stem in place of patches'],
  [
    /(^|\.)visual\.attn_pool\.(query|ln_q\.weight)$|(^|\.)text_decoder\./,
    'a CoCa, which pools by attention of another form',
  ],
  [/(^|\.)mlp\.experts\./, 'a model with a mixture of experts'],
  [
    /(^|\.)(videomae|timesformer|vivit)\.(embeddings|encoder)\./,
    'a model of videos, whose patches have a depth in time',
  ],
  [/(^|\.)audio_spectrogram_transformer\./, 'a model of spectrograms'],
  [/(^|\.)embeddings\.word_embeddings\.weight$/, 'a language model'],
]

/** What the names are, if not a Vision Transformer's, and the name that tells it. */
export function otherFamily(
  names: Iterable<string>,
): { readonly family: string; readonly name: string } | undefined {
  const list = [...names]
  for (const [telltale, family] of telltales) {
    const name = list.find((name) => telltale.test(name))
    if (name !== undefined) return { family, name }
  }
  return undefined
}
