/** Holds `docs/errors.md` to what the calls in it say now; `UPDATE=1 npx vitest run … test/docs` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readCases } from '../conformance/einops.ts'
import { errorsPage, messageOf } from './errors-page.ts'
import { chapters } from './mistakes.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const recorded = readCases(path('../vectors/einops/errors.json'))
const mistakes = chapters.flatMap((chapter) => chapter.mistakes)

test('the page of errors shows what its calls say now', () => {
  const page = errorsPage(chapters, recorded)
  if (process.env['UPDATE']) writeFileSync(path('../../docs/errors.md'), page)
  expect(readFileSync(path('../../docs/errors.md'), 'utf8')).toBe(page)
})

test('at least 25 mistakes stand beside what einops says, each once', () => {
  const vectors = mistakes.flatMap((mistake) => ('vector' in mistake ? [mistake.vector] : []))
  expect(vectors.length).toBeGreaterThanOrEqual(25)
  expect(new Set(vectors).size).toBe(vectors.length)
  expect(new Set(mistakes.map(({ title }) => title)).size).toBe(mistakes.length)
})

test('a call that is no mistake has no place on the page', () => {
  const right = "rearrange(ndarray(new Float32Array(6), [2, 3]), 'h w -> w h')"
  expect(() => messageOf(right)).toThrow('no error from')
})
