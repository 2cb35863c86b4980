/** The installed package through esbuild and Vite: what they make runs, what is not used costs nothing, sizes keep their budgets. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as esbuild } from 'esbuild'
import { build as vite } from 'vite'
import { describe, expect, inject, test } from 'vitest'
import { everyEntry, everyEntryPrints, run, write } from './project.ts'

const entries = [
  'tesserae',
  'tesserae/compiled',
  'tesserae/nn',
  'tesserae/checkpoint',
  'tesserae/image',
  'tesserae/adapters',
  'tesserae/onnx',
]

/** The minified bundle of a module for a web page. */
async function bundle(code: string): Promise<string> {
  const { outputFiles, warnings } = await esbuild({
    stdin: { contents: code, resolveDir: inject('project') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  })
  expect(warnings.map((warning) => warning.text)).toEqual([])
  return outputFiles[0]!.text
}

const gzipped = (code: string) => gzipSync(code, { level: 9 }).length / 1000

/** Runs a bundle where there is no package to be found. */
function runAlone(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-bundle-'))
  try {
    writeFileSync(join(folder, 'main.mjs'), code)
    return run(process.execPath, ['main.mjs'], folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('bundled', () => {
  const program = everyEntry((entry, names) => `import ${names} from '${entry}'`)

  test('by esbuild it computes', async () => {
    expect(JSON.parse(runAlone(await bundle(program)))).toEqual(everyEntryPrints)
  })

  test('by Vite it computes', async () => {
    write('main.js', program)
    write('index.html', '<!doctype html><script type="module" src="/main.js"></script>')
    await vite({
      root: inject('project'),
      logLevel: 'error',
      build: { outDir: 'built', modulePreload: false },
    })
    const assets = join(inject('project'), 'built/assets')
    const main = readdirSync(assets).find((name) => /^index-.*\.js$/.test(name))!
    expect(JSON.parse(run(process.execPath, [join(assets, main)]))).toEqual(everyEntryPrints)
  })
})

describe('tree shaking', () => {
  test.each(entries)('an import of %s that is not used leaves nothing', async (entry) => {
    expect(await bundle(`import * as all from '${entry}'; console.log(1)`)).toBe('console.log(1);\n')
  })

  test('layers that are not used cost a program of the language nothing', async () => {
    const language = `import { rearrange } from 'tesserae'; globalThis.use = rearrange`
    const both = `import { ViT } from 'tesserae/nn'; import { readImage } from 'tesserae/image'; ${language}`
    expect((await bundle(both)).length).toBe((await bundle(language)).length)
  })

  test('one layer does not bring the models', async () => {
    const linear = await bundle(`import { Linear } from 'tesserae/nn'; globalThis.use = Linear`)
    const all = await bundle(`import * as nn from 'tesserae/nn'; globalThis.use = nn`)
    expect(linear.length).toBeLessThan(all.length * 0.7)
  })
})

describe('sizes, minified and gzipped, dependencies included', () => {
  const language = `import * as language from 'tesserae'; globalThis.language = language;`
  const layers = `${language} import * as nn from 'tesserae/nn'; globalThis.nn = nn`
  const budgets: [what: string, kilobytes: number, code: string, beyond: string | null][] = [
    [
      "import { rearrange } from 'tesserae'",
      32.2,
      `import { rearrange } from 'tesserae'; globalThis.use = rearrange`,
      null,
    ],
    [
      "import { rearrange } from 'tesserae/compiled'",
      22.9,
      `import { load, rearrange } from 'tesserae/compiled'; globalThis.use = [load, rearrange]`,
      null,
    ],
    ['the whole language', 93.5, language, null],
    ['all of tesserae/nn beyond the language, with the kernels of eight bits', 63.2, layers, language],
    [
      'tesserae/checkpoint beyond the language',
      13.3,
      `${language} import * as checkpoint from 'tesserae/checkpoint'; globalThis.checkpoint = checkpoint`,
      language,
    ],
    [
      'tesserae/image beyond the language',
      42.7,
      `${language} import * as image from 'tesserae/image'; globalThis.image = image`,
      language,
    ],
    [
      'tesserae/webgpu beyond the layers',
      21,
      `${layers}; import * as webgpu from 'tesserae/webgpu'; globalThis.webgpu = webgpu`,
      layers,
    ],
    [
      'tesserae/onnx beyond the language',
      10,
      `${language} import * as onnx from 'tesserae/onnx'; globalThis.onnx = onnx`,
      language,
    ],
    [
      'tesserae/adapters beyond the language',
      3.6,
      `${language} import * as adapters from 'tesserae/adapters'; globalThis.adapters = adapters`,
      language,
    ],
  ]

  test.each(budgets)('%s: at most %f kB', async (what, kilobytes, code, beyond) => {
    const size = gzipped(await bundle(code)) - (beyond === null ? 0 : gzipped(await bundle(beyond)))
    console.log(`${what}: ${size.toFixed(1)} kB of ${kilobytes}`)
    expect(size).toBeLessThanOrEqual(kilobytes)
  })
})

test('the worker is one file, since bundlers copy it as it is', () => {
  const worker = readFileSync(join(inject('project'), 'node_modules/tesserae/dist/worker.js'), 'utf8')
  expect(worker).not.toMatch(/^import |\bimport\(|\bfrom ['"]/m)
})

test('the distribution holds no module twice but what the worker has', () => {
  const dist = join(inject('project'), 'node_modules/tesserae/dist')
  const places = new Map<string, string[]>()
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js') || name === 'worker.js') continue
    for (const [, module] of readFileSync(join(dist, name), 'utf8').matchAll(/^\/\/#region (\S+)/gm))
      places.set(module!, [...(places.get(module!) ?? []), name])
  }
  expect([...places].filter(([, names]) => names.length > 1)).toEqual([])
})
