/** invert: the pattern that undoes a pattern. */
import { parseTransform } from '../../grammar/index.ts'
import type { Checked, Inverse } from '../../grammar/types/index.ts'

/**
 * The pattern that takes the result of {@link rearrange} back to its input: the sides exchanged.
 *
 * @param pattern a pattern of rearrange, whose ellipsis stands in no group (a group's dimensions could not be told apart)
 * @returns the pattern from right to left; it takes the lengths that the right side does not determine
 * @throws {EinopsError} when the pattern is wrong or has no inverse
 *
 * @example
 * invert('b c (h s1) (w s2) -> b (h w) (s1 s2 c)') // → b (h w) (s1 s2 c) -> b c (h s1) (w s2)
 */
export function invert<P extends string>(pattern: Checked<'rearrange', P, Record<string, number>>): Inverse<P>
export function invert(pattern: string): string {
  const { text, left, right } = parseTransform(pattern, 'rearrange')
  const inverse = `${text.slice(right.span.start, right.span.end)} -> ${text.slice(left.span.start, left.span.end)}`
  return parseTransform(inverse.trim(), 'rearrange').text
}
