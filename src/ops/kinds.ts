/**
 * What options may be. A program in JavaScript has no compiler that says when a name is misspelt or a value is none of those that there are, so functions and
 * layers do; each room throws its own error of what is found here.
 */
import type { Advice } from '../../grammar/error.ts'
import { longest, type Said, say } from '../../grammar/sentences.ts'
import { didYouMean, meant } from '../../grammar/suggest.ts'
import { show, showShape } from '../layout/show.ts'

/** Values that an option may have, and what an error calls them. */
export interface Kind<Value = unknown> {
  readonly expected: string
  /** The values' names, where they are some of these. */
  readonly names?: readonly string[]
  /** Whether the option has to be given. */
  readonly isNeeded?: boolean
  /** What stands for an option that is not given. */
  readonly fallback?: Value
  has(value: unknown): boolean
}

/** An option that has no default, and one that has. */
export interface Needed<Value> extends Kind<Value> {
  readonly isNeeded: true
}
export interface Defaulted<Value> extends Kind<Value> {
  readonly fallback: Value
}

/** The kind of every option; the compiler sees to it that none is forgotten. */
export type Kinds<Options> = { readonly [Name in keyof Options]-?: Kind }

/** Options by their names, each written once: its kind says what it may be and what it is if it is not given. */
export type Schema = Readonly<Record<string, Kind>>

/** What a caller may give: the options of a schema. */
export type OptionsOf<Of extends Schema> = Given<Of, NeededIn<Of>> &
  MayBeGiven<Of, Exclude<keyof Of, NeededIn<Of>>>

type Given<Of, Name extends keyof Of> = { readonly [One in Name]: ValueOf<Of[One]> }
type MayBeGiven<Of, Name extends keyof Of> = { readonly [One in Name]?: ValueOf<Of[One]> | undefined }

/** What is read of that: with the defaults of those that have one. */
export type Read<Of extends Schema> = {
  readonly [Name in keyof Of]: Of[Name] extends Needed<unknown> | Defaulted<unknown>
    ? ValueOf<Of[Name]>
    : ValueOf<Of[Name]> | undefined
}

type ValueOf<Of> = Of extends Kind<infer Value> ? Value : never
type NeededIn<Of> = { [Name in keyof Of]: Of[Name] extends Needed<unknown> ? Name : never }[keyof Of]

const is = <Value>(expected: string, has: (value: unknown) => boolean): Kind<Value> => ({ expected, has })

/** The kinds that need nothing else to be known. */
export const kind = {
  anything: is<unknown>('anything', () => true),
  flag: is<boolean>('true or false', (value) => typeof value === 'boolean'),
  number: is<number>('a number', Number.isFinite),
  share: is<number>('a number from 0 to 1', (value) => typeof value === 'number' && value >= 0 && value <= 1),
  /** Counts what there may be. */
  count: wholeFrom(0),
  /** Counts what there has to be. */
  length: wholeFrom(1),
  /** One side, or height and width. */
  sides: is<number | readonly [number, number]>('a whole number from 1, or two: [height, width]', (value) =>
    isPair(value, wholeFrom(1)),
  ),
  seed: is<number>('a whole number', Number.isSafeInteger),
}

/** The first mistake of some options: a name that is none of them, or a value that is not of its kind. */
export function mistakeIn(options: unknown, kinds: Schema): Mistake | undefined {
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
  const hint = didYouMean(option, known) ?? namesWith(option, known)
  const isLong = known.length > (hint === undefined ? 20 : 8)
  const expected = isLong ? `one of ${known.length} others` : known.map((name) => `'${name}'`).join(' or ')
  const values = { option, got: show(value), expected }
  return { ...say('option/unknown', values, Math.max(longest, expected.length)), hint }
}

/** `'batchSize'` for `'batch'`, `'numHeads'` and others for `'heads'`: the names that it is a part of, where they are few. */
function namesWith(part: string, known: readonly string[]): Advice | undefined {
  const names = known.filter((name) => name.toLowerCase().includes(part.toLowerCase()))
  if (part.length < 3 || names.length === 0 || names.length > 4) return undefined
  const { text, fix } = meant(part, names.join("' or '"))
  return names.length === 1 ? { text, fix } : { text }
}

function badValue(option: string, value: unknown, { expected, names }: Kind): Mistake {
  const got = isList(value) ? showShape(value) : show(value)
  const hint = names && typeof value === 'string' ? didYouMean(value, names) : undefined
  return { ...say('option/value', { option, got, expected }, Math.max(longest, expected.length)), hint }
}

/** The options of a schema, with its defaults for those that are not given. */
export function filled<Of extends Schema>(options: OptionsOf<Of>, schema: Of): Read<Of> {
  const given = options as Readonly<Record<string, unknown>>
  const entries = Object.entries(schema).map(([name, { fallback }]) => [
    name,
    given[name] === undefined ? fallback : given[name],
  ])
  return Object.fromEntries(entries) as Read<Of>
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

/** Some options of a schema. */
export function pick<Of extends Schema, Name extends keyof Of>(schema: Of, ...names: Name[]): Pick<Of, Name> {
  return Object.fromEntries(names.map((name) => [name, schema[name]])) as Pick<Of, Name>
}

/** The same kind for some options. */
export function each<Value, Name extends string>(
  kind: Kind<Value>,
  ...names: Name[]
): Record<Name, Kind<Value>> {
  return Object.fromEntries(names.map((name) => [name, kind])) as Record<Name, Kind<Value>>
}

/** One of some names. */
export function oneOf<const Name extends string>(names: readonly Name[]): Kind<Name> {
  return {
    expected: names.map((name) => `'${name}'`).join(' or '),
    names,
    has: (value) => (names as readonly unknown[]).includes(value),
  }
}

export function orFunction<Value>(kind: Kind<Value>): Kind<Value> {
  return {
    ...kind,
    expected: `${kind.expected} or a function`,
    has: (value) => typeof value === 'function' || kind.has(value),
  }
}

function wholeFrom(least: number): Kind<number> {
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
export function orNull<Value>(kind: Kind<Value>): Kind<Value | null> {
  return { ...kind, expected: `${kind.expected} or null`, has: (value) => value === null || kind.has(value) }
}

/** An option that has to be given. */
export function needed<Value>(kind: Kind<Value>): Needed<Value> {
  return { ...kind, isNeeded: true }
}

/** An option, and what it is if it is not given. */
export function or<Value>(kind: Kind<Value>, fallback: NoInfer<Value>): Defaulted<Value> {
  return { ...kind, fallback }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number')
}
