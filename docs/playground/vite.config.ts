/** Serves and builds the two pages. They use the library by its public entries, from the sources. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the pages' own `<meta>` says, said by the server too, and isolation, so that threads can share memory. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
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
    ],
  },
  server: { headers, fs: { allow: [root] } },
  preview: { headers },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false, // its helper needs a document, which a worker has not
    rollupOptions: { input: [`${here}index.html`, `${here}vit.html`, `${here}worker.ts`] },
  },
})
