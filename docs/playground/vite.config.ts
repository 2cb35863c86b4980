/** Serves and builds the three pages. They use the library by its public entries, from the sources. */
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { onlyUsedOfChevrotain } from '../../.ci/chevrotain/plugin.ts'
import { withoutMethods } from '../../.ci/without-methods.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the pages' own `<meta>` says, said by the server too, and isolation, so that threads can share memory. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/**
 * The library names the source of its threads' worker, which these pages never start: they have workers of their own.
 * Vite would copy that source beside them.
 */
const withoutSources: Plugin = {
  name: 'without-sources',
  generateBundle(_, bundle) {
    for (const name of Object.keys(bundle)) if (name.endsWith('.ts')) delete bundle[name]
  },
}

/**
 * What is fetched when it is wanted brings no style sheets, which is all that Vite's helper would see to; and the helper needs
 * a window, which a worker has not.
 */
const plainImports: Plugin = {
  name: 'plain-imports',
  enforce: 'pre',
  load: (id) => (id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load()' : null),
}

export default defineConfig({
  root: here,
  base: './',
  cacheDir: `${root}node_modules/.vite-playground`,
  resolve: {
    alias: [
      { find: /^tesserae$/, replacement: `${root}src/index.ts` },
      { find: /^tesserae\/(\w+)$/, replacement: `${root}src/$1.ts` },
      { find: '#inspected', replacement: `${root}src/ops/inspected.web.ts` },
      { find: '#file', replacement: `${root}src/checkpoint/file.web.ts` },
      { find: '#folders', replacement: `${root}src/folders/folders.web.ts` },
    ],
  },
  plugins: [onlyUsedOfChevrotain(), withoutMethods(), withoutSources, plainImports],
  server: { headers, fs: { allow: [root] } },
  preview: { headers },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      input: ['index.html', 'vit.html', 'teach.html', 'worker.ts'].map((name) => here + name),
    },
  },
})
