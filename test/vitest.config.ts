import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { shared } from './vitest.shared.ts'

// what needs more than `npm ci`, or a browser, has scripts of its own
const elsewhere = /^(bench|browser|package|adapters\/real|onnx\/real|webgpu)\/|node_modules/

// who replaces what modules find, starts workers, or looks at memory and time needs modules of its own; all others share a worker's, since
// loading them anew for each file takes as long as the tests
const needsOwnModules =
  /\bvi\.|\bsrc\/wasm\/|\binit\(|globalThis|process\.env|memoryUsage|setFlagsFromString|performance\.now|node:(vm|child_process|worker_threads)/

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.ts') && !elsewhere.test(name))
const alone = files.filter((name) =>
  needsOwnModules.test(readFileSync(`${import.meta.dirname}/${name}`, 'utf8')),
)
const include = (names: readonly string[]) => names.map((name) => `test/${name}`)

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
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
  },
})
