/**
 * What is wrong with a literal pattern is a compile error, and it begins with the first line of the message that the
 * same call throws when it runs.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile, sentenceIn } from './compiler.ts'
import { firstLine, thrownBy } from './runtime.ts'

/** Compiles and runs every line; gives what both say. */
function bothSay(lines: readonly string[]) {
  const { errors } = compile(lines)
  return lines.map((line, i) => ({
    line,
    compiled: sentenceIn(errors[i]),
    thrown: firstLine(thrownBy(line)),
  }))
}

const mistakes = [
  // the arrow
  "t.rearrange(x, 'a b')",
  "t.rearrange(x, '')",
  "t.rearrange(x, 'a b => b a')",
  "t.rearrange(x, 'a b - > b a')",
  "t.rearrange(x, 'a b -> b a -> a b')",
  "t.einsum([x, x], 'i j, j k')",
  "t.parseShape(x, 'a b -> a')",
  "t.pack([x], 'a * -> a')",
  "t.add([x, x], 'i j')",
  // axes of arithmetic
  "t.add([x, x], 'i j, j k -> i k')",
  "t.multiply([x, 2], 'i j, -> i')",
  "t.subtract([x, x], 'i j, i j -> i j k')",
  "t.divide([x, x], 'i j -> i j')",
  "t.add([x, 1], 'i j, j -> i j')",
  "t.multiply([zeros(2, 3), zeros(3, 3)], 'i j, i j -> i j')",
  "t.argmax(x, 'a b -> c')",
  "t.argmin(zeros(2, 3), 'a b c -> a')",
  "t.argmax(x, 'a b -> a 2')",
  // words
  "t.rearrange(x, 'a, b -> b a')",
  "t.rearrange(x, 'a * -> * a')",
  "t.rearrange(x, 'a -1 -> a')",
  "t.rearrange(x, 'a\\tb -> b')",
  "t.rearrange(x, 'a b ->\\n b')",
  "t.rearrange(x, '[a b] -> a b')",
  't.rearrange(x, \'a "b" -> b a\')',
  "t.rearrange(x, 'a \\\\b -> b a')",
  "t.rearrange(x, 'a b=3 -> a')",
  "t.rearrange(x, '1a b -> b 1a')",
  "t.rearrange(x, '_a b -> b _a')",
  "t.rearrange(x, 'a_ b -> b a_')",
  "t.rearrange(x, '_ b -> b _')",
  // dots
  "t.rearrange(x, 'a . b -> a b')",
  "t.rearrange(x, 'a.b -> b a')",
  "t.rearrange(x, 'a... -> ... a')",
  "t.rearrange(x, '.... a -> a')",
  "t.rearrange(x, '... a ... -> a ...')",
  "t.rearrange(x, 'a ... -> ... a ...')",
  "t.rearrange(x, '(a ...) -> a ...', { a: 2 })",
  // parentheses
  "t.rearrange(x, '(a (b c)) -> a b c')",
  "t.rearrange(x, '(a b -> a b')",
  "t.rearrange(x, 'a b) -> a b')",
  "t.rearrange(x, 'a b -> (a b')",
  // numbers
  "t.rearrange(x, 'a 2 -> a')",
  "t.rearrange(x, 'a b -> a b 2')",
  "t.reduce(x, 'a 0 -> a', 'sum')",
  "t.reduce(x, 'a b -> a 2', 'sum')",
  "t.reduce(x, 'a 1234567890123456 -> a', 'sum')",
  "t.repeat(x, 'a 3 -> a 3')",
  "t.einsum(x, 'i 3 -> i')",
  // the two sides
  "t.rearrange(x, 'a a -> a')",
  "t.rearrange(x, 'a b -> a b b')",
  "t.rearrange(x, 'a b -> a')",
  "t.rearrange(x, 'a -> a b')",
  "t.rearrange(x, 'a ... -> a')",
  "t.rearrange(x, 'a b -> a b ...')",
  "t.repeat(x, 'a b -> a')",
  "t.reduce(x, 'a b -> a c', 'max')",
  "t.einsum(x, 'i j -> k')",
  "t.einsum(x, 'i j -> i i')",
  "t.einsum(x, 'i j -> i ...')",
  // single expressions
  "t.parseShape(x, '(a b) c')",
  "t.parseShape(x, 'a a')",
  "t.checkShape(x, 'a 0')",
  "t.pack([x], 'a b')",
  "t.pack([x], '* a *')",
  "t.pack([x], '1 *')",
  "t.unpack(x, [], '(a b) *')",
  "t.invert('a b -> a')",
]

