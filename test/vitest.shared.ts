/** What all suites have in common. */
import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

export const shared = {
  root,
  resolve: {
    // Tests import the package by its own name, as its users do, and get the sources.
    alias: [
      { find: /^tesserae$/, replacement: `${root}src/index.ts` },
      { find: /^tesserae\/(\w+)$/, replacement: `${root}src/$1.ts` },
      { find: '#inspected', replacement: `${root}src/ops/inspected.node.ts` },
      { find: '#file', replacement: `${root}src/checkpoint/file.node.ts` },
      { find: '#folders', replacement: `${root}src/folders/folders.node.ts` },
    ],
  },
  test: {
    setupFiles: [`${root}test/setup.ts`],
    // a machine may be busy: only what hangs is stopped
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // by itself one processor is left alone, which of two is half
    maxWorkers: '100%',
    reporters: ['default'],
  },
} satisfies ViteUserConfig
