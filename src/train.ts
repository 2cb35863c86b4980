/** `tesserae/train`: gradients, losses, optimisers, the loop, and what pictures go through before they are learned from. */

export { Random } from './nn/random.ts'
export {
  type ColorJitterOptions,
  colorJitter,
  type RandomAffineOptions,
  type RandomResizedCropOptions,
  type RandomSource,
  randomAffine,
  randomFlip,
  randomResizedCrop,
} from './train/augment.ts'
export type { Batch, BatchSource, TrainingData } from './train/batches.ts'
export { Ema, type EmaOptions, ema } from './train/ema.ts'
export { type CheckpointStore, type FitOptions, fit, type Progress } from './train/fit.ts'
export { type FolderOptions, folderOf, type PictureFolder } from './train/folder-of.ts'
export { gradients } from './train/gradients.ts'
export { type GroupOptions, type Groups, layerDecay, withoutDecay } from './train/groups.ts'
export {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  cosine,
  crossEntropy,
  type LossOptions,
  type LossReduction,
  mse,
} from './train/losses.ts'
export { cutMix, type MixOptions, mixup } from './train/mix.ts'
export {
  type AdamWOptions,
  adamw,
  clipNorm,
  type Gradients,
  Optimizer,
  type OptimizerState,
  type SgdOptions,
  sgd,
} from './train/optimizer.ts'
export {
  type ConstantScheduleOptions,
  type CosineScheduleOptions,
  constantSchedule,
  cosineSchedule,
  type Schedule,
  type StepScheduleOptions,
  stepSchedule,
} from './train/schedules.ts'
export {
  type GradientOptions,
  type ValueAndGradients,
  valueAndGradients,
} from './train/value-and-gradients.ts'
