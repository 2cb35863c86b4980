/** tesserae/compiled, as the build makes it: the grammar's twin in the parser's place. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compile, EinopsError } from 'tesserae'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const entry = join(import.meta.dirname, '../../dist/compiled/index.js')
let folder: string

beforeAll(() => {
  if (!existsSync(entry)) throw new Error('dist is missing: run `npm run build` first')
  folder = mkdtempSync(join(tmpdir(), 'tesserae-compiled-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const patterns = compile({
  rearrange: ['b c (h s1) (w s2) -> b (h w) (s1 s2 c)', 'a b -> b a'],
  reduce: ['a b -> a'],
  repeat: ['a -> a 2'],
  einsum: ['i j, j k -> i k'],
  pack: ['* d'],
  unpack: ['* d'],
  parseShape: ['a _'],
  checkShape: ['a (b 3)'],
})

/** Runs a program that has read the patterns from JSON, and returns what it prints. */
function run(program: string): unknown {
  const file = join(folder, 'program.mjs')
  writeFileSync(
    file,
    `import * as t from ${JSON.stringify(pathToFileURL(entry).href)}
     const array = (shape) => ({ data: Float32Array.from({ length: 12 }, (_, i) => i), shape,
       stride: shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1)), offset: 0 })
     const said = (call) => { try { call() } catch (error) { return [error instanceof t.EinopsError, error.code, error.message] } }
     t.load(JSON.parse(${JSON.stringify(JSON.stringify(patterns))}))
     console.log(JSON.stringify((${program})()))`,
  )
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }))
}

describe('tesserae/compiled', () => {
  it('does what the language does with the loaded patterns', () => {
    const got = run(`() => [
      [...t.rearrange(array([1, 1, 2, 6]), 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 2, s2: 3 }).data],
      t.rearrange(array([3, 4]), 'a b -> b a').shape,
      [...t.reduce(array([3, 4]), 'a b -> a', 'sum').data],
      t.repeat(array([12]), 'a -> a 2').stride,
      [...t.einsum([array([2, 3]), array([3, 2])], 'i j, j k -> i k').data],
      t.pack([array([2, 3]), array([3])], '* d')[1],
      t.unpack(array([4, 3]), [[1], [-1]], '* d').map((x) => x.shape),
      t.parseShape(array([3, 4]), 'a _'),
      t.checkShape(array([2, 6]), 'a (b 3)'),
    ]`)
    expect(got).toEqual([
      [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11],
      [4, 3],
      [6, 22, 38],
      [1, 0],
      [10, 13, 28, 40],
      [[2], []],
      [
        [1, 3],
        [3, 3],
      ],
      { a: 3 },
      { a: 2, b: 2 },
    ])
  })

  it('says which pattern was not compiled, and points into those that were', () => {
    const [missing, shape, lengths, format] = run(`() => [
      said(() => t.rearrange(array([3, 4]), 'b a -> a b')),
      said(() => t.rearrange(array([12]), 'a b -> b a')),
      said(() => t.rearrange(array([3, 4]), 'a b -> b a', { c: 1 })),
      said(() => t.load({ rearrange: [] })),
    ]`) as [boolean, string, string][]
    expect(missing).toMatchObject([
      true,
      'compiled/missing',
      expect.stringContaining("import from 'tesserae'"),
    ])
    expect(shape).toMatchObject([true, 'shape/rank', expect.stringContaining('^^^')])
    expect(lengths).toMatchObject([true, 'length/unused', expect.stringContaining('^^^')])
    expect(format).toMatchObject([true, 'compiled/format', expect.stringContaining('got format undefined')])
  })
})

describe('compile', () => {
  it('rejects wrong patterns and unknown operations', () => {
    expect(() => compile({ rearrange: ['a b -> a'] })).toThrow(EinopsError)
    expect(() => compile({ rearange: ['a b -> b a'] } as object)).toThrow("did you mean 'rearrange'?")
  })
})
