import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readGradients, replayGradient } from '../conformance/grad.ts'

const folder = `${import.meta.dirname}/../vectors/grad`

describe.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s of PyTorch', (name) => {
  test.each(readGradients(`${folder}/${name}`).map((one) => [one.id, one.pattern, one] as const))(
    '%s: %s',
    (_, __, one) => {
      const outcome = replayGradient(one)
      expect(outcome.status, outcome.reason).toBe('passed')
    },
  )
})
