/**
 * The base of every layer. A layer says what it computes by one of two methods, each of which has a default in terms of
 * the other: `forward` on ndarrays, for users, and `compute` on tensors, for layers of layers. Parameters and layers
 * are found where they are declared, as properties, and are named as PyTorch would name them: `qkv` of `attn` of the
 * first of `blocks` is `blocks.0.attn.qkv`, and `clsToken` is `cls_token`.
 */

import { EinopsError } from '../../grammar/error.ts'
import { fill } from '../../grammar/sentences.ts'
import type { StateDict } from '../checkpoint/read.ts'
import { isByteDtype } from '../layout/dtype.ts'
import { sizeOf } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { NdArray } from '../layout/tensor.ts'
import { asValue, present, presentResult } from '../ops/array.ts'
import { scope } from '../steps/scope.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { expectOption } from './check.ts'
import { Parameter } from './parameter.ts'
import { type LoadOptions, type LoadReport, loadState, saveState } from './state.ts'

/** What a module consists of, by name. */
export type Member = readonly [name: string, member: Parameter | Module]

/**
 * A layer or a model: something with parameters that makes one array of another.
 *
 * @example
 * class Head extends Module {
 *   norm = new LayerNorm(8)
 *   out = new Linear(8, 2)
 *   override forward(x) {
 *     return this.out.forward(this.norm.forward(x))
 *   }
 * }
 * const head = new Head()
 * Object.keys(head.stateDict()) // → ['norm.weight', 'norm.bias', 'out.weight', 'out.bias']
 * const y = head.forward(ndarray(new Float32Array(3 * 8), [3, 8]))
 * y.shape // → [3, 2]
 */
export abstract class Module {
  #training = false

  /**
   * Runs the layer.
   *
   * @param x a float32 ndarray with any strides
   * @returns a float32 ndarray
   * @throws {EinopsError} when the dtype or the shape is not one the layer takes
   */
  forward(x: NdArray<Float32Array>): NdArray<Float32Array> {
    if (this.compute === Module.prototype.compute) throw this.#unfinished()
    return runOn(x, this, (input) => this.compute(input))
  }

  /**
   * What the layer computes, on tensors that may stand in the memory of a running model; the library's layers call each
   * other's `compute`. A layer of your own overrides `forward`.
   *
   * @internal
   */
  compute(x: Value): Value {
    if (this.forward === Module.prototype.forward) throw this.#unfinished()
    return asFloat(this.forward(present(x) as NdArray<Float32Array>), this)
  }

  /** Whether the layer is in training mode, where dropout drops. Layers start in evaluation mode. */
  get training(): boolean {
    return this.#training
  }

  /** The shape of one input, where the layer is made for one: [1, channels, height, width] of a model of images. */
  get inputShape(): readonly number[] | undefined {
    return undefined
  }

  /** Turns training mode on (or, with `false`, off) here and in every layer inside. */
  train(mode = true): this {
    expectOption(
      this,
      typeof mode === 'boolean',
      `mode is no mode — got ${show(mode)}, expected true or false`,
    )
    this.#training = mode
    for (const [, member] of this.members()) if (member instanceof Module) member.train(mode)
    return this
  }

  /** Turns training mode off: dropout lets everything through. */
  eval(): this {
    return this.train(false)
  }

  /**
   * The parameters and layers that this layer consists of: its properties, and the elements of properties that are
   * arrays, parameters first. A layer that has other names for them overrides this.
   */
  members(): Member[] {
    const members = Object.entries(this).flatMap(([name, value]) =>
      Array.isArray(value)
        ? value.map((element, i) => [`${name}.${i}`, element] as const)
        : [[name, value] as const],
    )
    const own = members.filter(([, member]) => member instanceof Parameter)
    const layers = members.filter(([, member]) => member instanceof Module)
    return [...own, ...layers].map(([name, member]) => [snakeCase(name), member])
  }

  /** The layer itself and every layer inside of it, also those that have no name in the state dict. */
  *modules(): Generator<Module> {
    yield this
    const inside = [...this.members().map(([, member]) => member), ...Object.values(this as object).flat()]
    for (const member of new Set(inside)) if (member instanceof Module) yield* member.modules()
  }

  /** Every parameter with its name in the state dict; one that several layers share comes once, under its first name. */
  *namedParameters(): Generator<[name: string, parameter: Parameter]> {
    const seen = new Set<Parameter>()
    for (const [name, parameter] of allParameters(this)) {
      if (seen.has(parameter)) continue
      seen.add(parameter)
      yield [name, parameter]
    }
  }

  /** Every parameter once. */
  *parameters(): Generator<Parameter> {
    for (const [, parameter] of this.namedParameters()) yield parameter
  }

