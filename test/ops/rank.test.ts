/** Arrays of very many axes: they cost no more than their patterns are long, up to a limit that is said. */
import ndarray from 'ndarray'
import { einsum, rearrange, reduce, repeat, unpack } from 'tesserae'
import { expect, it } from 'vitest'
import { stridedArray } from '../../src/ops/strided-array.ts'
import { mistakeOf } from '../mistake.ts'

const x = () => ndarray(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3])
const units = (count: number) => '1 '.repeat(count)
const own = stridedArray(new Float32Array(1), [1], [1], 0).constructor

it.each([
  ['rearrange', (n: number) => rearrange(x(), `a b -> b a ${units(n)}`)],
  ['a copy', (n: number) => rearrange(x(), `a b -> b a ${units(n)}`, {}, { copy: 'always' })],
  ['repeat', (n: number) => repeat(x(), `a b -> b a ${units(n)}`)],
  ['einsum', (n: number) => einsum(x(), `a b -> b a ${units(n)}`)],
  ['reduce', (n: number) => reduce(x(), `a b -> b a ${units(n)}`, 'max')],
])('400 and 1000 axes are those of a class that nobody has to compile: %s', (_, call) => {
  for (const rank of [400, 1000]) {
    const result = call(rank - 2)
    expect(result.constructor).toBe(own)
    expect(result.shape).toEqual([3, 2, ...new Array(rank - 2).fill(1)])
    expect(result.get(2, 1, ...new Array(rank - 2).fill(0))).toBe(5)
    expect([...rearrange(result, 'b a ... -> (a b) ...').data]).toEqual([0, 1, 2, 3, 4, 5])
  }
  const { code, message } = mistakeOf(() => call(999))
  expect(code).toBe('shape/rank')
  expect(message).toContain('wrong number of dimensions — got 1001, expected at most 1000')
})

it('unpack makes no more axes either', () => {
  expect(mistakeOf(() => unpack(x(), [new Array(2000).fill(1), [2]], 'a *')).message).toContain('got 2001')
})
