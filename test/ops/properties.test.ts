/** Every operation against a brute-force evaluator of coordinates, on random patterns, layouts and dtypes. */
import fc from 'fast-check'
import ndarray, { type NdArray } from 'ndarray'
import { type Options, rearrange, reduce, repeat } from 'tesserae'
import { describe, expect, it } from 'vitest'
import type { Layout } from '../../src/layout/layout.ts'
import { anyLayout, elements, indices, position, reach } from '../layouts.ts'
import { anyPattern, count, origins, type PatternOptions, type RandomPattern } from './patterns.ts'

const makers = [
  (size: number) => Float32Array.from({ length: size }, (_, i) => i + 0.5),
  (size: number) => Uint8Array.from({ length: size }, (_, i) => i),
  (size: number) => Float64Array.from({ length: size }, (_, i) => -i),
  (size: number) => BigInt64Array.from({ length: size }, (_, i) => BigInt(i)),
  (size: number) => Array.from({ length: size }, (_, i) => `element ${i}`),
  (size: number) => Int16Array.from({ length: size }, (_, i) => i),
]

const anyCase = (options?: PatternOptions) =>
  anyPattern(options).chain((pattern) =>
    fc
      .tuple(fc.constant(pattern), anyLayout(pattern.shape), fc.constantFrom(...makers))
      .map(([pattern, layout, make]) => ({
        pattern,
        layout,
        x: ndarray(make(reach(layout)) as Float32Array, [...layout.shape], [...layout.stride], layout.offset),
      })),
  )

/** The position in the input's buffer of each element of the result. */
function positions(pattern: RandomPattern, layout: Layout): number[] {
  return origins(pattern).map(([origin]) => position(layout, origin!))
}

/** Whether any offset and strides reach these positions in this order. */
function isAffine(positions: readonly number[], shape: readonly number[]): boolean {
  const all = [...indices(shape)]
  const at = new Map(all.map((index, i) => [index.join(), positions[i]!]))
  const origin = positions[0]!
  const strides = shape.map((length, axis) =>
    length > 1 ? at.get(shape.map((_, i) => (i === axis ? 1 : 0)).join())! - origin : 0,
  )
  return all.every(
    (index, i) => positions[i] === index.reduce((sum, n, axis) => sum + n * strides[axis]!, origin),
  )
}

