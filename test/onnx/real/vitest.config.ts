import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vitest/config'
import shared from '../../vitest.config.ts'

export default mergeConfig(
  { ...shared, test: { ...shared.test, include: [], exclude: [] } },
  { root: fileURLToPath(new URL('.', import.meta.url)), test: { include: ['*.test.ts'] } },
)
