/** What checking patterns costs the compiler. */
import { expect, test } from 'vitest'
import { compile } from './compiler.ts'

const names = ['b', 'c', 'h', 'w', 'd', 'n', 's1', 's2', 'heads', 'batch']

/** Patterns of five to nine axes with groups on both sides, all different. */
function pattern(i: number): { text: string; lengths: string } {
  const axes = Array.from({ length: 4 + (i % 5) }, (_, k) => names[(i * 7 + k) % names.length])
  const [a, b, c, d, ...rest] = [`x${i}`, ...axes]
  const right = i % 2 === 0 ? `${b} (${d} ${a})` : `(${a} ${d}) ${b}`
  return {
    text: `${a} (${b} ${c}) ${d} ${rest.join(' ')} -> ${rest.toReversed().join(' ')} ${right} ${c}`,
    lengths: `{ ${c}: ${1 + (i % 4)} }`,
  }
}

const patterns = Array.from({ length: 200 }, (_, i) => pattern(i))
const [first, ...others] = patterns.map(({ text, lengths }) => `t.rearrange(x, '${text}', ${lengths})`)

test('200 different patterns cost less than 2,000 instantiations each', () => {
  expect(new Set(patterns.map(({ text }) => text)).size).toBe(200)
  const one = compile([first!])
  const all = compile([first!, ...others])
  expect([...one.errors, ...all.errors].filter((error) => error !== undefined)).toEqual([])
  expect(all.instantiations - one.instantiations).toBeLessThan(200 * 2000)
})

test('a known shape of six dimensions costs less than 30,000 instantiations', () => {
  const plain = compile([`t.rearrange(x, 'a (b c) d e f -> (a d) c (e f b)', { b: 12 })`])
  const known = compile([
    `t.rearrange(zeros(16, 768, 197, 224, 1024), 'a (b c) d e f -> (a d) c (e f b)', { b: 12 })`,
  ])
  expect(known.errors[0]).toBeUndefined()
  expect(known.instantiations - plain.instantiations).toBeLessThan(30_000)
})

test('a pattern too long for the compiler is left to the run time', () => {
  const axes = (count: number) => Array.from({ length: count }, (_, i) => `axis${i}`).join(' ')
  const parentheses = '() '.repeat(400)
  const { errors } = compile([
    `t.rearrange(x, '${axes(60)} -> ${axes(60)}')`,
    `t.rearrange(x, '${axes(500)} -> ${axes(500)}')`,
    `t.rearrange(x, '${parentheses}-> 1')`,
    `t.rearrange(x, '${'('.repeat(1000)} ->')`,
    `t.rearrange(x, '${'a'.repeat(5000)} -> b')`,
  ])
  expect(errors.filter((error) => error !== undefined)).toEqual([])
})

test('the longest pattern that the compiler judges does not exhaust it', () => {
  const units = '()'.repeat(70)
  const line = (left: string) => `t.rearrange(x, '${left} -> a')`
  const { errors } = compile([line(`a ${units} ${units}`), line('('.repeat(290)), line('a'.repeat(140))])
  expect(errors.map((error) => error?.replace(/.*(rearrange: [\w ]+).*/s, '$1'))).toEqual([
    undefined,
    'rearrange: parentheses inside parentheses ',
    'rearrange: axis ',
  ])
})
