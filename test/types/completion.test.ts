/** An editor offers the names of a pattern where its lengths are written. */
import { expect, test } from 'vitest'
import { completionsAt } from './compiler.ts'

test.each([
  ["t.rearrange(x, 'b (h s1) w -> b h s1 w', { | })", ['b', 'h', 's1', 'w']],
  ["t.rearrange(x, 'b (h s1) w -> b h s1 w', { s1: 16, | })", ['b', 'h', 'w']],
  ["t.repeat(x, 'h w -> h w c', { | })", ['c', 'h', 'w']],
  ["t.einsum([x, x], 'b (h s), s d -> b h d', { | })", ['b', 'd', 'h', 's']],
  ["t.checkShape(x, '_ (h 16)', { | })", ['h']],
])('%s', (line, names) => {
  expect(completionsAt(line)).toEqual(names)
})