describe.each([
  ['rearrange', rearrange, {}],
  ['repeat', repeat, { created: true }],
] as const)('%s', (_, operation, options) => {
  const apply = operation as (
    x: NdArray | NdArray[],
    pattern: string,
    lengths: Record<string, number>,
    options?: Options,
  ) => NdArray

  it('puts every element where its coordinates say, and is a view exactly where any strides allow', () => {
    fc.assert(
      fc.property(anyCase(options), ({ pattern, layout, x }) => {
        const result = apply(x, pattern.text, pattern.lengths)
        const from = positions(pattern, layout)
        expect(result.shape).toEqual(pattern.outputShape)
        expect(elements(result)).toEqual(from.map((i) => x.data[i]))
        expect(result.data === x.data).toBe(isAffine(from, pattern.outputShape))
        expect(result.dtype).toBe(x.dtype)
      }),
      { numRuns: 1500 },
    )
  })

  it('shares nothing with the input under copy: always, and copies nothing under copy: never', () => {
    fc.assert(
      fc.property(anyCase(options), ({ pattern, layout, x }) => {
        const from = positions(pattern, layout)
        const copy = apply(x, pattern.text, pattern.lengths, { copy: 'always' })
        expect(copy.data).not.toBe(x.data)
        expect([...(copy.data as number[])]).toEqual(from.map((i) => x.data[i]))
        const view = () => apply(x, pattern.text, pattern.lengths, { copy: 'never' })
        if (isAffine(from, pattern.outputShape)) expect(view().data).toBe(x.data)
        else expect(view).toThrow("a view cannot express the result — got copy: 'never'")
      }),
      { numRuns: 400 },
    )
  })

  it('writes out, and nothing beside it, also where out overlaps the input', () => {
    fc.assert(
      fc.property(
        anyCase(options).chain((one) =>
          fc.tuple(fc.constant(one), anyLayout(one.pattern.outputShape, { distinct: true }), fc.boolean()),
        ),
        ([{ pattern, layout, x }, into, shared]) => {
          const from = positions(pattern, layout)
          const want = from.map((i) => x.data[i])
          const size = Math.max(reach(into), x.data.length)
          const buffer =
            x.data.constructor === Array
              ? new Array(size).fill(-1)
              : new (x.data.constructor as typeof Float32Array)(size)
          for (let i = 0; i < x.data.length; i++) buffer[i] = x.data[i]!
          const source = shared ? ndarray(buffer, x.shape, x.stride, x.offset) : x
          const before = [...buffer]
          const out = ndarray(buffer as Float32Array, [...into.shape], [...into.stride], into.offset)
          expect(apply(source as NdArray, pattern.text, pattern.lengths, { out })).toBe(out)
          expect(elements(out)).toEqual(want)
          const written = new Set(Array.from(indices(into.shape), (index) => position(into, index)))
          expect([...buffer].filter((_, i) => !written.has(i))).toEqual(
            before.filter((_, i) => !written.has(i)),
          )
        },
      ),
      { numRuns: 400 },
    )
  })

  it('takes a list as one array with a new first axis', () => {
    fc.assert(
      fc.property(
        anyCase(options).filter(({ pattern }) => pattern.shape.length > 0 && pattern.shape[0]! > 0),
        ({ pattern, layout, x }) => {
          const list = Array.from({ length: pattern.shape[0]! }, (_, i) => {
            const item = x.pick(i)
            return ndarray(x.data.slice(), item.shape, item.stride, item.offset)
          })
          const result = apply(list, pattern.text, pattern.lengths)
          expect(result.shape).toEqual(pattern.outputShape)
          expect(elements(result)).toEqual(positions(pattern, layout).map((i) => x.data[i]))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('reduce', () => {
  const evaluate: Record<string, (values: number[]) => number> = {
    sum: (values) => values.reduce((sum, x) => sum + x, 0),
    prod: (values) => values.reduce((product, x) => product * x, 1),
    mean: (values) => values.reduce((sum, x) => sum + x, 0) / values.length,
    min: (values) => (values.some(Number.isNaN) ? Number.NaN : Math.min(...values)),
    max: (values) => (values.some(Number.isNaN) ? Number.NaN : Math.max(...values)),
    any: (values) => Number(values.some((x) => x !== 0)),
    all: (values) => Number(values.every((x) => x !== 0)),
  }
  const numbers = [
    (size: number) => Float64Array.from({ length: size }, (_, i) => ((i * 7919) % 23) / 4 - 2),
    (size: number) =>
      Float32Array.from({ length: size }, (_, i) => (i % 13 === 5 ? Number.NaN : ((i * 7919) % 11) - 4)),
    (size: number) => Int32Array.from({ length: size }, (_, i) => ((i * 7919) % 7) - 3),
    (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 7919) % 3),
    (size: number) => Array.from({ length: size }, (_, i) => ((i * 7919) % 5) - 1),
  ]

  it.each(Object.keys(evaluate))('folds by %s what the coordinates say', (reduction) => {
    fc.assert(
      fc.property(
        anyPattern({ dropped: true }).chain((pattern) =>
          fc.tuple(fc.constant(pattern), anyLayout(pattern.shape), fc.constantFrom(...numbers)),
        ),
        ([pattern, layout, make]) => {
          const data = make(reach(layout)) as Float64Array
          const x = ndarray(data, [...layout.shape], [...layout.stride], layout.offset)
          const groups = origins(pattern).map((group) =>
            group.map((origin) => data[position(layout, origin)]!),
          )
          const call = () => reduce(x, pattern.text, reduction as 'sum', pattern.lengths)
          if (groups.some((group) => group.length === 0) && /min|max/.test(reduction)) {
            expect(call).toThrow(`'${reduction}' of no elements`)
            return
          }
          const result = call()
          expect(result.shape).toEqual(pattern.outputShape)
          const got = elements(result) as number[]
          for (const [i, group] of groups.entries()) {
            const exact = evaluate[reduction]!(group)
            // a product of many can be too large for a single float
            const want = data instanceof Float32Array ? Math.fround(exact) : exact
            const slack = (data instanceof Float32Array ? 1e-6 : 1e-12) * Math.max(1, Math.abs(want))
            const near = Number.isFinite(want) ? Math.abs(got[i]! - want) <= slack : Object.is(got[i], want)
            expect(near, `${got[i]} is not ${want}`).toBe(true)
          }
          expect(got.length).toBe(count(pattern.outputShape))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('gives a function a view whose last axes are those to drop', () => {
    fc.assert(
      fc.property(anyCase({ dropped: true, empty: false }), ({ pattern, layout, x }) => {
        const groups = origins(pattern).map((group) =>
          group.map((origin) => x.data[position(layout, origin)]),
        )
        const first = (view: NdArray, axes: number[]) => {
          expect(axes).toEqual(axes.map((_, i) => view.dimension - axes.length + i))
          return view.pick(...view.shape.map((_, axis) => (axes.includes(axis) ? 0 : null)))
        }
        const result = reduce(x, pattern.text, first as never, pattern.lengths)
        expect(result.shape).toEqual(pattern.outputShape)
        expect(elements(result)).toEqual(groups.map((group) => group[0]))
      }),
      { numRuns: 300 },
    )
  })
})