const misfits = [
  // lengths
  "t.rearrange(zeros(2, 6), 'a (b c) -> a b c')",
  "t.rearrange(zeros(2, 6), 'a (b c d) -> a b c d', { b: 2 })",
  "t.reduce(zeros(2, 6), 'a (b c) -> a b', 'sum')",
  "t.repeat(zeros(2), 'a -> a b')",
  "t.repeat(zeros(2), 'a -> (a b) c', { c: 2 })",
  "t.einsum(zeros(6), '(i j) -> i j')",
  "t.checkShape(zeros(6), '(i j)')",
  "t.explain(zeros(6), '(i j) -> i j')",
  "t.rearrange(zeros(2, 6), 'a b -> b a', { c: 2 })",
  "t.rearrange(zeros(2, 6), 'a b -> b a', { _a: 2 })",
  "t.rearrange(zeros(2, 6), 'a (b c) -> a b c', { q: 2 })",
  "t.rearrange(zeros(2, 6), 'a (b c) -> a b c', { b: undefined })",
  "t.rearrange(zeros(2, 6), 'a b -> b a', { q: undefined })",
  // einsum without broadcasting
  "t.einsum([zeros(2, 3), zeros(1, 4)], 'i j, j k -> i k', {}, { broadcast: false })",
  "t.einsum([zeros(1, 3), zeros(2)], 'i j, i -> j', {}, { broadcast: false })",
  "t.einsum([zeros(1, 3), zeros(5, 3)], '... i, ... i -> ...', {}, { broadcast: false })",
  "t.einsum([zeros(1), zeros(6)], 'a, (a b) -> b', { b: 2 }, { broadcast: false })",
  // dtypes
  "t.rearrange([zeros(2), zeros(2), bytes(2)], 'n a -> a n')",
  "t.einsum([zeros(2), bytes(2)], 'a, a ->')",
  "t.einsum([bytes(2), zeros(2), zeros(2)], 'a, a, a ->')",
  "t.pack([zeros(2), bytes(2)], '*')",
  "t.add([zeros(2), bytes(2)], 'a, a -> a')",
  "t.argmax([zeros(2), bytes(2)], 'n a -> a')",
  // shapes
  "t.rearrange(zeros(2), 'a b -> b a')",
  "t.rearrange(zeros(2, 3, 4), ' a  b -> b a')",
  "t.rearrange(zeros(2, 3, 4), '\\n  a\\n  b\\n  ->\\tb a')",
  "t.rearrange(zeros(2), 'a b ... -> ... b a')",
  "t.rearrange(zeros(7), '(a b) -> a b', { a: 2 })",
  "t.rearrange(zeros(8, 3, 225, 224), 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })",
  "t.rearrange(zeros(2, 3), 'a b -> b a', { a: 3 })",
  "t.rearrange(zeros(6), '(a b) -> a b', { a: 2, b: 2 })",
  "t.rearrange(zeros(2, 3), 'a 1 -> a')",
  "t.rearrange(zeros(2, 2), 'a () -> a')",
  "t.rearrange(zeros(0), '(a b) -> a b', { a: 0 })",
  "t.rearrange([zeros(2, 3), zeros(2, 3)], 'a b -> b a')",
  "t.reduce(zeros(5, 2), '(h 2) w -> h w', 'max')",
  "t.reduce(zeros(2, 4), 'a 3 -> a', 'sum')",
  "t.repeat(zeros(2, 3), '1 a -> b a', { b: 2 })",
  "t.parseShape(zeros(2, 3), 'a b c')",
  "t.parseShape(zeros(2, 3), 'a 4')",
  "t.checkShape(zeros(2, 30), 'a (b 16)')",
  "t.explain([2, 7], 'a (b c) -> (a b) c', { c: 3 })",
  "t.einsum([zeros(2, 3)], 'i j, j k -> i k')",
  "t.einsum([zeros(2, 3), zeros(4, 2)], 'i j, j k -> i k')",
  "t.einsum(zeros(2, 3), 'i i -> i')",
  "t.einsum(zeros(2, 3, 4), 'i j -> i')",
  "t.einsum([zeros(1, 3, 32, 32), zeros(8, 700)], 'b c (h s) (w t), d (s t c) -> b (h w) d', { s: 16, t: 16 })",
  "t.einsum([zeros(2, 3, 4), zeros(5, 4)], '... i, ... i -> ...')",
]

