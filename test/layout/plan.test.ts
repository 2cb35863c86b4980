import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTransform } from '../../grammar/index.ts'
import { bindTransform } from '../../src/layout/bind.ts'
import { broadcast, contiguous, type Layout, merge, permute, split } from '../../src/layout/layout.ts'
import type { Plan } from '../../src/layout/plan.ts'
import { planOf } from '../../src/layout/plans.ts'
import { anyLayout } from '../layouts.ts'
import { anyPattern } from '../ops/patterns.ts'

const patches = parseTransform('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', 'rearrange')

function bind(text: string, shape: number[], lengths?: Record<string, number>): Plan {
  return bindTransform(parseTransform(text, 'rearrange'), shape, lengths)
}

describe('a plan', () => {
  it('knows the length of every axis and the shape of the result', () => {
    const plan = bindTransform(patches, [8, 3, 224, 224], { s1: 16, s2: 16 })
    expect(Object.fromEntries(plan.lengths)).toEqual({ b: 8, c: 3, h: 14, s1: 16, w: 14, s2: 16 })
    expect(plan.outputShape).toEqual([8, 196, 768])
    expect(plan.outputSize).toBe(8 * 196 * 768)
  })

  it('prints itself', () => {
    const plan = bindTransform(patches, [8, 3, 224, 224], { s1: 16, s2: 16 })
    expect(String(plan)).toBe(
      "rearrange 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)': [8, 3, 224, 224] -> [8, 196, 768] " +
        'with b=8, c=3, h=14, s1=16, w=14, s2=16',
    )
  })

  it('cannot be changed', () => {
    const plan = bind('(a b) c -> a (b c)', [6, 2], { a: 2 }) as unknown as {
      outputShape: number[]
      axes: unknown[]
      shape: number[]
    }
    expect(() => plan.outputShape.push(1)).toThrow(TypeError)
    expect(() => plan.axes.pop()).toThrow(TypeError)
    expect(() => {
      plan.shape = []
    }).toThrow(TypeError)
  })

  it('keeps its own copy of the shape it was made for', () => {
    const shape = [2, 3]
    const plan = planOf(parseTransform('x y -> y x', 'rearrange'), shape)
    shape[0] = 5
    expect(plan.shape).toEqual([2, 3])
    expect(planOf(parseTransform('x y -> y x', 'rearrange'), shape).outputShape).toEqual([3, 5])
  })

  it('gives the strides that splitting, permuting, repeating and merging give one after the other', () => {
    fc.assert(
      fc.property(
        anyPattern({ created: true }).chain((pattern) =>
          fc.tuple(fc.constant(pattern), anyLayout(pattern.shape)),
        ),
        ([pattern, layout]) => {
          const plan = bindTransform(parseTransform(pattern.text, 'repeat'), pattern.shape, pattern.lengths)
          let steps: Layout = layout
          let axis = 0
          for (const axes of pattern.left) {
            steps = split(
              steps,
              axis,
              axes.map(({ length }) => length),
            )
            axis += axes.length
          }
          const left = pattern.left.flat().map(({ id }) => id)
          const right = pattern.right.flat()
          steps = permute(
            steps,
            right.map(({ id }) => left.indexOf(id)).filter((axis) => axis >= 0),
          )
          for (const [axis, { id, length }] of right.entries()) {
            if (!left.includes(id)) steps = broadcast(steps, axis, length)
          }
          const long = (shape: readonly number[]) => shape.filter((length) => length !== 1)
          expect(long(plan.kept(layout).shape)).toEqual(long(steps.shape))
          let merged: Layout | null = steps
          for (const [dimension, axes] of pattern.right.entries()) {
            merged = merged && merge(merged, dimension, axes.length)
          }
          const stride = plan.viewStride(layout.stride)
          expect(stride === null).toBe(merged === null)
          // where nothing is to be reached, any strides will do
          if (merged === null || plan.outputSize === 0) return
          expect(stride).toEqual(
            merged.stride.map((step, axis) => (merged.shape[axis] === 1 ? stride![axis] : step)),
          )
          expect(layout.offset).toBe(merged.offset)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('says which two axes stand in the way of a view, and only then', () => {
    const plan = bindTransform(patches, [1, 3, 32, 32], { s1: 16, s2: 16 })
    const { stride } = contiguous([1, 3, 32, 32])
    expect(plan.viewStride(stride)).toBeNull()
    expect(plan.obstacle(stride)).toMatchObject({
      dimension: 1,
      outer: { label: 'h' },
      inner: { label: 'w' },
      stride: 512,
      expected: 32,
    })
    expect(bind('a b -> (a b)', [2, 3]).obstacle([3, 1])).toBeNull()
  })
})

describe('plans of a pattern', () => {
  it('are made once for a shape and lengths, in whatever order the lengths are given', () => {
    const pattern = parseTransform('(a b c) -> c a b', 'rearrange')
    const plan = planOf(pattern, [24], { a: 2, b: 3 })
    expect(planOf(pattern, [24], { a: 2, b: 3 })).toBe(plan)
    expect(planOf(pattern, [24], { b: 3, a: 2 })).toBe(plan)
    expect(planOf(pattern, [24], { a: 3, b: 2 })).not.toBe(plan)
    expect(planOf(pattern, [24], { a: 2, c: 4 }).outputShape).toEqual([4, 2, 3])
    expect(planOf(pattern, [48], { a: 2, b: 3 }).outputShape).toEqual([8, 2, 3])
  })

  it('are made anew after eight others', () => {
    const pattern = parseTransform('a b -> b a', 'rearrange')
    const plan = planOf(pattern, [1, 1])
    for (let n = 2; n <= 8; n++) planOf(pattern, [n, n])
    expect(planOf(pattern, [1, 1])).toBe(plan) // now the one used last
    for (let n = 9; n <= 15; n++) planOf(pattern, [n, n])
    expect(planOf(pattern, [1, 1])).toBe(plan)
    for (let n = 16; n <= 23; n++) planOf(pattern, [n, n])
    expect(planOf(pattern, [1, 1])).not.toBe(plan)
  })

  it('are never those of lengths that only look alike', () => {
    const pattern = parseTransform('(a b) -> a b', 'rearrange')
    planOf(pattern, [6], { a: 2 })
    for (const [lengths, message] of [
      [Object.create({ a: 2 }), "cannot infer '(a b)'"],
      [{ a: '2' }, 'got "2", expected a whole number'],
      [[], "cannot infer '(a b)'"],
      [{ a: 2, z: 1 }, "length 'z' is not used"],
      [null, 'the lengths are not an object'],
    ] as [Record<string, number>, string][]) {
      expect(() => planOf(pattern, [6], lengths)).toThrow(
        Array.isArray(lengths) ? 'the lengths are not' : message,
      )
    }
  })
})
