/** Bundles the test cases and the model for a page, from the sources, as an application's bundler would. */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import { root } from './cases.ts'

const here = join(root, 'test/browser/page')

/** The modules of the cases, each loaded when it is run. */
function virtualCases(files: readonly string[]): Plugin {
  return {
    name: 'virtual-cases',
    enforce: 'pre',
    resolveId: {
      order: 'pre',
      handler(id, importer) {
        if (id === 'virtual:cases') return '\0cases'
        // the library takes ndarray itself; what the cases import must also be there where no code may be generated
        const byTest = importer?.startsWith(join(root, 'test/')) && !importer.startsWith(here)
        if (id === 'ndarray' && byTest) return join(here, 'ndarray.ts')
        return undefined
      },
    },
    load(id) {
      if (id !== '\0cases') return undefined
      const entries = files.map(
        (file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(root, file))})`,
      )
      return `export const cases = {\n${entries.join(',\n')}\n}`
    },
  }
}

/** The packages of the library and of vitest say that they have no side effects; test files and matchers are nothing else. */
const withSideEffects: Plugin = {
  name: 'with-side-effects',
  transform: {
    filter: { id: /\/test\/|@vitest\// },
    handler: (code) => ({ code, moduleSideEffects: true, map: null }),
  },
}

/** Writes the page, the model and the worker into `outDir`. */
export async function bundle(files: readonly string[], outDir: string): Promise<void> {
  const common = {
    root: here,
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^vitest$/, replacement: join(here, 'vitest.ts') },
        { find: /^tesserae$/, replacement: join(root, 'src/index.ts') },
        { find: /^tesserae\/(\w+)$/, replacement: join(root, 'src/$1.ts') },
        { find: '#inspected', replacement: join(root, 'src/ops/inspected.web.ts') },
        { find: '#file', replacement: join(root, 'src/checkpoint/file.web.ts') },
        { find: '#folders', replacement: join(root, 'src/folders/folders.web.ts') },
      ],
    },
  } as const
  await build({
    ...common,
    plugins: [virtualCases(files), withSideEffects],
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      minify: false,
      modulePreload: false,
      rollupOptions: {
        input: {
          run: join(here, 'run.ts'),
          model: join(here, 'model.ts'),
          worker: join(here, 'worker.ts'),
          thread: join(root, 'src/wasm/worker.ts'),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
        // the model's export is imported by Node
        preserveEntrySignatures: 'exports-only',
      },
    },
  })
  cpSync(join(root, 'docs/start/vit-digits.safetensors'), join(outDir, 'vit-digits.safetensors'))
  const page = (script: string) =>
    `<!doctype html><title>tesserae</title><script type="module" src="${script}"></script>`
  writeFileSync(join(outDir, 'cases.html'), page('./run.js'))
  writeFileSync(join(outDir, 'model.html'), page('./model.js'))
}
