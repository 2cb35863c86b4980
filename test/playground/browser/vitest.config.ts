/** The pages in a real browser: run by `.ci/playground`, not by `npm test`. */
import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

export default mergeConfig(
  shared,
  defineConfig({
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    test: {
      include: ['test/playground/browser/*.browser.ts'],
      globalSetup: ['test/playground/browser/setup.ts'],
      // much of a visit is waiting: two go on at once
      maxWorkers: 2,
      // and need not read axe and the browser's driver again for each file
      isolate: false,
      // a machine may be busy: only what hangs is stopped
      expect: { poll: { timeout: 20_000 } },
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  }),
)
