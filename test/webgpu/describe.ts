import { describe, test } from 'vitest'
import { missing } from './card.ts'

/** Tests that need one; elsewhere nothing of them is begun. */
export const describeCard = (name: string, tests: () => unknown): unknown =>
  missing === null ? describe(name, tests as () => void) : describe.skip(name, () => test('needs a card'))
