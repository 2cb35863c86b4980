/** A pattern with carets under a part of it, as rustc shows source code. */
import type { Span } from './ast.ts'

const width = 100

/** The pattern on one line with carets under the span; a long pattern is cut around it. */
export function excerpt(pattern: string, span: Span | undefined): string[] {
  const start = Math.min(span?.start ?? 0, pattern.length)
  const end = Math.min(Math.max(span?.end ?? 0, start), pattern.length)
  const from = pattern.length <= width ? 0 : Math.max(0, Math.min(start - 20, pattern.length - width))
  const to = Math.min(pattern.length, from + width)
  const before = from > 0 ? '…' : ''
  const line = `  ${before}${printable(pattern.slice(from, to))}${to < pattern.length ? '…' : ''}`
  if (span === undefined) return [line]
  const indent = before.length + columnsOf(pattern.slice(from, start))
  const carets = Math.max(1, columnsOf(pattern.slice(start, Math.min(end, to))))
  return [line, `  ${' '.repeat(indent)}${'^'.repeat(carets)}`]
}

/** The text on one line, without what would move the carets: control and invisible characters, and those that change the direction of writing. */
function printable(text: string): string {
  return text
    .replace(/[\t\n\r]/g, ' ')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u200b\u2060\ufeff]/gu, '·')
}

const none = /\p{Mn}|\p{Me}|\u200d|\ufe0f/u
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\uff00-\uff60]/u

/** How many columns a text takes in a terminal: two for East Asian wide characters and emoji, none for marks. */
function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += none.test(character) ? 0 : wide.test(character) ? 2 : 1
  return columns
}