describe('a mistake in a pattern', () => {
  test.each(bothSay(mistakes))('$line', ({ compiled, thrown }) => {
    expect(thrown).toMatch(/ — got .+, expected /)
    expect(compiled).toBe(thrown)
  })
})

describe('lengths and shapes that do not fit', () => {
  test.each(bothSay(misfits))('$line', ({ compiled, thrown }) => {
    expect(thrown).toMatch(/ — got .+, expected /)
    expect(compiled).toBe(thrown)
  })
})

describe('patterns written at random', () => {
  const anyLengths = 'Object.create(null)' // of type any
  const calls = {
    rearrange: (pattern: string) => `t.rearrange(x, ${pattern}, ${anyLengths})`,
    reduce: (pattern: string) => `t.reduce(x, ${pattern}, 'sum', ${anyLengths})`,
    repeat: (pattern: string) => `t.repeat(x, ${pattern}, ${anyLengths})`,
    einsum: (pattern: string) => `t.einsum(x, ${pattern}, ${anyLengths})`,
    parseShape: (pattern: string) => `t.parseShape(x, ${pattern.replace(/-> .*"/, '"')})`,
    pack: (pattern: string) => `t.pack([x], ${pattern.replace('->', '*')})`,
  }
  const pieces = [
    'a',
    'd',
    '(',
    ')',
    '()',
    '...',
    '->',
    ',',
    '*',
    ' ',
    '_',
    '_a',
    '1a',
    '0x1',
    '00',
    '1',
    '01',
  ]
  const odd = ['2', '1e5', '.', '-', '>', '$', '\t', 'ß', '"', '\\']
  const side = fc.shuffledSubarray(['a', 'b', '(c d)', '...', '1'], { minLength: 2 })
  const slip = fc.record({ at: fc.nat(30), piece: fc.constantFrom(...pieces, ...odd) })
  // right patterns and slips of the keyboard in them
  const pattern = fc
    .tuple(side, side, fc.boolean(), fc.array(slip, { maxLength: 3 }))
    .map(([left, right, same, slips]) => {
      const text = `${left.join(' ')} -> ${(same ? left.toReversed() : right).join(' ')}`
      return slips.reduce((text, { at, piece }) => text.slice(0, at) + piece + text.slice(at), text)
    })
  const lines = fc
    .sample(fc.tuple(fc.constantFrom(...Object.values(calls)), pattern), { numRuns: 1000, seed: 3 })
    .map(([call, text]) => call(JSON.stringify(text)))

  test('mean the same to the compiler and to the run time', () => {
    const { errors } = compile(lines)
    const compiled = lines.map((line, i) => `${line}: ${sentenceIn(errors[i])}`)
    const thrown = lines.map((line) => {
      const error = thrownBy(line)
      // the other mistakes are about the shape of x, which the compiler does not know
      const told = error !== undefined && /^pattern|^operand/.test(error.code)
      return `${line}: ${told ? firstLine(error) : undefined}`
    })
    expect(compiled).toEqual(thrown)
    const right = thrown.filter((line) => line.endsWith(': undefined'))
    expect(right.length).toBeGreaterThan(100)
  })
})
