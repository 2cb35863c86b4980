/** `tesserae/nn`: layers and models. */

export type { Activation } from '../gemm/activation.ts'
export { GELU, LogSoftmax, QuickGELU, ReLU, SiLU, Softmax } from './activation.ts'
export { Attention, type AttentionOptions } from './attention.ts'
export { AttentionPool, type AttentionPoolOptions } from './attention-pool.ts'
export { Conv2d, type Conv2dOptions } from './conv2d.ts'
export { Dropout, type DropoutOptions, DropPath, PatchDropout } from './dropout.ts'
export { EinMix, type EinMixOptions } from './einmix.ts'
export { type Lengths, Rearrange, Reduce } from './einops.ts'
export { Encoder, type EncoderOptions } from './encoder.ts'
export { EncoderBlock, type EncoderBlockOptions, LayerScale } from './encoder-block.ts'
export type { CheckpointSource } from './from-checkpoint.ts'
export { GatedMlp, type GatedMlpOptions, type MlpLayer, SwiGLU } from './gated-mlp.ts'
export {
  constant,
  type Initializer,
  type InitializerName,
  kaimingUniform,
  type LayerInit,
  lecunNormal,
  normal,
  truncNormal,
  uniform,
  xavierNormal,
  xavierUniform,
} from './init.ts'
export { Linear, type LinearOptions } from './linear.ts'
export { Mlp, type MlpOptions } from './mlp.ts'
export { type Member, Module } from './module.ts'
export { LayerNorm, type NormLayer, type NormLayerOptions, RMSNorm } from './norm.ts'
export { Parameter } from './parameter.ts'
export { PatchEmbed, type PatchEmbedOptions, type TokenFormat } from './patch-embed.ts'
export type { GlobalPool } from './pooling.ts'
export {
  type ResampleOptions,
  resamplePositions,
  type SinCosOptions,
  sinCosPositions2d,
} from './positions.ts'
export { manualSeed } from './random.ts'
export { ResPostBlock } from './res-post-block.ts'
export { attentionRollout } from './rollout.ts'
export { type RotaryOptions, rotatePositions2d } from './rotary.ts'
export { Identity, Sequential } from './sequential.ts'
export type { LoadOptions, LoadReport } from './state.ts'
export {
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerEncoderLayerOptions,
} from './transformer-encoder.ts'
export { VisionTransformer } from './vision-transformer.ts'
export type { VisionTransformerOptions } from './vision-transformer-options.ts'
export { PatchEmbedding, type PatchEmbeddingOptions, ViT, type ViTOptions } from './vit.ts'
export type { WeightInit } from './vit-init.ts'
