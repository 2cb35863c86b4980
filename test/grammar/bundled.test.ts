/** The parser as it is bundled, with what it calls of chevrotain (.ci/chevrotain), against the parser with all of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { build, type Rolldown } from 'vite'
import { expect, test } from 'vitest'
import { onlyUsedOfChevrotain } from '../../.ci/chevrotain/plugin.ts'
import { withoutMethods } from '../../.ci/without-methods.ts'
import { parse } from '../../grammar/parser.ts'

async function bundledParser(): Promise<typeof parse> {
  const root = join(import.meta.dirname, '../..')
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [onlyUsedOfChevrotain(), withoutMethods()],
    build: { write: false, lib: { entry: join(root, 'grammar/parser.ts'), formats: ['es'] } },
  })
  const { code } = ([result].flat()[0] as Rolldown.RolldownOutput).output[0]
  expect(code).not.toContain('lexerDefinitionErrors')
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-parser-'))
  try {
    writeFileSync(join(folder, 'parser.mjs'), code)
    const module = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'parser.mjs')).href)
    return module.parse
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('the bundled parser reads every text as the whole of chevrotain does', async () => {
  const bundled = await bundledParser()
  const words = [
    'a',
    'b1',
    '_',
    '12',
    '1x',
    '...',
    '..',
    '*',
    '**',
    '(',
    ')',
    '->',
    '-',
    ',',
    ' ',
    '\n',
    '\u00a0',
    'é',
    '😀',
    '\ud800',
  ]
  const patterns = fc.array(fc.constantFrom(...words), { maxLength: 16 }).map((parts) => parts.join(''))
  const texts = fc.oneof(patterns, fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(texts, (text) => {
      expect(bundled(text)).toEqual(parse(text))
    }),
    { numRuns: 2000 },
  )
})
