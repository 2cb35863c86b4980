/**
 * How new parameters are drawn. An initialiser looks at the fans of a weight, the numbers of inputs an output is summed
 * of and of outputs an input goes to, and gives a function that draws one value after another. Formulas are those of
 * `torch.nn.init`.
 */

import { EinopsError } from '../../grammar/error.ts'
import { sizeOf } from '../layout/layout.ts'
import { each, kind, mistakeIn } from '../ops/kinds.ts'
import { Parameter, type ParameterOptions } from './parameter.ts'
import { nextSeed, Random } from './random.ts'

export interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

/** Gives, for the fans of a weight, a function that draws its values. */
export type Initializer = (fans: Fans, random: Random) => () => number

/** Initialisers by name, each with its default options. */
export type InitializerName =
  | 'kaiming-uniform'
  | 'xavier-uniform'
  | 'xavier-normal'
  | 'lecun-normal'
  | 'trunc-normal'
  | 'normal'
  | 'zeros'
  | 'ones'

/** How a layer's weight, or its weight and bias, are drawn. */
export type LayerInit =
  | InitializerName
  | Initializer
  | {
      readonly weight?: InitializerName | Initializer | undefined
      readonly bias?: InitializerName | Initializer | undefined
    }

/** Every value the same. */
export function constant(value: number): Initializer {
  expectNumbers('constant', { value: value ?? Number.NaN })
  return () => () => value
}

/** U(low, high). */
export function uniform(options: { low?: number | undefined; high?: number | undefined } = {}): Initializer {
  expectNumbers('uniform', options, 'low', 'high')
  const { low = 0, high = 1 } = options
  return (_, random) => () => random.uniform(low, high)
}

/** N(mean, std²). */
export function normal(options: { mean?: number | undefined; std?: number | undefined } = {}): Initializer {
  expectNumbers('normal', options, 'mean', 'std')
  const { mean = 0, std = 1 } = options
  return (_, random) => () => random.normal(mean, std)
}

/** N(mean, std²) under the condition of lying in [low, high], absolute bounds as in PyTorch. */
export function truncNormal(
  options: {
    mean?: number | undefined
    std?: number | undefined
    low?: number | undefined
    high?: number | undefined
  } = {},
): Initializer {
  expectNumbers('truncNormal', options, 'mean', 'std', 'low', 'high')
  const { mean = 0, std = 1, low = -2, high = 2 } = options
  if (!(std > 0 && low < high)) {
    throw new EinopsError({
      code: 'init/range',
      operation: 'truncNormal',
      what: `there is nothing to draw — got std ${std} and [${low}, ${high}], expected std > 0 and low < high`,
      values: { std, low, high },
    })
  }
  return (_, random) => () => random.truncatedNormal(mean, std, low, high)
}

/** U(−b, b), b = √(6 / ((1 + a²) fanIn)) (He et al., arXiv:1502.01852); PyTorch's layers use a = √5: b = 1/√fanIn. */
export function kaimingUniform(options: { a?: number | undefined } = {}): Initializer {
  expectNumbers('kaimingUniform', options, 'a')
  const { a = Math.sqrt(5) } = options
  return ({ fanIn }, random) => {
    const bound = fanIn > 0 ? Math.sqrt(6 / ((1 + a * a) * fanIn)) : 0
    return () => random.uniform(-bound, bound)
  }
}

/** U(−b, b), b = gain · √(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function xavierUniform(options: { gain?: number | undefined } = {}): Initializer {
  expectNumbers('xavierUniform', options, 'gain')
  const { gain = 1 } = options
  return ({ fanIn, fanOut }, random) => {
    const bound = gain * Math.sqrt(6 / (fanIn + fanOut))
    return () => random.uniform(-bound, bound)
  }
}

/** N(0, gain² · 2 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function xavierNormal(options: { gain?: number | undefined } = {}): Initializer {
  expectNumbers('xavierNormal', options, 'gain')
  const { gain = 1 } = options
  return ({ fanIn, fanOut }, random) => {
    const std = gain * Math.sqrt(2 / (fanIn + fanOut))
    return () => random.normal(0, std)
  }
}

/** Normal with variance 1 / fanIn, cut at two deviations and widened to keep the variance, as in JAX and timm. */
export function lecunNormal(): Initializer {
  return ({ fanIn }, random) => {
    // the deviation of a standard normal distribution cut to (−2, 2)
    const std = Math.sqrt(1 / fanIn) / 0.87962566103423978
    return () => random.truncatedNormal(0, std, -2 * std, 2 * std)
  }
}

/** Options that are numbers, and none that there is not. */
function expectNumbers(operation: string, options: object, ...names: string[]): void {
  const mistake = mistakeIn(options, each(kind.number, ...(names.length > 0 ? names : Object.keys(options))))
  if (mistake !== undefined) throw new EinopsError({ operation, ...mistake })
}

const byName: Record<InitializerName, () => Initializer> = {
  'kaiming-uniform': kaimingUniform,
  'xavier-uniform': xavierUniform,
  'xavier-normal': xavierNormal,
  'lecun-normal': lecunNormal,
  'trunc-normal': truncNormal,
  normal,
  zeros: () => constant(0),
  ones: () => constant(1),
}

export const initializerNames = Object.keys(byName) as InitializerName[]

/** The fans of a weight [out, in, …kernel]: the axes behind the first two count for both. */
export function fansOf([out = 1, into = 1, ...kernel]: readonly number[]): Fans {
  const field = sizeOf(kernel)
  return { fanIn: into * field, fanOut: out * field }
}

/** A new parameter that an initialiser fills when its values are first needed. */
export function newParameter(
  shape: readonly number[],
  init: InitializerName | Initializer,
  { seed = nextSeed(), fans = fansOf(shape), ...options }: NewParameterOptions = {},
): Parameter {
  const draw = (size: number): Float32Array => {
    const sample = (typeof init === 'function' ? init : byName[init]())(fans, new Random(seed))
    return Float32Array.from({ length: size }, sample)
  }
  return new Parameter(shape, draw, options)
}

export interface NewParameterOptions extends ParameterOptions {
  readonly seed?: number | undefined
  /** The fans of the weight, where the shape does not say them. */
  readonly fans?: Fans
}

/**
 * Weight and bias of a linear map, by PyTorch's rule unless `init` says otherwise: the weight by `kaimingUniform`, the
 * bias from U(−1/√fanIn, 1/√fanIn).
 */
export function linearParameters(
  shape: readonly number[],
  { bias, seed = nextSeed(), init = {}, ...options }: LinearParameterOptions,
): { weight: Parameter; bias: Parameter | null } {
  const inits = typeof init === 'object' ? init : { weight: init }
  const { fanIn } = options.fans ?? fansOf(shape)
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0
  const biasInit = inits.bias ?? uniform({ low: -bound, high: bound })
  return {
    weight: newParameter(shape, inits.weight ?? 'kaiming-uniform', { ...options, seed, matrix: true }),
    // the golden ratio's fraction: far from every seed that counts up
    bias: bias ? newParameter([shape[0]!], biasInit, { seed: (seed ^ 0x9e3779b9) | 0 }) : null,
  }
}

export interface LinearParameterOptions extends NewParameterOptions {
  readonly bias: boolean
  readonly init?: LayerInit | undefined
}
