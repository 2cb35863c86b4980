/** Optimisers: how parameters follow their gradients. Names and defaults are those of `torch.optim`. */
import { copyInto } from '../copy/copy.ts'
import { isDistinct } from '../layout/distinct.ts'
import { contiguous, isContiguous } from '../layout/layout.ts'
import { isA } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { NdArray } from '../layout/tensor.ts'
import { expectModule } from '../nn/expect-module.ts'
import type { Module } from '../nn/module.ts'
import { expectOptions, type Kinds, kind, needed } from '../nn/options.ts'
import { flat, type Parameter } from '../nn/parameter.ts'
import { toNdarray } from '../ops/array.ts'
import { stepAdamW } from '../rows/adamw.ts'
import type { GroupOptions, Groups } from './groups.ts'
import { mistake } from './refuse.ts'

/** Gradients by parameter, as `valueAndGradients` gives them. */
export type Gradients = ReadonlyMap<Parameter, NdArray<Float32Array>>

/** What an optimiser remembers: arrays by name, which a file can keep, and how many steps it has made. */
export interface OptimizerState {
  readonly step: number
  readonly tensors: Readonly<Record<string, NdArray<Float32Array>>>
}

export interface StepOptions {
  /** The learning rate of this step; the optimiser's if not given. */
  readonly lr?: number | undefined
}

const stepKinds: Kinds<StepOptions> = { lr: kind.fromZero }
const groupKinds: Kinds<GroupOptions> = { lrScale: kind.fromZero, weightDecay: kind.fromZero }
const stateKinds: Kinds<OptimizerState> = {
  step: needed(kind.count),
  tensors: needed({
    expected: 'arrays by name',
    has: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isArray),
  }),
}

const isArray = (value: unknown): boolean =>
  Array.isArray(Object(value).shape) && typeof Object(value).data?.length === 'number'

interface Learner {
  readonly name: string
  readonly parameter: Parameter
  readonly lrScale: number
  readonly weightDecay: number
  /** What is remembered of it, by name. */
  readonly memory: Map<string, Float32Array>
}

/** One parameter's values, its gradient, what is remembered, and how it is to learn. */
interface Update {
  readonly values: Float32Array
  readonly gradient: Float32Array
  readonly lr: number
  readonly weightDecay: number
  /** Counted from 1. */
  readonly step: number
  /** An array that is kept from step to step, zeros at first. */
  memory(name: string): Float32Array
}

/** Changes parameters by their gradients, step after step. */
export class Optimizer {
  readonly #learners = new Map<Parameter, Learner>()
  readonly #lr: number
  readonly #update: (update: Update) => void
  readonly #kind: string
  #step = 0

