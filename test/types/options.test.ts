/** The types mean the same in projects whose compiler options are not ours. */
import { expect, test } from 'vitest'
import { errorsIn } from './compiler.ts'

test.each([
  ['not strict', { strict: false, noUncheckedIndexedAccess: false, exactOptionalPropertyTypes: false }],
  ['strict and nothing else', { noUncheckedIndexedAccess: false, exactOptionalPropertyTypes: false }],
])('signatures.ts holds in a project that is %s', (_, overrides) => {
  expect(errorsIn('signatures.ts', overrides)).toEqual([])
})
