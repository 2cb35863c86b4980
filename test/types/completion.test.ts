/** An editor offers the names of a pattern where its lengths are written. */
import { expect, test } from 'vitest'
import { completionsAt } from './compiler.ts'

test.each([
  ["t.rearrange(x, 'b (h s1) w -> b h s1 w', { | })", ['b', 'h', 's1', 'w']],
  ["t.rearrange(x, 'b (h s1) w -> b h s1 w', { s1: 16, | })", ['b', 'h', 'w']],
  ["t.repeat(x, 'h w -> h w c', { | })", ['c', 'h', 'w']],
  ["t.einsum([x, x], 'b (h s), s d -> b h d', { | })", ['b', 'd', 'h', 's']],
  ["t.checkShape(x, '_ (h 16)', { | })", ['h']],
  ["t.rearrange(x, 'constructor (a b) -> a b constructor', { | })", ['a', 'b', 'constructor']],
])('%s', (line, names) => {
  expect(completionsAt(line)).toEqual(names)
})

// its error, which the parameter's type says, would be pasted into the code
test.each([
  "t.rearrange(x, '|')",
  "t.rearrange(x, 'h w c -> c h|')",
  "t.rearrange(x, 'h w -> w h|')",
  "t.rearrange(zeros(2, 3), 'h w c| -> c h w')",
  "t.einsum([x, x], 'i j, | -> i')",
  "t.pack([x], 'a|')",
  "t.parseShape(x, 'a (b c|)')",
])('inside a pattern nothing is offered: %s', (line) => {
  expect(completionsAt(line)).toEqual([])
})
