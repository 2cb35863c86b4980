/**
 * All that a computation consists of: a short, closed list. A step is a plain object that says what is done, never where or by whom; what it
 * is done to are the values it is performed on. The list is closed under duals, so that the gradient of each step is made of steps:
 *
 *     rearrange  its inverse; a repeat is a sum     contract  operand and output change places
 *     slice      place                              attend, softmax, norm, map  `slope`
 *     window     places that add up                 zip       zip
 *     pack       slices                             gather    scatter
 *     fold sum   a repeat; min, max, prod `slope`           drop      the same one
 */

import type { ReductionName } from '../copy/reduction.ts'
import type { Activation } from '../gemm/activation.ts'
import type { Dtype } from '../layout/dtype.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import type { Plan } from '../layout/plan.ts'
import type { Tensor } from '../layout/tensor.ts'
import type { Window } from '../layout/window.ts'
import type { MapFunction } from '../rows/functions.ts'
import type { ZipName } from '../rows/zip.ts'

/** Axes split, permuted, merged and repeated by a plan: a view where the machine has one, unless a copy is asked for. */
export interface Rearrange {
  readonly kind: 'rearrange'
  readonly plan: Plan
  readonly copy: boolean
  /** What elements become, where they are converted. */
  readonly dtype: Dtype | null
}

/**
 * Of an axis the elements at `start`, `start + step`, …, as axes of `lengths`: none for a single element. A view.
 */
export interface Slice {
  readonly kind: 'slice'
  readonly axis: number
  readonly start: number
  readonly step: number
  readonly lengths: readonly number[]
}

/** The other way round: `count` axes from `axis` on become one of `length`, where they stand at `start`, `start + step`, …, among zeros. */
export interface Place {
  readonly kind: 'place'
  readonly axis: number
  readonly start: number
  readonly step: number
  readonly count: number
  readonly length: number
}

/** An axis as the positions of a sliding window and the places inside it. A view whose elements overlap. */
export interface Slide {
  readonly kind: 'window'
  readonly axis: number
  readonly window: Window
}

/** Several values joined along one axis, between `before` and `after` axes that all have; the axes between these are flattened. */
export interface Pack {
  readonly kind: 'pack'
  readonly before: number
  readonly after: number
  /** What elements become, where they are converted. */
  readonly dtype: Dtype | null
}

/** Of each row of the batch the elements along axis 1 that the indices name: x [b, n, …], indices [b, m] → [b, m, …]. */
export interface Gather {
  readonly kind: 'gather'
}

/** The other way round: rows [b, m, …] added up where the indices [b, m] say, among zeros → [b, length, …]. */
export interface Scatter {
  readonly kind: 'scatter'
  readonly length: number
}

/** The elements along the axes that a plan drops, folded; the others rearranged. */
export interface Fold {
  readonly kind: 'fold'
  readonly plan: Plan
  readonly reduction: ReductionName
  /** What the results become, where they are converted. */
  readonly dtype: Dtype | null
}

/** A fold by somebody's function, which nobody but the host can look into. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly plan: Plan
  readonly reduction: (view: Tensor, axes: number[]) => Tensor
}

/** An einsum: `activation(scale · Σ products + bias) + residual`. Bias and residual, where there are any, are the last inputs. */
export interface Contract {
  readonly kind: 'contract'
  readonly plan: EinsumPlan
  readonly scale: number
  readonly activation: Activation | null
  readonly bias: boolean
  readonly residual: boolean
}

/** softmax(scale · q kᵀ + bias) v of q [..., n, d], k [..., m, d], v [..., m, e] and, where there is one, bias [..., n, m]; or the weights alone. */
export interface Attend {
  readonly kind: 'attend'
  readonly scale: number
  readonly result: 'output' | 'weights'
}

/** exp(x) / Σ exp(x) along an axis, or its logarithm. */
export interface Softmax {
  readonly kind: 'softmax'
  readonly axis: number
  readonly log: boolean
}

/** Layer norm (`centred`) or RMS norm over the last `axes` axes, then times the weight and plus the bias, where they are given. */
export interface Norm {
  readonly kind: 'norm'
  readonly axes: readonly number[]
  readonly eps: number
  readonly centred: boolean
  readonly weight: boolean
  readonly bias: boolean
}

/** A function of each element. */
export interface MapStep {
  readonly kind: 'map'
  readonly fn: MapFunction
}

/** Elements dropped at random: with probability `p` 0, else divided by 1 − p. Which ones are follows from the seed and from where they stand. */
export interface Drop {
  readonly kind: 'drop'
  readonly p: number
  readonly seed: number
}

/** Two values element by element, with the broadcasting rule of NumPy. */
export interface Zip {
  readonly kind: 'zip'
  readonly fn: ZipName
}

/**
 * Of a step that is no linear map how a change of its result becomes one of its first input. The inputs are that change, and what the slope depends on: of
 * softmax its result; of attention q, k and v of one shape, whose changes come together, [3, ..., n, d]; else the input, and of a norm its weight.
 */
export interface Slope {
  readonly kind: 'slope'
  readonly of: Attend | Softmax | Norm | MapStep | Fold
}

export type Step =
  | Rearrange
  | Slice
  | Place
  | Slide
  | Pack
  | Gather
  | Scatter
  | Fold
  | Opaque
  | Contract
  | Attend
  | Softmax
  | Norm
  | MapStep
  | Drop
  | Zip
  | Slope

export type StepKind = Step['kind']

/** The step of a kind. */
export type StepOf<K extends StepKind> = Extract<Step, { readonly kind: K }>