  /** Copies of all parameters by name, in PyTorch's order: what `writeSafetensors` and `loadStateDict` take. Of quantised ones, what their codes stand for. */
  stateDict(): Record<string, NdArray<Float32Array>> {
    return saveState(allParameters(this))
  }

  /**
   * Copies parameters in by name. Nothing is changed unless every name, shape and dtype fits.
   *
   * @param dict arrays by name; half and double precision are converted
   * @param options `strict: false` leaves out what is missing on either side; shapes have to fit all the same
   * @returns the names that were missing, and those that were not used
   * @throws CheckpointError listing every missing, unexpected and misshapen parameter; nothing was changed
   * @throws RangeError where JavaScript's memory runs out on the way: each parameter then has either its old or its new
   *   values, and loading again is safe
   */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return loadState(this.constructor.name, new Map(allParameters(this)), dict, options)
  }

  /** Frees all parameters. The layer cannot be used any more; disposing it twice does no harm. */
  dispose(): void {
    release(this, this.constructor.name)
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** What Node's `console.log` prints: how many parameters there are, and in which members. @internal */
  [Symbol.for('nodejs.util.inspect.custom')](depth: number): string {
    return depth < 0 ? this.constructor.name : printed(this)
  }

  #unfinished(): Error {
    return new EinopsError({
      code: 'layer/unfinished',
      operation: this.constructor.name,
      what: 'the layer computes nothing — a Module overrides forward or compute',
    })
  }
}

/** A module in a few lines: each member with its class and the number of its parameters, equal ones of a list in one. */
function printed(module: Module): string {
  const count = (member: Module | Parameter) =>
    member instanceof Parameter
      ? sizeOf(member.shape)
      : [...member.namedParameters()].reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0)
  const text = (member: Module | Parameter) =>
    member instanceof Parameter
      ? showShape(member.shape)
      : [member.constructor.name, ...(count(member) > 0 ? [count(member).toLocaleString('en')] : [])].join(
          ' ',
        )
  const lines: { first: string; last: string; text: string; count: number }[] = []
  for (const [name, member] of module.members()) {
    const before = lines.at(-1)
    const list = /^(.*)\.\d+$/.exec(name)?.[1]
    if (before && list !== undefined && before.first.startsWith(`${list}.`) && before.text === text(member)) {
      before.last = name
      before.count++
    } else lines.push({ first: name, last: name, text: text(member), count: 1 })
  }
  const rows = lines.map(({ first, last, text, count }) =>
    count === 1 ? `\n  ${first}: ${text}` : `\n  ${first} … ${last}: ${count} × ${text}`,
  )
  return `${module.constructor.name} of ${count(module).toLocaleString('en')} parameters${rows.join('')}`
}

/** Disposes every parameter, which keeps the name it had for those who ask for it later. */
function release(module: Module, path: string): void {
  for (const [name, member] of module.members()) {
    if (member instanceof Parameter) member.dispose(`${path}.${name}`)
    else if (member.dispose === Module.prototype.dispose) release(member, `${path}.${name}`)
    else member.dispose()
  }
}

/** Every parameter under every name it has. */
export function* allParameters(module: Module): Generator<[name: string, parameter: Parameter]> {
  for (const [name, member] of module.members()) {
    if (member instanceof Parameter) yield [name, member]
    else for (const [rest, parameter] of allParameters(member)) yield [`${name}.${rest}`, parameter]
  }
}

/** Runs a computation of a layer on a user's array: what it makes on the way lives in the arena, its result does not. */
export function runOn(
  x: NdArray<Float32Array>,
  module: Module,
  compute: (input: Value) => Value,
): NdArray<Float32Array> {
  const input = asFloat(x, module)
  const result = scope(module.constructor.name, () => compute(input))
  return presentResult(result, [x]) as NdArray<Float32Array>
}

const conversion = "rearrange(x, '... -> ...', {}, { dtype: 'float32' })"

/** The input of a layer, checked to be a float32 array. */
export function asFloat(x: NdArray<Float32Array>, module: Module): Value {
  const operation = module.constructor.name
  const value = asValue(x, operation)
  const dtype = typeOf(value)
  if (dtype !== 'float32') {
    throw new EinopsError({
      code: 'layer/dtype',
      operation,
      ...fill('layers compute in float32 — got an input of {dtype}', { dtype }),
      shape: x.shape,
      hint: isByteDtype(dtype)
        ? `preprocess of tesserae/image makes a model's input of a picture's bytes, scaled and normalised; ${conversion} only converts`
        : `${conversion} converts`,
    })
  }
  return value
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
