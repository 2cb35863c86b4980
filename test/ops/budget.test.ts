/** What the language costs those who import it: bytes over the network, and the files that are read until it is there. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
let folder: string

beforeAll(() => {
  if (!existsSync(join(root, 'dist/compiled/index.js')))
    throw new Error('dist is missing: run `npm run build` first')
  folder = mkdtempSync(join(tmpdir(), 'tesserae-budget-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A program of one line, bundled and minified with all it needs. */
async function bundle(code: string): Promise<string> {
  const entry = join(folder, 'entry.js')
  writeFileSync(entry, code)
  const alias = {
    'tesserae/compiled': join(root, 'dist/compiled/index.js'),
    tesserae: join(root, 'dist/index.js'),
  }
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    resolve: { alias },
    build: { write: false, minify: true, target: 'es2022', lib: { entry, formats: ['es'] } },
  })
  return ([result].flat()[0] as Rolldown.RolldownOutput).output[0].code
}

/** The files that importing one loads, with itself: each costs Node half a millisecond, and their text is what is left to pay. */
function filesOf(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found
  found.add(file)
  for (const [, relative] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)[^'"`]*["'](\.[^"']+)["']/gm,
  )) {
    filesOf(join(file, '..', relative!), found)
  }
  return found
}

const bytesOf = (files: ReadonlySet<string>) => [...files].reduce((sum, file) => sum + statSync(file).size, 0)

describe('rearrange', () => {
  it('is at most 38 kB with the parser, gzipped', async () => {
    const code = await bundle(`export { rearrange } from 'tesserae'`)
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(38_000)
  })

  it('is at most 24.5 kB for patterns compiled ahead, gzipped, and carries no parser', async () => {
    const code = await bundle(`export { load, rearrange } from 'tesserae/compiled'`)
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(24_500)
    expect(code).not.toContain('chevrotain')
    expect(code).toContain('was not compiled ahead')
  })
})

describe('importing', () => {
  it('the language loads few files, and no more text than its parser is long', () => {
    const files = filesOf(join(root, 'dist/index.js'))
    expect(files.size).toBeLessThanOrEqual(28)
    expect(bytesOf(files)).toBeLessThan(1_000_000)
  })

  it('the language for compiled patterns is one file', () => {
    const files = filesOf(join(root, 'dist/compiled/index.js'))
    expect(files.size).toBe(1)
    expect(bytesOf(files)).toBeLessThan(320_000)
  })
})
