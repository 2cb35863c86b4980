/** What the options of layers may be beside numbers and flags, and what a layer says of others. */

import { EinopsError } from '../../grammar/error.ts'
import { kind as common, type Kind, type Kinds, mistakeIn, oneOf, orFunction } from '../ops/kinds.ts'
import { activations } from '../steps/map.ts'
import { initializerNames } from './init.ts'
import type { Module } from './module.ts'

export { each, isPair, type Kind, type Kinds, needed, oneOf, only, orNull } from '../ops/kinds.ts'

const initializer = orFunction(oneOf(initializerNames))

/** Two numbers of a kind. */
function twoOf({ has }: Kind): Kind {
  return {
    expected: 'two whole numbers: [rows, columns]',
    has: (value) => Array.isArray(value) && value.length === 2 && value.every(has),
  }
}

/** The kinds that there are. */
export const kind = {
  ...common,
  activation: oneOf(Object.keys(activations)),
  module: {
    expected: 'a layer',
    has: (value) => typeof (value as Partial<Module> | null)?.compute === 'function',
  },
  /** Rows and columns. */
  grid: twoOf(common.length),
  /** Rows and columns, of which there may be none. */
  room: twoOf(common.count),
  norm: orFunction(oneOf(['layernorm', 'rmsnorm'])),
  /** How a weight, or a weight and a bias, are drawn. */
  init: {
    ...initializer,
    expected: "an initialiser's name, a function, or such a weight and bias",
    has: (value) =>
      initializer.has(value) ||
      (typeof value === 'object' &&
        !Array.isArray(value) &&
        mistakeIn(value, { weight: initializer, bias: initializer }) === undefined),
  },
} as const satisfies Record<string, Kind>

/** An object of options that have kinds of their own. */
export const nested = (kinds: Readonly<Record<string, Kind>>): Kind => ({
  expected: `an object of ${Object.keys(kinds).join(', ')}`,
  has: (value) => mistakeIn(value, kinds) === undefined,
})

/**
 * Checks the names and values of a layer's options; undefined is for those that are not given.
 *
 * @throws {EinopsError} for a name that is none of the layer's, or a value that is not of the option's kind
 */
export function expectOptions<Options extends object>(
  layer: Module | string,
  options: Options,
  kinds: Kinds<Options>,
): void {
  const mistake = mistakeIn(options, kinds)
  if (mistake === undefined) return
  throw new EinopsError({ operation: typeof layer === 'string' ? layer : layer.constructor.name, ...mistake })
}
