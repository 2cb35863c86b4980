/**
 * What the options of layers may be. A program in JavaScript has no compiler that says when a name is misspelt or a value is none of those that there are,
 * so layers say it where they are made.
 */

import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { activations } from '../gemm/activation.ts'
import { show, showShape } from '../layout/show.ts'
import { expectNames } from '../ops/options.ts'
import { initializerNames } from './init.ts'
import type { Module } from './module.ts'

/** Values that an option may have, and what an error calls them. */
export interface Kind {
  readonly expected: string
  /** The values' names, where they are some of these. */
  readonly names?: readonly string[]
  has(value: unknown): boolean
}

/** The kind of every option; the compiler sees to it that none is forgotten. */
export type Kinds<Options> = { readonly [Name in keyof Options]-?: Kind }

const initializer = orFunction(oneOf(initializerNames))

/** The kinds that there are. */
export const kind = {
  anything: { expected: 'anything', has: () => true },
  flag: { expected: 'true or false', has: (value) => typeof value === 'boolean' },
  number: { expected: 'a number', has: (value) => Number.isFinite(value) },
  share: {
    expected: 'a number from 0 to 1',
    has: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  /** Counts what there may be. */
  count: wholeFrom(0),
  /** Counts what there has to be. */
  length: wholeFrom(1),
  /** One side, or height and width. */
  sides: {
    expected: 'a whole number from 1, or two: [height, width]',
    has: (value) => isPair(value, wholeFrom(1)),
  },
  seed: { expected: 'a whole number', has: Number.isSafeInteger },
  activation: oneOf(Object.keys(activations)),
  norm: orFunction(oneOf(['layernorm', 'rmsnorm'])),
  /** How a weight, or a weight and a bias, are drawn. */
  init: {
    ...initializer,
    expected: "an initialiser's name, a function, or such a weight and bias",
    has: (value) =>
      initializer.has(value) ||
      (isObject(value) && Object.values(value).every((each) => each === undefined || initializer.has(each))),
  },
} as const satisfies Record<string, Kind>

/**
 * Checks the names and values of a layer's options; null and undefined are for those that are not given.
 *
 * @throws {EinopsError} for a name that is none of the layer's, or a value that is not of the option's kind
 */
export function expectOptions<Options extends object>(
  layer: Module | string,
  options: Options,
  kinds: Kinds<Options>,
): void {
  const operation = typeof layer === 'string' ? layer : layer.constructor.name
  expectNames(options, operation, Object.keys(kinds))
  for (const [option, value] of Object.entries(options)) {
    const { expected, names, has } = kinds[option as keyof Options]
    if (value === undefined || value === null || has(value)) continue
    throw new EinopsError({
      operation,
      ...say('option/value', { option, got: isList(value) ? showShape(value) : show(value), expected }),
      hint: names && typeof value === 'string' ? didYouMean(value, names) : undefined,
    })
  }
}

/** Those of the options that have a kind: what one layer hands on to another. */
export function only<Options extends object, Part>(
  options: Options,
  kinds: Kinds<Part>,
): Pick<Options, keyof Options & keyof Part> {
  const entries = Object.entries(options).filter(([name]) => name in kinds)
  return Object.fromEntries(entries) as Pick<Options, keyof Options & keyof Part>
}

/** The same kind for some options. */
export function each<Name extends string>(kind: Kind, ...names: Name[]): Record<Name, Kind> {
  return Object.fromEntries(names.map((name) => [name, kind])) as Record<Name, Kind>
}

/** One of some names. */
export function oneOf(names: readonly string[]): Kind {
  return {
    expected: names.map((name) => `'${name}'`).join(' or '),
    names,
    has: (value) => (names as readonly unknown[]).includes(value),
  }
}

function orFunction(kind: Kind): Kind {
  return {
    ...kind,
    expected: `${kind.expected} or a function`,
    has: (value) => typeof value === 'function' || kind.has(value),
  }
}

function wholeFrom(least: number): Kind {
  return {
    expected: `a whole number from ${least}`,
    has: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  }
}

/** A value of a kind, or a list of two. */
export function isPair(value: unknown, { has }: Kind): boolean {
  return has(value) || (Array.isArray(value) && value.length === 2 && value.every(has))
}

function isList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
