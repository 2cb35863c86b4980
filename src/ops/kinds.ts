/**
 * What options may be. A program in JavaScript has no compiler that says when a name is misspelt or a value is none of those that there are, so functions and
 * layers do; each room throws its own error of what is found here.
 */
import type { Advice } from '../../grammar/error.ts'
import { type Said, say } from '../../grammar/sentences.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { show, showShape } from '../layout/show.ts'

/** Values that an option may have, and what an error calls them. */
export interface Kind {
  readonly expected: string
  /** The values' names, where they are some of these. */
  readonly names?: readonly string[]
  /** Whether there is no default. */
  readonly isNeeded?: boolean
  has(value: unknown): boolean
}

/** The kind of every option; the compiler sees to it that none is forgotten. */
export type Kinds<Options> = { readonly [Name in keyof Options]-?: Kind }

/** The kinds that need nothing else to be known. */
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
} as const satisfies Record<string, Kind>

/** The first mistake of some options: a name that is none of them, or a value that is not of its kind. */
export function mistakeIn(options: unknown, kinds: Readonly<Record<string, Kind>>): Mistake | undefined {
  if (!isObject(options)) {
    const expected = `an object of ${Object.keys(kinds).join(', ')}`
    return { ...say('option/value', { option: 'options', got: show(options), expected }), hint: undefined }
  }
  const values = options as Record<string, unknown>
  for (const option of Object.keys(values)) {
    if (!Object.hasOwn(kinds, option)) return unknownName(option, values[option], Object.keys(kinds))
  }
  for (const option in kinds) {
    const { isNeeded, has } = kinds[option]!
    const value = values[option]
    if (value === undefined ? isNeeded : !has(value)) return badValue(option, value, kinds[option]!)
  }
  return undefined
}

type Mistake = Said & { readonly hint: Advice | undefined }

function unknownName(option: string, value: unknown, known: readonly string[]): Mistake {
  const hint = didYouMean(option, known)
  const isLong = hint !== undefined && known.length > 8
  const expected = isLong ? `one of ${known.length} others` : known.map((name) => `'${name}'`).join(' or ')
  return { ...say('option/unknown', { option, got: show(value), expected }), hint }
}

function badValue(option: string, value: unknown, { expected, names }: Kind): Mistake {
  const got = isList(value) ? showShape(value) : show(value)
  const hint = names && typeof value === 'string' ? didYouMean(value, names) : undefined
  return { ...say('option/value', { option, got, expected }), hint }
}

/** Those of the options that have a kind: what one layer hands on to another. */
export function only<Options extends object, Part>(
  options: Options,
  kinds: Kinds<Part>,
): Pick<Options, keyof Options & keyof Part> {
  const names = Object.keys(kinds) as (keyof Options & keyof Part & string)[]
  const entries = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))
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

export function orFunction(kind: Kind): Kind {
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
  const list =
    Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value as ArrayLike<unknown>) : []
  return has(value) || (list.length === 2 && list.every(has))
}

/** What another kind has, or null. */
export function orNull(kind: Kind): Kind {
  return { ...kind, expected: `${kind.expected} or null`, has: (value) => value === null || kind.has(value) }
}

/** An option that has no default. */
export function needed(kind: Kind): Kind {
  return { ...kind, isNeeded: true }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number')
}
