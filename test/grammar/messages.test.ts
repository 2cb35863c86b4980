/** Whole messages, as a person sees them. */
import { describe, expect, test } from 'vitest'
import {
  EinopsError,
  parseEinsum,
  parsePackPattern,
  parseShapePattern,
  parseTransform,
  say,
} from '../../grammar/index.ts'

function errorOf(read: () => unknown): EinopsError {
  try {
    read()
  } catch (error) {
    if (error instanceof EinopsError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const messageOf = (read: () => unknown) => errorOf(read).message

describe('a message shows the sentence, the pattern, carets and a hint', () => {
  test('a misspelt axis', () => {
    const read = () => parseTransform('batch height width -> batch heigth width', 'rearrange')
    expect(messageOf(read)).toBe(
      [
        "rearrange: axis 'height' is only on the left — got no 'height' on the right, expected it on both sides",
        '',
        '  batch height width -> batch heigth width',
        '        ^^^^^^',
        "  hint:    'heigth' is only on the right: are the two one axis?",
      ].join('\n'),
    )
  })

  test('a dropped axis', () => {
    expect(messageOf(() => parseTransform('a b -> a', 'rearrange'))).toBe(
      [
        "rearrange: axis 'b' is only on the left — got no 'b' on the right, expected it on both sides",
        '',
        '  a b -> a',
        '    ^',
        '  hint:    reduce drops axes',
      ].join('\n'),
    )
  })

  test('a space that does not break between axes', () => {
    expect(messageOf(() => parseTransform('a\u00a0b -> b a', 'rearrange'))).toBe(
      [
        "rearrange: unknown character 'U+00A0' — got 'U+00A0', expected letters, digits, '_', '(', ')' and '...'",
        '',
        '  a\u00a0b -> b a',
        '   ^',
        '  hint:    axes are separated by plain spaces',
      ].join('\n'),
    )
  })

  test('a mistake in a pattern of several lines is shown on one', () => {
    expect(messageOf(() => parseTransform('a\n\t(b c)\r\n-> a b', 'rearrange'))).toBe(
      [
        "rearrange: axis 'c' is only on the left — got no 'c' on the right, expected it on both sides",
        '',
        '  a  (b c)  -> a b',
        '        ^',
        '  hint:    reduce drops axes',
      ].join('\n'),
    )
  })

  test('an arrow of another language', () => {
    expect(messageOf(() => parseTransform('a b → b a', 'rearrange'))).toBe(
      [
        "rearrange: the pattern has no '->' — got one side, expected two, as in 'h w -> w h'",
        '',
        '  a b → b a',
        '      ^',
        "  hint:    write the arrow as '->'",
      ].join('\n'),
    )
  })

  test('carets stand under what is meant where characters are wide', () => {
    const [, , pattern, carets] = messageOf(() => parseTransform('高 宽 宽 -> 高 宽', 'rearrange')).split(
      '\n',
    )
    expect(pattern).toBe('  高 宽 宽 -> 高 宽')
    expect(carets).toBe(`  ${' '.repeat(6)}^^`)
  })

  test('a long pattern is cut around the mistake', () => {
    const names = Array.from({ length: 100 }, (_, i) => `axis${i}`).join(' ')
    const [first, , pattern, carets] = messageOf(() =>
      parseTransform(`${names} axis50 -> ${names}`, 'rearrange'),
    ).split('\n')
    expect(first).toBe(
      "rearrange: axis 'axis50' stands twice on the left — got a second 'axis50', expected each name once",
    )
    expect(pattern!.length).toBeLessThan(110)
    expect(pattern!.slice(carets!.indexOf('^'), carets!.lastIndexOf('^') + 1)).toBe('axis50')
  })

  test('a long word is cut in the sentence', () => {
    const [first] = messageOf(() => parseTransform(`${'a'.repeat(5000)} -> b`, 'rearrange')).split('\n')
    expect(first!.length).toBeLessThan(300)
  })
})

describe('the first mistake from the left is told, and mistakes between the sides last', () => {
  const code = (text: string) => errorOf(() => parseTransform(text, 'rearrange')).code

  test.each([
    ['a a $ -> b', 'pattern/duplicate-axis'],
    ['$ a a -> b', 'pattern/unknown-character'],
    ['a b -> (a', 'pattern/unclosed-parenthesis'],
    ['(a (b -> a,', 'pattern/nested-parentheses'],
    ['(a, b) -> a b', 'pattern/unknown-character'],
    ['$ a -> b -> c', 'pattern/arrow-second'],
    ['$ a', 'pattern/arrow-missing'],
    ['a b -> c ... ...', 'pattern/second-ellipsis'],
    ['a b ... -> c', 'pattern/left-only'],
    ['a -> a b ...', 'pattern/right-only'],
  ])('%s: %s', (text, expected) => {
    expect(code(text)).toBe(expected)
  })
})

describe('each operation has its own rules', () => {
  test.each([
    ['a 2 -> a', "rearrange: a number on the left — got '2', expected a name or 1"],
    ['a -> a 2', "rearrange: a number on the right — got '2', expected a name or 1"],
  ])('rearrange allows no numbers: %s', (text, sentence) => {
    expect(messageOf(() => parseTransform(text, 'rearrange')).split('\n')[0]).toBe(sentence)
  })

  test('repeat may not drop an axis, reduce may not make one', () => {
    expect(errorOf(() => parseTransform('a b -> a', 'repeat')).code).toBe('pattern/left-only')
    expect(errorOf(() => parseTransform('a -> a b', 'reduce')).code).toBe('pattern/right-only')
    expect(errorOf(() => parseTransform('a -> a ...', 'repeat')).code).toBe('pattern/right-only')
  })

  test.each([
    ['i j -> k', 'pattern/output-only'],
    ['i j -> i ...', 'pattern/output-only'],
    ['i j -> i i', 'pattern/duplicate-axis'],
    ['_ i -> _ _', 'pattern/duplicate-axis'],
    ['i 3 -> i', 'pattern/number'],
    ['i, j -> i, j', 'pattern/unknown-character'],
    ['(... i) -> i', 'pattern/grouped-ellipsis'],
    ['i j, j k', 'pattern/arrow-missing'],
  ])('einsum refuses %s (%s)', (text, expected) => {
    expect(errorOf(() => parseEinsum(text)).code).toBe(expected)
  })

  test.each([
    ['a -> b', 'pattern/arrow-unexpected'],
    ['(a b) c', 'pattern/composite'],
    ['(2 3)', 'pattern/composite'],
    ['(...) a', 'pattern/grouped-ellipsis'],
    ['a a', 'pattern/duplicate-axis'],
    ['_a', 'pattern/bad-name'],
    ['a 0', 'pattern/zero'],
    ['a, b', 'pattern/unknown-character'],
  ])('parseShape refuses %s (%s)', (text, expected) => {
    expect(errorOf(() => parseShapePattern(text, 'parseShape')).code).toBe(expected)
  })

  test.each([
    ['a b', 'pattern/star-missing'],
    ['* a *', 'pattern/star-second'],
    ['a a *', 'pattern/duplicate-axis'],
    ['1 *', 'pattern/not-in-pack'],
    ['... *', 'pattern/not-in-pack'],
    ['(a b) *', 'pattern/not-in-pack'],
    ['a, *', 'pattern/not-in-pack'],
    ['_ *', 'pattern/bad-name'],
    ['* -> a', 'pattern/arrow-unexpected'],
  ])('pack refuses %s (%s)', (text, expected) => {
    expect(errorOf(() => parsePackPattern(text, 'pack')).code).toBe(expected)
  })

  test.each([undefined, null, 3, ['a -> a'], {}])('what is no string is refused: %s', (value) => {
    const error = errorOf(() => parseTransform(value as unknown as string, 'rearrange'))
    expect(error.code).toBe('pattern/type')
  })
})

test('a sentence is filled in without touching what it quotes', () => {
  const { what } = say('shape/not-divisible', { dimension: 2, item: '(h {got})', got: 225, divisor: '$&' })
  expect(what).toBe("dimension 2 does not split into '(h {got})' — got length 225, expected a multiple of $&")
})
