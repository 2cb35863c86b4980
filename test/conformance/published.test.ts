/** The recorded models under their published names and the recorded preparations that the repository keeps, on the sources. */
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { replayFamilies } from './families.ts'
import type { Outcome } from './outcome.ts'
import { replayPreparations } from './preparation.ts'

const folder = (name: string) => fileURLToPath(new URL(`../vectors/${name}`, import.meta.url))
const collected = async (outcomes: AsyncIterable<Outcome>) => {
  const list: Outcome[] = []
  for await (const outcome of outcomes) list.push(outcome)
  return list
}
const models = await collected(replayFamilies(folder('families')))
const preparations = await collected(replayPreparations(folder('preparation')))

describe('models under their published names', () => {
  test('are there', () => expect(models.length).toBeGreaterThan(9))
  for (const { id, status, reason } of models) {
    test(`${id} answers as its library does`, () => expect(`${status} ${reason ?? ''}`).toBe('passed '))
  }
})

describe('pictures that are prepared as a configuration says', () => {
  test('are there', () => expect(preparations.length).toBeGreaterThan(17))
  for (const { id, status, reason } of preparations) {
    test(`${id} is what its library makes`, () => expect(`${status} ${reason ?? ''}`).toBe('passed '))
  }
})