  /** @internal */
  constructor(
    kind: string,
    model: Module,
    { lr, weightDecay, groups }: { lr: number; weightDecay: number; groups: Groups | undefined },
    update: (update: Update) => void,
  ) {
    this.#kind = kind
    this.#lr = lr
    this.#update = update
    expectModule(kind, model)
    for (const [name, parameter] of model.namedParameters()) {
      const own = groups?.(name, parameter) ?? {}
      expectOptions(kind, own, groupKinds)
      this.#learners.set(parameter, {
        ...{ name, parameter, memory: new Map() },
        lrScale: own.lrScale ?? 1,
        weightDecay: own.weightDecay ?? weightDecay,
      })
    }
  }

  /**
   * Changes every parameter that has a gradient and is not frozen.
   *
   * @param gradients as `valueAndGradients` gives them
   * @param options `lr`: the learning rate of this step, if it is not the optimiser's
   * @throws {EinopsError} for a gradient of a parameter that is none of the model's, or of another shape; nothing has changed then
   */
  step(gradients: Gradients, options: StepOptions = {}): void {
    expectOptions(this.#kind, options, stepKinds)
    expectGradients(this.#kind, gradients)
    const { lr = this.#lr } = options
    for (const [parameter, gradient] of gradients) {
      if (!this.#learners.has(parameter))
        throw mistake(
          this.#kind,
          'a gradient is of a parameter that is none of the model that the optimiser was made of',
        )
      if (`${gradient.shape}` === `${parameter.shape}`) continue
      throw mistake(
        this.#kind,
        `a gradient has shape [${gradient.shape}], its parameter [${parameter.shape}]`,
      )
    }
    this.#step++
    for (const [parameter, gradient] of gradients) {
      if (!parameter.requiresGrad) continue
      const { memory, lrScale, weightDecay } = this.#learners.get(parameter)!
      parameter.update((values) =>
        this.#update({
          ...{ values, gradient: flat(gradient), lr: lr * lrScale, weightDecay, step: this.#step },
          memory(name) {
            let known = memory.get(name)
            if (known === undefined) {
              known = new Float32Array(values.length)
              memory.set(name, known)
            }
            return known
          },
        }),
      )
    }
  }

  /** What the optimiser remembers; the arrays are its own, for reading. */
  get state(): OptimizerState {
    const tensors: Record<string, NdArray<Float32Array>> = {}
    for (const { name, parameter, memory } of this.#learners.values()) {
      for (const [what, data] of memory)
        tensors[`${what}.${name}`] = toNdarray({ data, ...contiguous(parameter.shape) })
    }
    return { step: this.#step, tensors }
  }

  /**
   * Goes on where another optimiser of an equal model was.
   *
   * @throws {EinopsError} when an array is of no parameter, or of another shape; nothing has changed then
   */
  loadState(state: OptimizerState): void {
    this.prepared(state)()
  }

  /** Looks whether a state fits; what is given back goes on from it. @internal */
  prepared(state: OptimizerState): () => void {
    expectOptions(this.#kind, state, stateKinds)
    const { step, tensors } = state
    const found = Object.entries(tensors).map(([key, tensor]) => {
      const learner = [...this.#learners.values()].find(
        ({ name }) => key.endsWith(`.${name}`) && !key.slice(0, -name.length - 1).includes('.'),
      )
      if (learner === undefined) throw mistake(this.#kind, `the state has ${key}, which is of no parameter`)
      if (`${tensor.shape}` !== `${learner.parameter.shape}`) {
        throw mistake(
          this.#kind,
          `the state's ${key} has shape [${tensor.shape}], expected [${learner.parameter.shape}]`,
        )
      }
      return { learner, what: key.slice(0, -learner.name.length - 1), data: flat(tensor).slice() }
    })
    return () => {
      this.#step = step
      for (const { memory } of this.#learners.values()) memory.clear()
      for (const { learner, what, data } of found) learner.memory.set(what, data)
    }
  }
}

function expectGradients(operation: string, gradients: Gradients): void {
  const all = isA(gradients, 'Map') ? [...gradients.values()] : null
  if (all?.every(isArray)) return
  const got = show(all === null ? gradients : all.find((gradient) => !isArray(gradient)))
  throw mistake(
    operation,
    `the gradients are no Map of arrays — got ${got}, expected those of valueAndGradients`,
  )
}

export interface AdamWOptions {
  /** The learning rate; 1e-3 if not given. */
  readonly lr?: number | undefined
  /** How slowly the means of the gradients and of their squares follow; [0.9, 0.999] if not given. */
  readonly betas?: readonly [number, number] | undefined
  /** 1e-8 if not given. */
  readonly eps?: number | undefined
  /** 0.01 if not given. */
  readonly weightDecay?: number | undefined
  /** What is done otherwise with some parameters: `withoutDecay`, `layerDecay(model, 0.75)`, or a function of yours. */
  readonly groups?: Groups | undefined
}

const isPair = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every((beta) => beta >= 0 && beta < 1)
const pair = { expected: 'two numbers from 0 to less than 1', has: isPair }
const { fromZero } = kind
const aFunction = { expected: 'a function', has: (value: unknown) => typeof value === 'function' }

const adamwKinds: Kinds<AdamWOptions> = {
  lr: fromZero,
  betas: pair,
  eps: fromZero,
  weightDecay: fromZero,
  groups: aFunction,
}

/**
 * Adam with weight decay apart from the gradients (Loshchilov and Hutter, arXiv:1711.05101), as `torch.optim.AdamW`.
 *
 * @example
 * const layer = new Linear(3, 2)
 * const x = ndarray(new Float32Array(3).fill(1), [1, 3])
 * const optimizer = adamw(layer, { lr: 0.1 })
 * const loss = () => crossEntropy(layer.forward(x), [1])
 * const before = valueAndGradients(layer, loss)
 * optimizer.step(before.gradients)
 * valueAndGradients(layer, loss).value < before.value // → true
 */
export function adamw(model: Module, options: AdamWOptions = {}): Optimizer {
  expectOptions('adamw', options, adamwKinds)
  const { lr = 1e-3, betas: [b1, b2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01, groups } = options
  return new Optimizer('adamw', model, { lr, weightDecay, groups }, (update) => {
    const { values, gradient, lr, weightDecay, step } = update
    const [mean, square] = [update.memory('exp_avg'), update.memory('exp_avg_sq')]
    stepAdamW(
      { values, gradient, mean, square },
      {
        ...{ mean: 1 - b1, square: 1 - b2, eps, decay: lr * weightDecay },
        size: lr / (1 - b1 ** step),
        root: 1 / Math.sqrt(1 - b2 ** step),
      },
    )
  })
}

export interface SgdOptions {
  /** The learning rate; 1e-3 if not given. */
  readonly lr?: number | undefined
  /** How much of the last step's direction is kept; 0 if not given. */
  readonly momentum?: number | undefined
  /** Whether the step looks ahead along the momentum; false if not given. */
  readonly nesterov?: boolean | undefined
  /** Added to the gradients, times the parameters; 0 if not given. */
  readonly weightDecay?: number | undefined
  readonly groups?: Groups | undefined
}

const sgdKinds: Kinds<SgdOptions> = {
  lr: fromZero,
  momentum: fromZero,
  nesterov: kind.flag,
  weightDecay: fromZero,
  groups: aFunction,
}

/**
 * Down the gradients, with momentum where it is given (Sutskever et al., 2013), as `torch.optim.SGD`.
 *
 * @example
 * const layer = new Linear(3, 2)
 * const optimizer = sgd(layer, { lr: 0.1, momentum: 0.9, nesterov: true })
 * optimizer.state.step // → 0
 */
export function sgd(model: Module, options: SgdOptions = {}): Optimizer {
  expectOptions('sgd', options, sgdKinds)
  const { lr = 1e-3, momentum = 0, nesterov = false, weightDecay = 0, groups } = options
  if (nesterov && !(momentum > 0)) throw mistake('sgd', `nesterov needs momentum — got ${momentum}`)
  return new Optimizer('sgd', model, { lr, weightDecay, groups }, (update) => {
    const { values, gradient, lr, weightDecay } = update
    const direction = momentum > 0 ? update.memory('momentum_buffer') : null
    for (let i = 0; i < values.length; i++) {
      let d = gradient[i]! + weightDecay * values[i]!
      if (direction) {
        const kept = momentum * direction[i]! + d
        direction[i] = kept
        d = nesterov ? d + momentum * kept : kept
      }
      values[i] = values[i]! - lr * d
    }
  })
}

/**
 * Scales gradients in place so that the norm of all of them together is at most `max`, as `torch.nn.utils.clip_grad_norm_`.
 *
 * @returns the norm before
 *
 * @example
 * const layer = new Linear(2, 1)
 * const grads = new Map([[layer.weight, ndarray(new Float32Array([3, 4]), [1, 2])]])
 * clipNorm(grads, 1) // → 5
 * grads.get(layer.weight).get(0, 1).toFixed(3) // → '0.800'
 */
export function clipNorm(gradients: Gradients, max: number): number {
  if (!(typeof max === 'number' && max > 0)) {
    throw mistake('clipNorm', `max is no norm — got ${show(max)}, expected a number above 0`)
  }
  expectGradients('clipNorm', gradients)
  let squares = 0
  for (const gradient of gradients.values()) {
    const values = flat(gradient)
    for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!
  }
  const norm = Math.sqrt(squares)
  const factor = max / (norm + 1e-6)
  if (factor < 1) {
    for (const gradient of gradients.values()) {
      expectOwnPlaces(gradient)
      const values = flat(gradient)
      for (let i = 0; i < values.length; i++) values[i]! *= factor
      // of a gradient that does not stand in row-major order these were copies
      if (!isContiguous(gradient)) copyInto({ ...contiguous(gradient.shape), data: values }, gradient)
    }
  }
  return norm
}

/** Elements that share a place cannot be scaled in place. */
function expectOwnPlaces(gradient: NdArray<Float32Array>): void {
  if (!isDistinct(gradient))
    throw mistake(
      'clipNorm',
      'the elements of a gradient share places in memory — got a stride of 0, expected a place for each',
    )
}
