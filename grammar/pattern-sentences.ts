/**
 * The sentences about patterns alone. They are apart from the others because programs whose patterns were compiled
 * ahead have no parser, and so none of these mistakes.
 */
import { fill, type Said, type Values } from './sentences.ts'

export const patternSentences = {
  'pattern/arrow-missing': "the pattern has no '->' — got one side, expected two, as in '{example}'",
  'pattern/arrow-second': "the pattern has a second '->' — got more than two sides, expected '{example}'",
  'pattern/arrow-unexpected': "the pattern has a '->' — got two sides, expected one, as in '{example}'",
  'pattern/unknown-character':
    "unknown character '{character}' — got '{word}', expected letters, digits, '_', '(', ')' and '...'",
  'pattern/stray-dots': "stray dots — got '{word}', expected '...' between spaces or parentheses",
  'pattern/bad-name':
    "bad axis name — got '{word}', expected letters, digits and inner '_', beginning with a letter",
  'pattern/zero': "an axis of length 0 — got '{word}', expected a positive number",
  'pattern/large-number': "a number too large for a length — got '{word}', expected at most 15 digits",
  'pattern/number': "a number {where} — got '{word}', expected a name or 1",
  'pattern/nested-parentheses': "parentheses inside parentheses — got '(' in a group, expected ')' first",
  'pattern/unclosed-parenthesis': "unbalanced parentheses {where} — got '(' without ')', expected both",
  'pattern/unopened-parenthesis': "unbalanced parentheses {where} — got ')' without '(', expected both",
  'pattern/second-ellipsis': "a second '...' {where} — got two, expected at most one",
  'pattern/grouped-ellipsis': "'...' in parentheses {where} — got it in a group, expected it outside",
  'pattern/duplicate-axis':
    "axis '{axis}' stands twice {where} — got a second '{axis}', expected each name once",
  'pattern/left-only':
    "axis '{axis}' is only on the left — got no '{axis}' on the right, expected it on both sides",
  'pattern/right-only':
    "axis '{axis}' is only on the right — got no '{axis}' on the left, expected it on both sides",
  'pattern/output-only':
    "axis '{axis}' is only in the output — got no '{axis}' before '->', expected it in an operand",
  'pattern/operand-only':
    "axis '{axis}' is missing in the output — got no '{axis}' after '->', expected every axis of the operands",
  'pattern/composite':
    "several axes in one group — got '{axis}' as another axis of it, expected one axis for each dimension",
  'pattern/not-in-pack': "'{word}' stands in a pack pattern — got '{word}', expected names and one '*'",
  'pattern/star-missing': "the pattern has no '*' — got names only, expected one '*' for the packed axes",
  'pattern/star-second': "a second '*' — got two, expected one for the packed axes",
} as const

/** Fills in a sentence about a pattern. */
export function sayOfPattern<C extends keyof typeof patternSentences>(code: C, values: Values<C>): Said {
  return { code, ...fill(patternSentences[code], values) }
}
