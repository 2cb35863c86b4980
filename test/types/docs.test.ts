/** What docs/types.md shows is what the compiler says. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compile, errorsOf, sentenceIn } from './compiler.ts'

const page = readFileSync(new URL('../../docs/types.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]!)

test.each(blocks('ts'))('example %# compiles', (code) => {
  expect(errorsOf(code)).toEqual([])
})

test.each(blocks('text'))('the mistake %# is told so', (block) => {
  const call = block
    .split('\n')[0]!
    .replace(/\bimage\b/, 'x')
    .replace(/\bimages\b/, 'zeros(8, 3, 64, 64)')
  const sentence = /rearrange: [^"]+/.exec(block)![0].trim()
  expect(sentenceIn(compile([`t.${call}`]).errors[0])).toBe(sentence)
})
