/** Values of options: texts as numbers, lists and lengths, with a message that names the option. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../../grammar/suggest.ts'

/** A mistake in the arguments: printed in one line with the command's usage line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Options = NonNullable<ParseArgsConfig['options']>

/** Options and operands of a command; every mistake is a `UsageError`. */
export function readArguments<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: joinNegatives(args), options, allowPositionals: true, strict: true })
  } catch (cause) {
    const [sentence = ''] = (cause instanceof Error ? cause.message : String(cause)).split('. ')
    const [, unknown = ''] = /^Unknown option '--(.*)'/.exec(sentence) ?? []
    const meant = nearest(unknown, Object.keys(options))
    throw new UsageError(
      sentence.replace(/^./, (first) => first.toLowerCase()) +
        (meant === undefined ? '' : ` — did you mean '--${meant}'?`),
      { cause },
    )
  }
}

/** `--mean -1,0` as `--mean=-1,0`, which is how `parseArgs` wants a value that begins with a minus. */
function joinNegatives(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const previous = joined.at(-1)
    if (/^-[\d.]/.test(arg) && previous?.startsWith('--') && !previous.includes('=')) {
      joined[joined.length - 1] = `${previous}=${arg}`
    } else joined.push(arg)
  }
  return joined
}

/** What an option says, where it is given. */
export const given = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
  text === undefined ? undefined : read(text)

/** The one operand that a command takes. */
export function onlyOperand(positionals: readonly string[], what: string): string {
  const [operand] = positionals
  if (operand === undefined) throw new UsageError(`${what} is missing`)
  if (positionals.length > 1) {
    throw new UsageError(
      `one operand is expected, ${what} — got ${positionals.length}: ${positionals.join(' ')}`,
    )
  }
  return operand
}

/** The name of a picture that is drawn. */
export const pngName = (text: string, option: string): string => nameIn('.png', text, option)

/** The name of a file that is written, by its ending, so that nothing else is written over. */
export function nameIn(ending: '.png' | '.onnx' | '.safetensors', text: string, what: string): string {
  if (text.toLowerCase().endsWith(ending)) return text
  throw new UsageError(
    `${what} is ${JSON.stringify(text)}, expected a name in ${ending}, which is what is written`,
  )
}

/** One of some words. */
export function oneOf<const Word extends string>(text: string, option: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  const expected = words.join(words.length === 2 ? ' or ' : ', ')
  throw new UsageError(`${option} is ${JSON.stringify(text)}, expected ${expected}`)
}

/** An integer of at least `least`. */
export function integer(text: string, option: string, least: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
  throw new UsageError(`${option} is ${JSON.stringify(text)}, expected an integer from ${least}`)
}

/** A number, as `0.9`. */
export function number(text: string, option: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new UsageError(`${option} is ${JSON.stringify(text)}, expected a number`)
}

/** Numbers, as `0.5,0.5,0.5`. */
export const numbers = (text: string, option: string): number[] =>
  text.split(',').map((part) => number(part, option))

/** A shape, as `1,3,224,224`; the empty text is the shape of a scalar. */
export const shape = (text: string, option: string): number[] =>
  text.trim() === '' ? [] : text.split(',').map((part) => integer(part.trim(), option, 0))

/** Lengths by name, as `s1=16,s2=16`. */
export function lengths(text: string, option: string): Record<string, number> {
  const entries = text.split(',').map((part) => {
    const [name, value, ...rest] = part.split('=').map((side) => side.trim())
    if (!name || value === undefined || rest.length > 0) {
      throw new UsageError(`${option} is ${JSON.stringify(text)}, expected name=length,name=length`)
    }
    return [name, integer(value, `${option} ${name}`, 0)] as const
  })
  const given = Object.fromEntries(entries)
  if (Object.keys(given).length < entries.length)
    throw new UsageError(`${option} names an axis twice: ${text}`)
  return given
}
