/** What the options of layers may be beside numbers and flags, and what a layer says of others. */

import { EinopsError } from '../../grammar/error.ts'
import {
  kind as common,
  filled,
  type Kind,
  type Kinds,
  mistakeIn,
  type OptionsOf,
  oneOf,
  orFunction,
  type Read,
  type Schema,
} from '../ops/kinds.ts'
import { type Activation, activations } from '../steps/map.ts'
import { initializerNames, type LayerInit } from './init.ts'
import type { Module } from './module.ts'
import type { NormLayer } from './norm.ts'

export {
  each,
  isPair,
  type Kind,
  type Kinds,
  needed,
  type OptionsOf,
  oneOf,
  only,
  or,
  orNull,
  pick,
  type Read,
} from '../ops/kinds.ts'

const initializer = orFunction(oneOf(initializerNames))

/** Two numbers of a kind. */
function twoOf({ has }: Kind): Kind<readonly [number, number]> {
  return {
    expected: 'two whole numbers: [rows, columns]',
    has: (value) => Array.isArray(value) && value.length === 2 && value.every(has),
  }
}

const norm: Kind<NormLayer> = orFunction(oneOf(['layernorm', 'rmsnorm']))

const module: Kind<Module> = {
  expected: 'a layer',
  has: (value) => typeof (value as Partial<Module> | null)?.compute === 'function',
}

/** How a weight, or a weight and a bias, are drawn. */
const init: Kind<LayerInit> = {
  ...initializer,
  expected: "an initialiser's name, a function, or such a weight and bias",
  has: (value) =>
    initializer.has(value) ||
    (typeof value === 'object' &&
      !Array.isArray(value) &&
      mistakeIn(value, { weight: initializer, bias: initializer }) === undefined),
}

function numberThat(expected: string, holds: (value: number) => boolean): Kind<number> {
  return { expected, has: (value) => common.number.has(value) && holds(value as number) }
}

/** The kinds that there are. */
export const kind = {
  ...common,
  activation: oneOf(Object.keys(activations) as Activation[]),
  module,
  fromZero: numberThat('a number from 0', (value) => value >= 0),
  positive: numberThat('a number above 0', (value) => value > 0),
  /** Rows and columns. */
  grid: twoOf(common.length),
  /** Rows and columns, of which there may be none. */
  room: twoOf(common.count),
  norm,
  init,
}

/** An object of options that have a schema of their own. */
export function nested<Of extends Schema>(schema: Of): Kind<OptionsOf<Of>> {
  return {
    expected: `an object of ${Object.keys(schema).join(', ')}`,
    has: (value) => mistakeIn(value, schema) === undefined,
  }
}

/** What function or layer is named in an error. */
type Named = Module | string

/**
 * Checks the names and values of options; undefined is for those that are not given.
 *
 * @throws {EinopsError} for a name that is none of the layer's, or a value that is not of the option's kind
 */
export function expectOptions<Options extends object>(
  layer: Named,
  options: Options,
  kinds: Kinds<Options>,
): void {
  const mistake = mistakeIn(options, kinds)
  if (mistake === undefined) return
  throw new EinopsError({ operation: typeof layer === 'string' ? layer : layer.constructor.name, ...mistake })
}

/** A layer's options after that check, with the defaults of its schema. */
export function readOptions<Of extends Schema>(layer: Named, options: OptionsOf<Of>, schema: Of): Read<Of> {
  expectOptions<object>(layer, options, schema)
  return filled(options, schema)
}
