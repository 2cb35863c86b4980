import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

export default defineConfig({
  root,
  resolve: {
    // Tests import the package by its own name, as its users do, and get the sources.
    alias: [
      { find: /^tesserae$/, replacement: `${root}src/index.ts` },
      { find: /^tesserae\/(\w+)$/, replacement: `${root}src/$1/index.ts` },
      { find: '#file', replacement: `${root}src/checkpoint/file.node.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/browser/**', '**/node_modules/**'],
    testTimeout: 30_000,
    reporters: ['default'],
  },
})
