/** What tells about shapes and patterns without computing: parseShape, checkShape, shaped, invert, explain. */
import { inspect } from 'node:util'
import fc from 'fast-check'
import ndarray from 'ndarray'
import { checkShape, explain, invert, parseShape, rearrange, shaped } from 'tesserae'
import { describe, expect, it } from 'vitest'
import { elements } from '../layouts.ts'
import { anyPattern } from './patterns.ts'

const images = ndarray(new Float32Array(8 * 3 * 32 * 48), [8, 3, 32, 48])

describe('parseShape', () => {
  it('names lengths and skips the others', () => {
    expect(parseShape(images, 'b c h w')).toEqual({ b: 8, c: 3, h: 32, w: 48 })
    expect(parseShape(images, '_ 3 _ w')).toEqual({ w: 48 })
    expect(parseShape(images, 'b ...')).toEqual({ b: 8 })
  })

  it('rejects a number that is another length', () => {
    expect(() => parseShape(images, 'b 4 h w')).toThrow(
      "parseShape: dimension 1 does not match '4' — got length 3",
    )
  })
})

describe('checkShape', () => {
  it('solves groups and returns every length', () => {
    expect(checkShape(images, 'b 3 (h 16) (w s)', { s: 24 })).toEqual({ b: 8, h: 2, w: 2, s: 24 })
  })

  it.each([
    ['b 3 (h 7) w', {}, "dimension 2 does not split into '(h 7)' — got length 32, expected a multiple of 7"],
    ['b c h', {}, 'wrong number of dimensions — got 4, expected 3'],
    ['b c h w', { b: 4 }, "dimension 0 does not match 'b' — got length 8, expected 4"],
    ['b c (h g) w', {}, "cannot infer '(h g)'"],
  ])('rejects %s with %j', (pattern, lengths, message) => {
    expect(() => checkShape(images, pattern as string, lengths as Record<string, number>)).toThrow(
      `checkShape: ${message}`,
    )
  })
})

describe('shaped', () => {
  it('returns the same array or throws', () => {
    expect(shaped(images, [8, 3, 32, 48])).toBe(images)
    expect(() => shaped(images, [8, 3, 32, 49])).toThrow('shaped: dimension 3 does not match')
    expect(() => shaped(images, [8, 3])).toThrow('shaped: wrong number of dimensions — got 4, expected 2')
  })
})

describe('invert', () => {
  it('gives the pattern that brings every element back', () => {
    fc.assert(
      fc.property(anyPattern({ empty: false }), (pattern) => {
        if (/\([^)]*\.\.\./.test(pattern.text)) return
        const x = ndarray(
          Float64Array.from({ length: pattern.shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
          [...pattern.shape],
        )
        const lengths = Object.fromEntries(
          pattern.left.flat().map(({ spelling, length }) => [spelling, length]),
        )
        const named = Object.fromEntries(
          Object.entries(lengths).filter(([name]) =>
            new RegExp(`(^|[ (])${name}($|[ )-])`, 'u').test(pattern.text),
          ),
        )
        const there = rearrange(x, pattern.text, pattern.lengths)
        const back = rearrange(there, invert(pattern.text), named)
        expect(back.shape).toEqual(pattern.shape)
        expect(elements(back)).toEqual(elements(x))
      }),
      { numRuns: 300 },
    )
  })

  it('rejects what has no inverse', () => {
    expect(() => invert('a ... -> a (...)')).toThrow("'...' in parentheses")
    expect(() => invert('a b -> a' as string)).toThrow("axis 'b' is only on the left")
  })
})

describe('explain', () => {
  it('says that a split is a view and with which strides', () => {
    const plan = explain(images, 'b c (h s) w -> b h s w c', { s: 16 })
    expect(plan.view).toBe(true)
    expect(plan.bytesMoved).toBe(0)
    expect(plan.result).toEqual({
      shape: [8, 2, 16, 48, 3],
      dtype: 'float32',
      stride: [4608, 768, 48, 1, 1536],
    })
    expect(plan.axes.find(({ name }) => name === 's')).toEqual({
      name: 's',
      length: 16,
      strides: [48],
      role: 'kept',
    })
  })

  it('agrees with rearrange about views, for any pattern', () => {
    fc.assert(
      fc.property(anyPattern(), ({ text, lengths, shape }) => {
        const x = ndarray(new Uint8Array(shape.reduce((a, b) => a * b, 1)), [...shape])
        const plan = explain(x, text, lengths)
        const result = rearrange(x, text, lengths)
        expect(plan.view).toBe(result.data === x.data)
        expect(plan.result.shape).toEqual(result.shape)
        expect(plan.result.stride).toEqual(result.stride)
        expect(plan.bytesMoved).toBe(plan.view ? 0 : result.size)
        expect(plan.why === undefined).toBe(plan.view)
      }),
      { numRuns: 300 },
    )
  })

  it('prints what moves and why', () => {
    const text = String(explain([1, 3, 32, 32], 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 }))
    expect(text).toContain('result  [1, 4, 768]     float32  strides [3072, 768, 1]')
    expect(text).toContain('new elements: 12288 bytes are written')
    expect(text).toContain(
      "because 'h' and 'w' cannot be one dimension: a step of 'h' moves by 512 in memory",
    )
    expect(inspect(explain([2], 'a -> a'))).toBe(String(explain([2], 'a -> a')))
  })

  it('knows reduce, repeat and einsum, and no other operation', () => {
    expect(explain([2, 3], 'a b -> a', {}, { operation: 'reduce' }).axes.map(({ role }) => role)).toEqual([
      'kept',
      'dropped',
    ])
    const bytes = ndarray(new Uint8Array(6), [2, 3])
    const mean = explain(bytes, 'a b -> a', {}, { operation: 'reduce', reduction: 'mean' })
    expect([mean.result.dtype, mean.bytesMoved]).toEqual(['float64', 16])
    const any = explain([2, 3], 'a b -> b a', {}, { operation: 'reduce', reduction: 'any' })
    expect([any.result.dtype, any.view]).toEqual(['uint8', false])
    expect(() => explain(bytes, 'a b -> a', {}, { operation: 'reduce', reduction: 'avg' as 'mean' })).toThrow(
      "'mean'",
    )
    expect(explain([2], 'a -> a n', { n: 3 }, { operation: 'repeat' }).result.stride).toEqual([1, 0])
    const product = explain(
      [
        [2, 3],
        [3, 4],
      ],
      'i j, j k -> i k',
      {},
      { operation: 'einsum' },
    )
    expect(product.result.shape).toEqual([2, 4])
    expect(product.axes.find(({ name }) => name === 'j')).toEqual({
      name: 'j',
      length: 3,
      strides: [1, 4],
      role: 'summed',
    })
    expect(() => explain([2], 'a -> a', {}, { operation: 'rotate' as 'reduce' })).toThrow(
      "bad option 'operation'",
    )
  })
})
