/** What the language costs those who import it: bytes over the network, and milliseconds until it is there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
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

/**
 * Milliseconds of processor time that a fresh Node takes to import a file, beyond those for an empty one; the best of
 * several. (By the clock they would grow with whatever else the machine does.)
 */
function importTime(file: string): number {
  const empty = join(folder, 'empty.mjs')
  writeFileSync(empty, '')
  const time = (path: string) => {
    const url = JSON.stringify(pathToFileURL(path).href)
    const code = `const start = process.cpuUsage(); await import(${url}); const { user, system } = process.cpuUsage(start); console.log((user + system) / 1000)`
    return Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }))
  }
  const best = (path: string) => Math.min(...Array.from({ length: 9 }, () => time(path)))
  return best(file) - best(empty)
}

describe('rearrange', () => {
  it('is at most 55.5 kB with the parser, gzipped', async () => {
    const code = await bundle(`export { rearrange } from 'tesserae'`)
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(55_500)
  }, 60_000)

  it('is at most 20.5 kB for patterns compiled ahead, gzipped, and carries no parser', async () => {
    const code = await bundle(`export { load, rearrange } from 'tesserae/compiled'`)
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(20_500)
    expect(code).not.toContain('chevrotain')
    expect(code).toContain('was not compiled ahead')
  }, 60_000)
})

describe('importing', () => {
  it('the language takes less than 60 ms', () => {
    expect(importTime(join(root, 'dist/index.js'))).toBeLessThan(60)
  }, 60_000)

  it('the language for compiled patterns takes less than 10 ms', () => {
    expect(importTime(join(root, 'dist/compiled/index.js'))).toBeLessThan(10)
  }, 60_000)
})
