/** What is in the tarball, and whether those who judge packages find it right. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { expect, inject, test } from 'vitest'
import { run } from './project.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const installed = () => join(inject('project'), 'node_modules/tesserae')

test('the tarball holds the distribution and the papers, and nothing of the workshop', () => {
  const strange = inject('packed').filter(
    (path) =>
      !/^(README\.md|LICENSE|package\.json|dist\/(.+\.js|.+\.d\.ts|wasm\/.+\.wasm|THIRD-PARTY-LICENSES\.txt|compiled\/THIRD-PARTY-LICENSES\.txt))$/.test(
        path,
      ) || /^dist\/(tools|site)\//.test(path),
  )
  expect(strange).toEqual([])
})

test('every path that package.json promises is in the tarball', () => {
  const promised = JSON.stringify([manifest.exports, manifest.imports, manifest.bin]).match(
    /\.\/dist\/[\w./-]+/g,
  )!
  const missing = promised.map((path) => path.slice(2)).filter((path) => !inject('packed').includes(path))
  expect(missing).toEqual([])
})

test('the library imports its dependencies and nothing else; modules of Node only behind a condition', () => {
  const allowed = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.imports)])
  const entries = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [] : Object.values(target as Record<string, string>),
  )
  const wrong = [...closure(entries)].filter(([specifier]) => !allowed.has(specifier))
  expect(wrong).toEqual([])
})

test('the command and the modules for Node import nothing that is not installed', () => {
  const entries = [
    manifest.bin.tesserae,
    ...Object.values<{ node: string }>(manifest.imports).map((to) => to.node),
  ]
  const allowed = new Set(Object.keys(manifest.dependencies))
  const wrong = [...closure(entries)].filter(
    ([specifier]) => !specifier.startsWith('node:') && !specifier.startsWith('#') && !allowed.has(specifier),
  )
  expect(wrong).toEqual([])
})

/** Every specifier of another package that is imported from these files on, with the file that imports it. */
function closure(entries: readonly string[]): Map<string, string> {
  const outside = new Map<string, string>()
  const seen = new Set<string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    const imports =
      /^(?:import|export)\b(?:[^'"\n]*?\bfrom)? ?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm
    for (const [, specifier = '', dynamic = ''] of code.matchAll(imports)) {
      const target = specifier || dynamic
      const declared = file.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target
      if (target.startsWith('.')) visit(join(dirname(file), declared))
      else
        outside.set(
          target.startsWith('node:') ? target : target.replace(/^(@[^/]+\/[^/]+|[^/@]+)\/.*/, '$1'),
          file,
        )
    }
  }
  for (const entry of entries) visit(join(installed(), entry))
  return outside
}

test('the licence of every bundled package is in the tarball', () => {
  const licences = ['dist', 'dist/compiled']
    .map((folder) => readFileSync(join(installed(), folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8'))
    .join('\n')
  const bundled = new Set<string>()
  for (const name of readdirSync(join(installed(), 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue
    for (const [, module] of readFileSync(join(installed(), 'dist', name), 'utf8').matchAll(
      /^\/\/#region (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/gm,
    ))
      bundled.add(module!)
  }
  expect(bundled).toContain('chevrotain')
  const silent = [...bundled].filter((name) => !new RegExp(`^${name} \\d+\\.`, 'm').test(licences))
  expect(silent).toEqual([])
  expect(licences).toContain('Apache License')
})

test('publint finds nothing to say', async () => {
  const { messages } = await publint({ pkgDir: installed(), strict: true, pack: false })
  expect(messages.map((message) => formatMessage(message, manifest))).toEqual([])
})

test('are-the-types-wrong finds every entry right for ES modules', () => {
  const attw = join(root, 'test/package/node_modules/@arethetypeswrong/cli/dist/index.js')
  // it exits with 1 when it finds a problem under this profile
  const entries = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json'))
  // a WebAssembly file has no types: what an import of it gives is the runtime's or the bundler's
  const files = entries.filter((name) => name.endsWith('.wasm'))
  const options = ['--profile', 'esm-only', '--no-color', '--no-emoji', '--exclude-entrypoints', ...files]
  const said = run(process.execPath, [attw, inject('tarball'), ...options], root)
  for (const entry of entries.filter((name) => !files.includes(name)))
    expect(said).toMatch(new RegExp(`"${join('tesserae', entry)}"\\s*│ OK \\(ESM\\)\\s*│ OK `))
})
