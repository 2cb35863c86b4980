/**
 * What one word may be. The checks come in a fixed order, which the compiler's twin keeps: a character that no word can
 * hold, dots, then the form of names and numbers.
 */
import type { NamedAxis, NumberAxis } from './ast.ts'
import type { Advice } from './error.ts'
import type { SyntaxWord } from './parser.ts'
import { sayOfPattern } from './pattern-sentences.ts'
import { reject, type Source, writeArrow } from './source.ts'

const unknownCharacter = /[^\p{L}\p{N}_.]/u

/** Refuses what is neither letters, digits, `_` nor dots. */
export function checkCharacters(source: Source, { text, span }: SyntaxWord): void {
  const found = unknownCharacter.exec(text)
  if (found === null) return
  const start = span.start + found.index
  const character = found[0]
  reject(
    source,
    sayOfPattern('pattern/unknown-character', { character, word: text }),
    { start, end: start + character.length },
    hintAboutWord(source, text, span.start) ?? hintAbout(character),
  )
}

/** Refuses dots in a word that is not `...`. */
export function checkDots(source: Source, { text, span }: SyntaxWord): void {
  if (!text.includes('.')) return
  const hint = /^\.+$/.test(text) ? 'an ellipsis has three dots' : "axes and '...' are separated by spaces"
  reject(source, sayOfPattern('pattern/stray-dots', { word: text }), span, hint)
}

/** Refuses what Python would not call an identifier, and names that begin or end with `_`. */
export function checkName(source: Source, word: SyntaxWord): NamedAxis {
  const { text: name, span, kind } = word
  if (kind === 'name' && !name.startsWith('_') && !name.endsWith('_')) return { kind: 'axis', name, span }
  reject(source, sayOfPattern('pattern/bad-name', { word: name }), span, hintAboutName(name))
}

function hintAboutName(name: string): string | Advice | undefined {
  if (name === '_') return "'_' skips a dimension in parseShape and checkShape only"
  if (!/[^*]/.test(name) || !name.includes('*')) return undefined
  const to = name
    .split(/(\*)/)
    .filter((part) => part !== '')
    .join(' ')
  return { text: `names and '*' are separated by spaces: '${to}'`, fix: { from: name, to } }
}

/** The length that a number stands for, in any script's digits; `01` is 1. */
export function checkNumber(source: Source, { text, span }: SyntaxWord): NumberAxis {
  const digits = toAscii(text).replace(/^0+/, '')
  if (digits === '') {
    const hint = 'an axis that may be empty has a name'
    reject(source, sayOfPattern('pattern/zero', { word: text }), span, hint)
  }
  if (digits.length > 15) reject(source, sayOfPattern('pattern/large-number', { word: text }), span)
  return { kind: 'number', length: Number(digits), span }
}

/** Python reads the decimal digits of every script; each script has its ten in a row, and some rows touch. */
function toAscii(digits: string): string {
  if (/^[0-9]*$/.test(digits)) return digits
  return [...digits]
    .map((digit) => {
      const code = digit.codePointAt(0)!
      let first = code
      while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--
      return String((code - first) % 10)
    })
    .join('')
}

/** What to write for a word whose form says what was meant by a character in it. */
function hintAboutWord({ text }: Source, word: string, start: number): string | Advice | undefined {
  if (/^-[0-9]/.test(word)) return 'a length that is to be inferred is a name'
  if (/^[\p{L}_][\p{L}\p{N}_]*(-[\p{L}\p{N}_]+)+$/u.test(word)) {
    const to = word.replaceAll('-', '_')
    return { text: `'-' cannot stand in a name, '_' can: ${to}`, fix: { from: word, to } }
  }
  if (/^[\p{L}\p{N}_]+([*×·][\p{L}\p{N}_]+)+$/u.test(word)) {
    const axes = word.replace(/[*×·]/g, ' ')
    const inGroup = text.lastIndexOf('(', start) > text.lastIndexOf(')', start)
    const to = inGroup ? axes : `(${axes})`
    return {
      text: `the product of axes is a group, with spaces between them: (${axes})`,
      fix: { from: word, to },
    }
  }
  if (/^[\p{L}\p{N}_]+\/[\p{L}\p{N}_]+$/u.test(word)) {
    return `a group takes a dimension apart: (${word.replace('/', ' ')}) on the left`
  }
  return undefined
}

function hintAbout(character: string): string | Advice | undefined {
  switch (character) {
    case ',':
      return 'axes are separated by spaces; commas separate the operands of einsum'
    case '*':
      return "'*' is for pack and unpack; elsewhere '...' stands for any axes"
    case '[':
    case ']':
    case '{':
    case '}':
      return 'a group of axes stands in parentheses'
    case '=':
    case ':':
      return 'lengths go into the object after the pattern'
    case '-':
    case '>':
    case '→':
      return writeArrow(character)
    case '…':
      return { text: "write '...' as three dots", fix: { from: character, to: '...' } }
    default:
      if (/\p{M}/u.test(character))
        return "letters and marks are one character after pattern.normalize('NFC')"
      return /\s/u.test(character) ? 'axes are separated by plain spaces' : undefined
  }
}
