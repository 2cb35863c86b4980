/**
 * The lengths that a user gives beside a pattern: an object of axis names. Only its own members count, and the names
 * are looked up in maps, so that an axis may be called `constructor`.
 */

import type { Span } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { say } from '../../grammar/sentences.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { tagOf } from './data.ts'
import { show } from './show.ts'

/** Lengths by name; undefined is for those that are not given. */
export type Lengths = Readonly<Record<string, number | undefined>>

/** Who asks, for the error messages. */
export interface Asker {
  readonly operation: string
  readonly pattern: string
  readonly span: Span
  readonly shape?: readonly number[] | readonly (readonly number[])[] | undefined
}

/**
 * The given lengths by name; `names` are the pattern's axes and where they stand.
 *
 * @throws {EinopsError} for what is no whole number or no axis of the pattern
 */
export function readLengths(
  lengths: Lengths | undefined,
  names: ReadonlyMap<string, Span>,
  asker: Asker,
): Map<string, number> {
  const read = new Map<string, number>()
  if (lengths === undefined) return read
  if (!areLengths(lengths)) {
    throw new EinopsError({ ...asker, ...say('length/type', { got: show(lengths) }) })
  }
  for (const axis of Object.keys(lengths)) {
    const value: unknown = lengths[axis]
    const shown = show(value)
    if (!names.has(axis)) {
      const known = [...names.keys()].map((name) => `'${name}'`).join(', ')
      const code = isName(axis) ? 'length/unused' : 'length/bad-name'
      throw new EinopsError({
        ...asker,
        ...say(code, { axis, value: shown, expected: known === '' ? 'no lengths' : `one of ${known}` }),
        lengths,
        hint: isOption(axis, value)
          ? 'options are the argument after the lengths'
          : didYouMean(axis, names.keys()),
      })
    }
    if (value === undefined) continue
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      const span = names.get(axis)!
      const said = say('length/bad-value', { axis, value: shown })
      throw new EinopsError({ ...asker, span, ...said, lengths, hint: hintAbout(axis, value) })
    }
    read.set(axis, value)
  }
  return read
}

/** Whether a value can be lengths by name. */
function areLengths(lengths: unknown): lengths is Lengths {
  return typeof lengths === 'object' && lengths !== null && !['Array', 'Map'].includes(tagOf(lengths))
}

/**
 * Tells whether lengths are the given ones again: plans are kept beside this. What cannot be lengths never is, so that it is refused
 * whatever was given before.
 */
export function theSame(given: Lengths = {}): (lengths: Lengths | undefined) => boolean {
  const names = Object.keys(given)
  const values = names.map((name) => given[name])
  return (lengths) => {
    if (lengths === undefined) return names.length === 0
    if (typeof lengths !== 'object' || lengths === null) return false
    let count = 0
    for (const name in lengths) {
      // members may come in another order, so each is looked up where it stands first
      const i = names[count] === name ? count : names.indexOf(name)
      if (i < 0 || lengths[name] !== values[i] || !Object.hasOwn(lengths, name)) return false
      count++
    }
    return count === names.length && (count > 0 || areLengths(lengths))
  }
}

/** What was probably meant by a value that is no length. */
function hintAbout(axis: string, value: unknown): string | undefined {
  if (value === -1) return `leave '${axis}' out to have it inferred`
  if (typeof value === 'string' && /^[0-9]+$/.test(value)) return `write ${value} without quotes`
  if (typeof value === 'bigint' && value >= 0n) return `write ${value} without the n`
  return undefined
}

function isOption(name: string, value: unknown): boolean {
  return (
    name === 'correction' ||
    (typeof value !== 'number' && ['copy', 'out', 'dtype', 'broadcast'].includes(name))
  )
}

function isName(text: string): boolean {
  return /^\p{XID_Start}\p{XID_Continue}*$/u.test(text) && !text.endsWith('_')
}
