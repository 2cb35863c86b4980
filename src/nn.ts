/** `tesserae/nn`: layers and models. */

export type { Lengths } from './layout/lengths.ts'
export { GELU, LogSoftmax, QuickGELU, ReLU, SiLU, Softmax } from './nn/activation.ts'
export { Attention, type AttentionOptions } from './nn/attention.ts'
export { AttentionPool, type AttentionPoolOptions } from './nn/attention-pool.ts'
export { Conv2d, type Conv2dOptions } from './nn/conv2d.ts'
export { DiffAttention, type DiffAttentionOptions } from './nn/diff-attention.ts'
export { Dropout, type DropoutOptions, DropPath, PatchDropout } from './nn/dropout.ts'
export { EinMix, type EinMixOptions } from './nn/einmix.ts'
export { Rearrange, Reduce } from './nn/einops.ts'
export { Encoder, type EncoderOptions } from './nn/encoder.ts'
export { EncoderBlock, type EncoderBlockOptions } from './nn/encoder-block.ts'
export { GatedMlp, type GatedMlpOptions, type MlpLayer, SwiGLU } from './nn/gated-mlp.ts'
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
} from './nn/init.ts'
export { LayerScale } from './nn/layer-scale.ts'
export { Linear, type LinearOptions } from './nn/linear.ts'
export { Mlp, type MlpOptions } from './nn/mlp.ts'
export { type Member, Module } from './nn/module.ts'
export { LayerNorm, type NormLayer, type NormLayerOptions, RMSNorm } from './nn/norm.ts'
export { type Observer, observe } from './nn/observe.ts'
export { DiffParallelScalingBlock, ParallelScalingBlock } from './nn/parallel-scaling-block.ts'
export { ParallelThingsBlock } from './nn/parallel-things-block.ts'
export { Parameter } from './nn/parameter.ts'
export { PatchEmbed, type PatchEmbedOptions, type TokenFormat } from './nn/patch-embed.ts'
export { type Quantized, type QuantizeOptions, quantize, quantizedState } from './nn/quantize.ts'
export { manualSeed } from './nn/random.ts'
export {
  makeRelativePositions,
  type RelativePositionOptions,
  RelPosBias,
  RelPosMlp,
} from './nn/relative-positions.ts'
export { ResPostBlock } from './nn/res-post-block.ts'
export { type RotaryOptions, RotaryPositions2d, rotatePositions2d } from './nn/rotary.ts'
export { type MixedRotaryOptions, RotaryMixed } from './nn/rotary-mixed.ts'
export { Identity, Sequential } from './nn/sequential.ts'
export type { LoadOptions, LoadReport } from './nn/state.ts'
export {
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerEncoderLayerOptions,
} from './nn/transformer-encoder.ts'
export {
  Program,
  type ProgramConstant,
  type ProgramInput,
  type ProgramParameter,
  type ProgramStep,
  type ProgramValue,
} from './program/program.ts'
export { type Traceable, type TraceOptions, trace } from './program/trace.ts'
export type { Activation } from './steps/map.ts'
export type { CheckpointOptions, CheckpointSource, Configurations } from './vit/from-checkpoint.ts'
export { type MetadataOptions, metadataOf } from './vit/own.ts'
export type { GlobalPool } from './vit/pooling.ts'
export {
  type ResampleOptions,
  resamplePositions,
  type SinCosOptions,
  sinCosPositions2d,
} from './vit/positions.ts'
export type { Preparation } from './vit/preparation.ts'
export { attentionRollout } from './vit/rollout.ts'
export { VisionTransformer } from './vit/vision-transformer.ts'
export type { VisionTransformerOptions } from './vit/vision-transformer-options.ts'
export { PatchEmbedding, type PatchEmbeddingOptions, ViT, type ViTOptions } from './vit/vit.ts'
export type { WeightInit } from './vit/vit-init.ts'
