/** How an error is shown: the pattern with carets, the shape against it, the lengths, the hint. */
import { describe, expect, test } from 'vitest'
import { EinopsError } from '../../grammar/error.ts'
import { excerpt } from '../../grammar/excerpt.ts'
import { facing } from '../../grammar/facing.ts'
import { say } from '../../grammar/sentences.ts'
import { meant } from '../../grammar/suggest.ts'

const said = { code: 'shape/rank', operation: 'rearrange', what: 'this — got that, expected those' }

test('a message has the sentence, the pattern with carets, shape, lengths and hint', () => {
  const error = new EinopsError({
    ...said,
    pattern: 'b (h s) -> b h s',
    span: { start: 2, end: 7 },
    shape: [8, 225],
    lengths: { s: 16, h: '2', w: null },
    hint: '224 would divide',
  })
  expect(error.message).toBe(
    [
      'rearrange: this — got that, expected those',
      '',
      '  b (h s) -> b h s',
      '    ^^^^^',
      '  shape:   [8, 225]: b = 8, (h s) = 225',
      '  lengths: { s: 16, h: "2", w: null }',
      '  hint:    224 would divide',
    ].join('\n'),
  )
})

test('an error without a pattern is one sentence', () => {
  expect(new EinopsError(said).message).toBe('rearrange: this — got that, expected those')
})

test('an error carries what a program needs to know of it', () => {
  const span = { start: 0, end: 1 }
  const error = new EinopsError({ ...said, pattern: 'a', span, hint: 'h' })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({
    ...{ name: 'EinopsError', code: 'shape/rank' },
    pattern: 'a',
    span,
    hint: 'h',
  })
})

test('the sentence, the values that it names and the fix are data, so that nobody takes a message apart', () => {
  const error = new EinopsError({
    ...{ operation: 'rearrange', ...say('length/unused', { axis: 'S', value: 2, expected: "one of 's'" }) },
    hint: meant('S', 's'),
  })
  expect(error).toMatchObject({
    code: 'length/unused',
    what: "length 'S' is not used — got S: 2, expected one of 's'",
    values: { axis: 'S', value: 2, expected: "one of 's'" },
    hint: "did you mean 's'?",
    fix: { from: 'S', to: 's' },
  })
  expect(error.message).toBe(`rearrange: ${error.what}\n  hint:    did you mean 's'?`)
  expect(new EinopsError({ ...said, hint: 'h' })).toMatchObject({ values: {}, fix: undefined })
})

test('lengths of any kind are shown, also those that cannot be made strings', () => {
  const lengths = { a: Object.create(null), b: Symbol('s'), c: 3n, d: () => 1, e: 'x'.repeat(1000) }
  const { message } = new EinopsError({ ...said, lengths })
  const shown = `{ a: an object, b: Symbol(s), c: 3n, d: a function, e: "${'x'.repeat(40)}…" }`
  expect(message).toContain(`lengths: ${shown}`)
})

describe('a shape against a pattern', () => {
  test.each([
    ['b c h w -> b (c h w)', [8, 3, 4, 5], '[8, 3, 4, 5]: b = 8, c = 3, h = 4, w = 5'],
    ['b c (h s)(w s) -> b', [8, 3, 4], '[8, 3, 4]: b = 8, c = 3, (h s) = 4, (w s) = ?'],
    ['b c -> b', [8, 3, 4], '[8, 3, 4]: b = 8, c = 3, ? = 4'],
    ['b ... c -> b', [8, 3, 4, 5], '[8, 3, 4, 5]: b = 8, ... = [3, 4], c = 5'],
    ['b ... c -> b', [8, 3], '[8, 3]: b = 8, ... = [], c = 3'],
    ['b ... c d -> b', [8, 3], '[8, 3]: b = 8, ... = [], c = 3, d = ?'],
    ['-> a', [], '[]'],
    ['(a b', [3], '[3]: (a b = 3'],
  ])('%s and %j', (pattern, shape, expected) => {
    expect(facing(pattern, [shape])).toEqual([expected])
  })

  test('each operand has its own names', () => {
    expect(
      facing('i j, j k -> i k', [
        [2, 3],
        [4, 5],
      ]),
    ).toEqual(['[2, 3]: i = 2, j = 3', '[4, 5]: j = 4, k = 5'])
  })

  test('several shapes for one list of names are shown as they are', () => {
    expect(facing('h w *', [[2, 3], [4]])).toEqual(['[2, 3]', '[4]'])
    expect(facing(undefined, [[2, 3]])).toEqual(['[2, 3]'])
  })
})

describe('an excerpt', () => {
  test('has one caret where nothing stands', () => {
    expect(excerpt('a b', { start: 3, end: 3 })).toEqual(['  a b', '     ^'])
    expect(excerpt('', { start: 0, end: 0 })).toEqual(['  ', '  ^'])
  })

  test('has no carets without a span', () => {
    expect(excerpt('a b', undefined)).toEqual(['  a b'])
  })

  test('shows nothing that would move the carets', () => {
    expect(excerpt('a\n\u202eb\u001b[31m c', { start: 10, end: 11 })).toEqual([
      '  a ·b·[31m c',
      '            ^',
    ])
  })

  test('counts two columns for wide characters and none for marks', () => {
    expect(excerpt('宽e\u0301 x', { start: 4, end: 5 })).toEqual(['  宽e\u0301 x', '      ^'])
  })

  test('stays within the line where the span is longer than it', () => {
    const [line, carets] = excerpt('x'.repeat(500), { start: 10, end: 500 })
    expect(line).toBe(`  ${'x'.repeat(100)}…`)
    expect(carets).toBe(`  ${' '.repeat(10)}${'^'.repeat(90)}`)
  })
})
