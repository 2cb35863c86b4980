/** No text breaks the language: it is read, or refused by an `EinopsError` that points into it; long texts take linear time. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EinopsError,
  parseEinsum,
  parsePackPattern,
  parseShapePattern,
  parseTransform,
} from '../../grammar/index.ts'
import { growthOf } from '../growth.ts'

const readers: Record<string, (text: string) => unknown> = {
  rearrange: (text) => parseTransform(text, 'rearrange'),
  reduce: (text) => parseTransform(text, 'reduce'),
  repeat: (text) => parseTransform(text, 'repeat'),
  einsum: parseEinsum,
  parseShape: (text) => parseShapePattern(text, 'parseShape'),
  checkShape: (text) => parseShapePattern(text, 'checkShape'),
  pack: (text) => parsePackPattern(text, 'pack'),
  unpack: (text) => parsePackPattern(text, 'unpack'),
}

const pieces = [
  ...[
    'a',
    'b',
    'h1',
    '_',
    '_a',
    '1a',
    '²',
    '高',
    '__proto__',
    'constructor',
    'toString',
    '😀',
    '\ud800',
    'é',
    'e\u0301',
  ],
  ...[
    ' ',
    '  ',
    '\t',
    '\n',
    '\u00a0',
    '\u2028',
    '(',
    ')',
    '()',
    '->',
    '-',
    '>',
    ',',
    '*',
    '.',
    '..',
    '...',
    '…',
  ],
  ...['0', '1', '01', '2', '٣', '99999999999999999999', '$', '\0', '\u200d'],
]
const patternLike = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''))
const anyText = fc.oneof(patternLike, fc.string({ unit: 'binary', maxLength: 60 }))

/** The error of reading a text, or undefined. */
function errorOf(read: (text: string) => unknown, text: string): unknown {
  try {
    read(text)
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(Object.entries(readers))('%s', (operation, read) => {
  test('any text is read or refused with a span inside it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const error = errorOf(read, text)
        if (error === undefined) return
        expect(error).toBeInstanceOf(EinopsError)
        const { span, message, code } = error as EinopsError
        expect(span!.start).toBeGreaterThanOrEqual(0)
        expect(span!.start).toBeLessThanOrEqual(span!.end)
        expect(span!.end).toBeLessThanOrEqual(text.length)
        expect(code).toMatch(/^pattern\//)
        const lines = message.split('\n')
        expect(lines[0]!.startsWith(`${operation}: `)).toBe(true)
        expect(lines[0]).toMatch(/ — got .+, expected .+/)
        expect(lines[3]).toMatch(/^ +\^+$/)
      }),
      { numRuns: 400 },
    )
  })

  test('reading a text twice gives the same answer', () => {
    fc.assert(
      fc.property(patternLike, (text) => {
        expect(errorOf(read, text)).toEqual(errorOf(read, text))
      }),
      { numRuns: 100 },
    )
  })

  test('names on Object.prototype are names like others', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      const text = { rearrange: '-> ', reduce: '->', repeat: '->', einsum: '->' }[operation]
      const pattern = text === undefined ? `${name} b` : `${name} b -> b ${name}`
      const star = operation === 'pack' || operation === 'unpack' ? ' *' : ''
      expect(read(pattern + star)).toMatchObject({ text: pattern + star })
    }
  })
})

describe('a text of 100,000 characters takes linear time', () => {
  const repeated = [
    ['letters', 'a'],
    ['opening parentheses', '('],
    ['closing parentheses', ')'],
    ['units', '() '],
    ['dots', '.'],
    ['ellipses', '... '],
    ['arrows', '->'],
    ['minus signs', '-'],
    ['commas', ','],
    ['names', 'ab '],
    ['marks', '\u0301'],
    ['spaces', ' '],
  ]

  test.each(repeated)(
    'of nothing but %s: read in time that grows with the length, not with its square',
    (_, piece) => {
      const read = (length: number) => {
        const text = piece.repeat(length / piece.length)
        errorOf((text) => parseTransform(text, 'rearrange'), text)
        errorOf(parseEinsum, text)
      }
      expect(growthOf(read, 10_000, 10)).toBeLessThan(70) // by squares 100
    },
  )
})

test('an operand of 60 axes is read in order', () => {
  const names = Array.from({ length: 60 }, (_, i) => `axis${i}`)
  const { left, right } = parseTransform(
    `${names.join(' ')} -> (${names.toReversed().join(' ')})`,
    'rearrange',
  )
  expect(left.items.map((item) => item.kind === 'axis' && item.name)).toEqual(names)
  expect(right.items).toHaveLength(1)
})

test('a pattern is read once while it is in use, and forgotten after a thousand others', () => {
  const first = parseTransform('a0 b -> b a0', 'rearrange')
  expect(parseTransform('a0 b -> b a0', 'rearrange')).toBe(first)
  for (let i = 1; i <= 1000; i++) parseTransform(`a${i} b -> b a${i}`, 'rearrange')
  expect(parseTransform('a0 b -> b a0', 'rearrange')).not.toBe(first)
})
