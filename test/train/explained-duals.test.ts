/** The calls that `explain` writes as duals, made: they give the gradient. */
import fc from 'fast-check'
import ndarray, { type NdArray } from 'ndarray'
import { allClose, einsum, explain, rearrange, reduce, repeat } from 'tesserae'
import { gradients } from 'tesserae/train'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/layout/layout.ts'
import { anyPattern } from '../ops/patterns.ts'

function numbers(shape: readonly number[], seed: number): NdArray<Float64Array> {
  return ndarray(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 12.9898 + seed)),
    [...shape],
  )
}

/** Makes the call that a dual is written as; null where no pattern says it. */
function made(dual: string, arrays: Record<string, NdArray>): NdArray | null {
  const found = /^(?<call>\w+\(.*\))(?: \/ (?<divisor>\d+))?$/.exec(dual)
  if (found === null) return null
  const names = { einsum, rearrange, reduce, repeat, ...arrays }
  const result = new Function(...Object.keys(names), `return ${found.groups!['call']}`)(
    ...Object.values(names),
  ) as NdArray<Float64Array>
  const copy = rearrange(result, '... -> ...', undefined, { copy: 'always' })
  const divisor = Number(found.groups!['divisor'] ?? 1)
  return ndarray(
    copy.data.map((value) => value / divisor),
    copy.shape,
  )
}

describe('the call that explain writes as dual gives the gradient', () => {
  const cases = [
    { operation: 'rearrange', of: {}, reduction: undefined },
    { operation: 'repeat', of: { created: true }, reduction: undefined },
    { operation: 'reduce', of: { dropped: true }, reduction: 'sum' },
    { operation: 'reduce', of: { dropped: true }, reduction: 'mean' },
  ] as const
  test.each(cases)('of $operation $reduction', ({ operation, of, reduction }) => {
    let calls = 0
    fc.assert(
      fc.property(anyPattern(of), ({ text, lengths, shape }) => {
        const x = numbers(shape, 1)
        const f = (x: NdArray): NdArray =>
          operation === 'reduce'
            ? reduce(x, text, reduction!, lengths)
            : operation === 'repeat'
              ? repeat(x, text, lengths)
              : rearrange(x, text, lengths)
        const g = numbers(f(x).shape, 2)
        const { duals } = explain(x as NdArray, text, lengths, { operation, reduction })
        const call = made(duals[0]!, { g })
        if (call === null) return
        calls++
        const [expected] = gradients((x) => f(x), [x], g as never)
        expect(call.shape).toEqual(expected!.shape)
        expect(allClose(call, expected!, { atol: 1e-12 })).toBe(true)
      }),
    )
    expect(calls).toBeGreaterThan(50)
  })

  test.each([
    [
      'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d',
      [
        [2, 3, 4, 8],
        [5, 12],
      ],
      { s1: 2, s2: 2 },
    ],
    [
      'a b, b c, c d -> a d',
      [
        [2, 3],
        [3, 4],
        [4, 2],
      ],
      {},
    ],
    [
      'b n (h d), b m (h d) -> b h n m',
      [
        [2, 3, 8],
        [2, 4, 8],
      ],
      { h: 2 },
    ],
    [
      'a 1 b, b c -> a c',
      [
        [2, 1, 3],
        [3, 2],
      ],
      {},
    ],
  ] as const)('of einsum %s', (pattern, shapes, lengths) => {
    const inputs = shapes.map((shape, i) => numbers(shape, i))
    const f = (...x: NdArray[]) => einsum(x, pattern, lengths)
    const g = numbers(f(...inputs).shape, 7)
    const { duals } = explain(inputs as NdArray[], pattern, lengths, { operation: 'einsum' })
    const arrays = Object.fromEntries(inputs.map((x, i) => [`x${i}`, x]))
    const expected = gradients(f as never, inputs, g as never) as NdArray[]
    for (const [i, dual] of duals.entries())
      expect(allClose(made(dual, { g, ...arrays })!, expected[i]!, { atol: 1e-12 })).toBe(true)
  })

  test('where no pattern says it, the dual says why', () => {
    const of = (pattern: string, reduction: 'max' | 'any') =>
      explain([2, 3], pattern, {}, { operation: 'reduce', reduction }).duals
    expect(of('a b -> a', 'max')).toEqual(['no pattern: g goes to the greatest, evenly where several are'])
    expect(of('a b -> a', 'any')).toEqual(['none: any has no gradient'])
    expect(explain([[3, 3]], 'i i -> i', {}, { operation: 'einsum' }).duals).toEqual([
      'no pattern: a diagonal takes g, zeros stand elsewhere',
    ])
  })
})
