/** `tesserae/train`: gradients, losses, optimisers. */

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
