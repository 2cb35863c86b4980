import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

// what needs more than `npm ci`, or a browser, has scripts of its own
const elsewhere = /^(bench|browser|package|adapters\/real|onnx\/real|webgpu)\/|node_modules/

// who replaces what modules find, starts workers, or looks at memory and time needs modules of its own; all others share a worker's, since
// loading them anew for each file takes as long as the tests
const needsOwnModules =
  /\bvi\.|\bsrc\/wasm\/|\binit\(|globalThis|process\.env|memoryUsage|setFlagsFromString|performance\.now|node:(vm|child_process|worker_threads)/

const files = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.ts') && !elsewhere.test(name))
const alone = files.filter((name) => needsOwnModules.test(readFileSync(`${root}test/${name}`, 'utf8')))
const include = (names: readonly string[]) => names.map((name) => `test/${name}`)

export default defineConfig({
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
    projects: [
      { extends: true, test: { name: 'alone', include: include(alone) } },
      {
        extends: true,
        test: {
          name: 'together',
          include: include(files.filter((name) => !alone.includes(name))),
          isolate: false,
        },
      },
    ],
    setupFiles: [`${root}test/setup.ts`],
    // a machine may be busy: only what hangs is stopped
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // by itself one processor is left alone, which of two is half
    maxWorkers: '100%',
    reporters: ['default'],
  },
})
