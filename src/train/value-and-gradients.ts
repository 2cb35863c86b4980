/** The gradients of a loss by the parameters of a model. */

import { copyInto } from '../copy/copy.ts'
import { dtypeOf } from '../layout/data.ts'
import { isSameShape, sizeOf } from '../layout/layout.ts'
import { isA, isFloat32 } from '../layout/realms.ts'
import { show, showShape } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { expectModule } from '../nn/expect-module.ts'
import { Module } from '../nn/module.ts'
import { expectOptions, type Kinds, kind } from '../nn/options.ts'
import { Parameter } from '../nn/parameter.ts'
import { Course, currentCourse, nextSeed, onCourse } from '../nn/random.ts'
import { asTensor } from '../ops/array.ts'
import { expectHost } from '../steps/machine.ts'
import { region } from '../steps/scope.ts'
import { type HostValue, tensorOf, type Value } from '../steps/value.ts'
import { constant } from './changes.ts'
import { owned } from './gradients.ts'
import { floats, mistake } from './refuse.ts'
import { Tape } from './tape.ts'

export interface ValueAndGradients {
  /** The loss. */
  readonly value: number
  /** For each parameter that learns and that the loss depends on, an array of its shape. */
  readonly gradients: Map<Parameter, NdArray<Float32Array>>
}

export interface GradientOptions {
  /** Keeps of each block of a model only its input and computes the block again on the way back: less memory, and a third more time. */
  readonly checkpoint?: boolean | undefined
  /** The gradients of an earlier call, whose arrays are written to and given back: steps one after the other need no new memory. */
  readonly out?: ReadonlyMap<Parameter, NdArray<Float32Array>> | undefined
}

/**
 * A loss, and how much it changes with each parameter of a model that is not frozen.
 *
 * @param model the model, or a layer, or some of its parameters
 * @param loss computes the loss, one number in an array of shape [], by the model and the library's operations
 * @throws {EinopsError} when the loss is not one number, or when an operation on the way has no gradient
 *
 * @example
 * const layer = new Linear(3, 2)
 * const x = ndarray(new Float32Array(12).fill(1), [4, 3])
 * const found = valueAndGradients(layer, () => crossEntropy(layer.forward(x), [0, 1, 1, 0]))
 * found.value > 0 // → true
 * found.gradients.get(layer.weight).shape // → [2, 3]
 */
export function valueAndGradients(
  model: Module | Iterable<Parameter>,
  loss: () => NdArray<Data>,
  options: GradientOptions = {},
): ValueAndGradients {
  expectOptions('valueAndGradients', options, kinds)
  const { checkpoint = false, out } = options
  const parameters = parametersOf(model)
  if (typeof loss !== 'function') {
    throw mistake('valueAndGradients', `the loss is ${show(loss)}, expected a function that computes it`)
  }
  const learning = [...parameters].filter((parameter) => isParameter(parameter) && parameter.requiresGrad)
  expectFloats(model, learning)
  if (out !== undefined) expectOwnArrays(out, learning)
  // what is computed again has to draw the same random numbers again
  if (checkpoint && currentCourse() === null) {
    return onCourse(new Course(nextSeed(), 0), () => valueAndGradients(model, loss, options))
  }
  return region(() => {
    const tape = new Tape(learning, { checkpoint })
    const result = tape.record(() => floats(loss(), 'valueAndGradients', 'the loss'))
    if (sizeOf(result.shape) !== 1) {
      throw mistake(
        'valueAndGradients',
        `the loss is not one number — got an array of shape [${result.shape}]`,
      )
    }
    const value = tape.read(result).get(...result.shape.map(() => 0)) as number
    const changes = tape.playBack(result, constant({ shape: result.shape, values: [1] }, result))
    const gradients = new Map<Parameter, NdArray<Float32Array>>()
    const taken = new Set<object>()
    for (const parameter of learning) {
      const change = changes.get(parameter as Value)
      if (change === undefined) continue
      // elements of its own for each, since gradients are scaled in place
      const earlier = out?.get(parameter)
      const gradient = earlier ? written(change, earlier) : owned(change, taken)
      gradients.set(parameter, gradient as NdArray<Float32Array>)
    }
    return { value, gradients }
  })
}

const kinds: Kinds<GradientOptions> = {
  checkpoint: kind.flag,
  out: { expected: 'the gradients of an earlier call', has: (value) => isA(value, 'Map') },
}

/** Refuses, before anything is written, arrays that cannot take the gradients of these parameters. */
function expectOwnArrays(out: NonNullable<GradientOptions['out']>, learning: readonly Parameter[]): void {
  expectHost('valueAndGradients', "writing into 'out'")
  const taken = new Set<Data>()
  for (const parameter of learning) {
    const earlier = out.get(parameter)
    if (earlier === undefined) continue
    const { shape, data } = asTensor(earlier, 'valueAndGradients', "an array of 'out'")
    if (!isFloat32(data) || !isSameShape(shape, parameter.shape)) {
      const got = `${dtypeOf(data)} of shape ${showShape(shape)}`
      throw mistake(
        'valueAndGradients',
        `an array of 'out' is no gradient of its parameter — got ${got}, expected float32 of shape ${showShape(parameter.shape)}`,
      )
    }
    if (taken.has(data)) {
      throw mistake(
        'valueAndGradients',
        "two arrays of 'out' have one buffer — expected one for each parameter",
      )
    }
    taken.add(data)
  }
}

/** A value, written into an array. */
function written<A extends Tensor>(value: Value, array: A): A {
  copyInto(tensorOf(value as HostValue), array)
  return array
}

function parametersOf(model: Module | Iterable<Parameter>): Iterable<Parameter> {
  const isList = typeof model === 'object' && model !== null && Symbol.iterator in model
  if (isList && !(model instanceof Module)) return model
  expectModule('valueAndGradients', model)
  return (model as Module).parameters()
}

/** Refuses, by name, what is kept as integers: steps of learning are smaller than theirs. */
function expectFloats(model: Module | Iterable<Parameter>, learning: readonly Parameter[]): void {
  const fixed = learning.filter(({ precision }) => precision !== 'float32')
  if (fixed.length === 0) return
  const names = new Map(
    'namedParameters' in model ? [...model.namedParameters()].map(([name, own]) => [own, name]) : [],
  )
  const [first, ...others] = fixed as [Parameter, ...Parameter[]]
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  throw mistake(
    'valueAndGradients',
    `${names.has(first) ? `'${names.get(first)}'` : 'a parameter'}${more} cannot learn — got weights in ${first.precision}, expected float32`,
    'train the model in float32 and quantize it then, or freeze these weights: parameter.requiresGrad = false',
  )
}

function isParameter(parameter: Parameter): boolean {
  if (parameter instanceof Parameter) return true
  throw mistake('valueAndGradients', `the model is neither a layer nor parameters — got ${typeof parameter}`)
}
