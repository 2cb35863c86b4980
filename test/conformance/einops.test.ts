import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCases, replayCase } from './einops.ts'

const folder = `${import.meta.dirname}/../vectors/einops`

describe.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s of the reference', (name) => {
  it.each(readCases(`${folder}/${name}`).map((one) => [one.id, one.pattern, one] as const))(
    '%s: %s',
    (_, __, one) => {
      const { status, reason } = replayCase(one)
      expect(status, reason).toMatch(/passed|allowed/)
    },
  )
})
