import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vitest/config'
import { shared } from '../vitest.shared.ts'

export default mergeConfig(
  shared,
  // each process has a graphics card of its own, emulated on the processor: more than one at a time are no faster
  {
    root: fileURLToPath(new URL('.', import.meta.url)),
    test: { include: ['*.test.ts'], fileParallelism: false, pool: 'forks' },
  },
)
