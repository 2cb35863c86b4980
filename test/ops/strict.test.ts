/** Under a strict Content-Security-Policy ndarray's own constructor throws; the language gives equal arrays. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const here = import.meta.dirname
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tesserae-strict-'))
  await build({
    configFile: false,
    root: join(here, '../..'),
    logLevel: 'error',
    resolve: { alias: [{ find: /^tesserae$/, replacement: join(here, '../../src/index.ts') }] },
    ssr: { noExternal: true },
    build: {
      ssr: join(here, 'strict-program.ts'),
      outDir: folder,
      rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
    },
  })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(...flags: string[]): { generation: string; results: unknown[] } {
  return JSON.parse(
    execFileSync(process.execPath, [...flags, join(folder, 'main.mjs')], { encoding: 'utf8' }),
  )
}

describe('without code generation from strings', () => {
  it('every operation gives what it gives with it', () => {
    const free = run()
    const strict = run('--disallow-code-generation-from-strings')
    expect(free.generation).toBe('allowed')
    expect(strict.generation).toBe('forbidden')
    expect(strict.results).toEqual(free.results)
    expect(JSON.stringify(free.results)).not.toContain('foreign')
  })
})
