/** compile: patterns parsed ahead, for programs that shall not carry the parser. */

import type { CompiledPatterns } from '../../grammar/compiled.ts'
import { EinopsError } from '../../grammar/error.ts'
import {
  parseEinsum,
  parsePackPattern,
  parseShapePattern,
  parseTransform,
  parseZip,
} from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { show } from '../layout/show.ts'

/** Patterns by the operation that they are for. */
export type PatternTexts = {
  readonly [Operation in Exclude<keyof CompiledPatterns, 'format'>]?: readonly string[]
}

const parsers: Record<keyof PatternTexts, (text: string) => object> = {
  rearrange: (text) => parseTransform(text, 'rearrange'),
  reduce: (text) => parseTransform(text, 'reduce'),
  repeat: (text) => parseTransform(text, 'repeat'),
  argmax: (text) => parseTransform(text, 'argmax'),
  argmin: (text) => parseTransform(text, 'argmin'),
  einsum: parseEinsum,
  add: (text) => parseZip(text, 'add'),
  subtract: (text) => parseZip(text, 'subtract'),
  multiply: (text) => parseZip(text, 'multiply'),
  divide: (text) => parseZip(text, 'divide'),
  pack: (text) => parsePackPattern(text, 'pack'),
  unpack: (text) => parsePackPattern(text, 'unpack'),
  parseShape: (text) => parseShapePattern(text, 'parseShape'),
  checkShape: (text) => parseShapePattern(text, 'checkShape'),
}

/**
 * Parses patterns ahead. A build step writes the result as JSON; the program gives it to `load` of `tesserae/compiled`,
 * whose operations then take the same texts without a parser: a third of the bytes, and imported in milliseconds.
 *
 * @param patterns the texts of the patterns, by operation
 * @returns the parsed patterns, which survive JSON
 * @throws {EinopsError} when a pattern is wrong
 *
 * @example
 * const patterns = compile({ rearrange: ['b c (h s1) (w s2) -> b (h w) (s1 s2 c)'], reduce: ['b n d -> b d'] })
 * JSON.parse(JSON.stringify(patterns)).reduce[0].text // → b n d -> b d
 */
export function compile(patterns: PatternTexts): CompiledPatterns {
  const compiled: Record<string, unknown> = { format: 1 }
  if (typeof patterns !== 'object' || patterns === null)
    throw badList('patterns', patterns, 'an object of lists')
  for (const [operation, texts] of Object.entries(patterns)) {
    if (!Object.hasOwn(parsers, operation)) {
      const known = Object.keys(parsers)
      throw new EinopsError({
        operation: 'compile',
        ...say('option/unknown', { option: operation, got: 'patterns', expected: known.join(', ') }),
        hint: didYouMean(operation, known),
      })
    }
    if (!Array.isArray(texts)) throw badList(operation, texts, 'a list of patterns')
    compiled[operation] = texts.map((text) => parsers[operation as keyof PatternTexts](text))
  }
  return compiled as unknown as CompiledPatterns
}

function badList(option: string, got: unknown, expected: string): EinopsError {
  return new EinopsError({
    operation: 'compile',
    ...say('option/value', { option, got: show(got), expected }),
    hint: "the form is compile({ rearrange: ['h w -> w h'] })",
  })
}
