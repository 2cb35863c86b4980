/** Each rule as an adjoint, ⟨g, f(v)⟩ = ⟨f*(g), v⟩, over random patterns, and by finite differences in double precision. */
import fc from 'fast-check'
import ndarray, { type NdArray } from 'ndarray'
import * as everyday from 'tesserae'
import { einsum, pack, rearrange, reduce, repeat, unpack } from 'tesserae'
import { gradients } from 'tesserae/train'
import { describe, expect, test } from 'vitest'
import { parseEinsum } from '../../grammar/index.ts'
import { einsumPlanOf } from '../../src/layout/einsum-plans.ts'
import { contiguous, sizeOf } from '../../src/layout/layout.ts'
import { asValue, present } from '../../src/ops/array.ts'
import { attend, attentionWeights } from '../../src/steps/attend.ts'
import { contraction } from '../../src/steps/contract.ts'
import { drop } from '../../src/steps/drop.ts'
import { gather, scatter } from '../../src/steps/gather.ts'
import { type Activation, activate, activations } from '../../src/steps/map.ts'
import { layerNorm, rmsNorm } from '../../src/steps/norm.ts'
import { part, place, reversed, slice } from '../../src/steps/slice.ts'
import { logSoftmax, softmax } from '../../src/steps/softmax.ts'
import type { Value } from '../../src/steps/value.ts'
import { slide } from '../../src/steps/window.ts'
import { add, multiply } from '../../src/steps/zip.ts'
import { anyPattern } from '../ops/patterns.ts'

type Doubles = NdArray<Float64Array>

/** Numbers between −1 and 1 that are the same in each run. */
function numbers(shape: readonly number[], seed = 1): Doubles {
  let state = seed * 2654435761
  const values = Float64Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
  return ndarray(values, [...shape])
}

function inner(a: NdArray, b: NdArray): number {
  const flat = (x: NdArray) =>
    rearrange(x, '... -> (...)', undefined, { copy: 'always' }).data as Float64Array
  const [left, right] = [flat(a), flat(b)]
  return left.reduce((sum, value, i) => sum + value * right[i]!, 0)
}

describe('the rule of a linear operation is its adjoint', () => {
  const holds = (f: (x: Doubles) => NdArray, shape: readonly number[]) => {
    const v = numbers(shape, 3)
    const y = f(v)
    const g = numbers(y.shape, 5)
    const [back] = gradients(f as never, [v], g)
    expect(back!.shape).toEqual([...shape])
    expect(inner(g, y)).toBeCloseTo(inner(back!, v), 9)
  }

  test('rearrange, of any pattern', () => {
    fc.assert(
      fc.property(anyPattern(), ({ text, lengths, shape }) =>
        holds((x) => rearrange(x, text, lengths), shape),
      ),
    )
  })

  test('repeat, of any pattern', () => {
    fc.assert(
      fc.property(anyPattern({ created: true }), ({ text, lengths, shape }) =>
        holds((x) => repeat(x, text, lengths), shape),
      ),
    )
  })

  test.each(['sum', 'mean'] as const)('reduce %s, of any pattern', (reduction) => {
    fc.assert(
      fc.property(anyPattern({ dropped: true, empty: reduction === 'sum' }), ({ text, lengths, shape }) =>
        holds((x) => reduce(x, text, reduction, lengths), shape),
      ),
    )
  })
})

/** Every gradient of `f` agrees with the difference of two values at each element. */
function agrees(f: (...x: Doubles[]) => NdArray, inputs: readonly Doubles[], digits = 6) {
  const y = f(...inputs)
  const g = numbers(y.shape, 7)
  const found = gradients(f as never, inputs, g as never) as Doubles[]
  const h = 1e-6
  for (const [i, x] of inputs.entries()) {
    expect(found[i]!.shape).toEqual(x.shape)
    const values = rearrange(found[i]!, '... -> (...)', undefined, { copy: 'always' }).data
    for (let at = 0; at < x.data.length; at++) {
      const moved = [h, -h].map((step) => {
        const data = x.data.slice()
        data[at]! += step
        return inner(g, f(...inputs.with(i, ndarray(data, x.shape))))
      })
      expect(values[at], `input ${i}, element ${at}`).toBeCloseTo((moved[0]! - moved[1]!) / (2 * h), digits)
    }
  }
}

/** Steps as a function of arrays. */
const steps =
  (compute: (...x: Value[]) => Value) =>
  (...x: NdArray[]) =>
    present(compute(...x.map((one) => asValue(one, 'test')))) as NdArray

describe('a rule agrees with finite differences', () => {
  test.each([
    ['i i -> i', [[3, 3]], {}],
    ['i i, i -> ', [[3, 3], [3]], {}],
    ['b i j i -> b j', [[2, 3, 2, 3]], {}],
    ['(i j) i -> j', [[6, 3]], { i: 3 }],
    ['i i i -> i', [[2, 2, 2]], {}],
    [
      'a b, b c -> c',
      [
        [2, 3],
        [3, 2],
      ],
      {},
    ],
    ['a b -> b', [[2, 3]], {}],
    [
      'a 1 b, b c -> a c',
      [
        [2, 1, 3],
        [3, 2],
      ],
      {},
    ],
    [
      'a b, a b -> a b',
      [
        [2, 1],
        [1, 3],
      ],
      {},
    ],
    [
      'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d',
      [
        [1, 2, 4, 2],
        [3, 8],
      ],
      { s1: 2, s2: 2 },
    ],
    [
      'b n (h d), h d e -> b n e',
      [
        [2, 2, 4],
        [2, 2, 3],
      ],
      { h: 2 },
    ],
    [
      '... a b, ... b c -> ... a c',
      [
        [2, 2, 3],
        [1, 3, 2],
      ],
      {},
    ],
    [
      'a b, b c, c d -> a d',
      [
        [2, 3],
        [3, 2],
        [2, 2],
      ],
      {},
    ],
    [
      'a b, c d -> a',
      [
        [2, 3],
        [2, 2],
      ],
      {},
    ],
  ] as const)('einsum %s', (pattern, shapes, lengths) => {
    agrees(
      (...x) => einsum(x, pattern as string, lengths as never) as NdArray,
      shapes.map((shape, i) => numbers(shape, i + 1)),
    )
  })

  test.each(['sum', 'mean', 'min', 'max', 'prod'] as const)('reduce %s', (reduction) => {
    agrees((x) => reduce(x!, 'b (h 2) c -> c b', reduction), [numbers([2, 6, 3])])
  })

  test.each(['std', 'variance'] as const)('reduce %s, and of elements that are all the same', (spread) => {
    for (const correction of [0, 1]) {
      agrees((x) => reduce(x, 'a (b c) d -> d b', spread, { c: 2 }, { correction }), [numbers([3, 4, 2])], 5)
    }
    const same = ndarray(new Float64Array(4).fill(3), [2, 2])
    const [dx] = gradients(
      (x) => reduce(x, 'a b -> a', spread),
      [same],
      ndarray(new Float64Array([1, 1]), [2]),
    )
    expect(dx.data).toEqual(new Float64Array(4))
  })

  test('a product with zeros', () => {
    const x = ndarray(new Float64Array([2, 0, 3, 0, 0, 5]), [2, 3])
    const [dx] = gradients((x) => reduce(x, 'a b -> a', 'prod'), [x], ndarray(new Float64Array([1, 1]), [2]))
    expect([...dx.data]).toEqual([0, 6, 0, 0, 0, 0])
  })

  test('pack and unpack', () => {
    agrees(
      (a, b) => {
        const [packed, shapes] = pack([a!, b!], 'b * d')
        const [first, second] = unpack(packed, shapes, 'b * d')
        return einsum([first!, second!], 'b d, b h w d -> b w') as NdArray
      },
      [numbers([2, 3]), numbers([2, 2, 2, 3], 2)],
    )
  })

  test('a list, stacked', () => {
    agrees((a, b) => rearrange([a!, b!], 'two (h w) -> h (two w)', { h: 2 }), [numbers([4]), numbers([4], 2)])
  })

  test('views by the methods of ndarray', () => {
    agrees(
      (x) => einsum([x!.hi(2).step(1, -2), x!.lo(1).transpose(1, 0).hi(2)], 'a b, c d -> a b c'),
      [numbers([3, 4])],
    )
  })

  test('parts, places, reversed axes', () => {
    agrees(
      steps((x) => part(x!, 1, { start: 1, step: 2, lengths: [2] })),
      [numbers([2, 5])],
    )
    agrees(
      steps((x) => reversed(x!, 0)),
      [numbers([3, 2])],
    )
    agrees(
      steps((x) => place(x!, 0, { start: 1, step: 2, count: 2, length: 9 })),
      [numbers([2, 2])],
    )
    agrees(
      steps((x) => multiply(slice(x!, 0, 0, 2), slice(x!, 0, 1, 3))),
      [numbers([3, 2])],
    )
  })

  test('windows, also where they overlap', () => {
    agrees(
      steps((x) => slide(x!, 1, { size: 3, stride: 1, dilation: 2 })),
      [numbers([2, 7])],
    )
    agrees(
      steps((x) => slide(x!, 0, { size: 2, stride: 3, dilation: 1 })),
      [numbers([7, 2])],
    )
  })

  test('dropping, of what was kept', () => {
    agrees(
      steps((x) => drop(x!, { p: 0.4, seed: 3 })),
      [numbers([5, 4])],
    )
  })

  test('picking and adding up by index', () => {
    const indices = { ...contiguous([2, 3]), data: new Int32Array([0, 2, 2, 1, 1, 0]) }
    agrees(
      steps((x) => gather(x!, indices)),
      [numbers([2, 4, 2])],
    )
    agrees(
      steps((x) => scatter(x!, indices, 5)),
      [numbers([2, 3, 2])],
    )
  })

  test.each(Object.keys(activations) as Activation[])('%s', (fn) => {
    agrees(
      steps((x) => activate(x!, fn)),
      [ndarray(new Float64Array([-9, -2.5, -0.3, 0.1, 0.75, 3, 40]), [7])],
    )
  })

  test.each([0, 1, 2])('softmax and its logarithm along axis %i', (axis) => {
    agrees(
      steps((x) => softmax(x!, { axis })),
      [numbers([2, 3, 2])],
    )
    agrees(
      steps((x) => logSoftmax(x!, { axis })),
      [numbers([2, 3, 2])],
    )
  })

  test.each([
    ['the last axis', [2], [3]],
    ['two axes', [1, 2], [2, 3]],
    ['an axis in the middle', [1], [2]],
    ['axes in another order', [2, 1], [3, 2]],
  ])('norms over %s', (_, axes, shape) => {
    const inputs = [numbers([2, 2, 3]), numbers(shape, 2), numbers(shape, 3)]
    agrees(
      steps((x, weight, bias) => layerNorm(x!, { weight, bias, eps: 1e-3, axes })),
      inputs,
    )
    agrees(
      steps((x, weight) => rmsNorm(x!, { weight, eps: 1e-3, axes })),
      inputs.slice(0, 2),
    )
    agrees(
      steps((x, bias) => layerNorm(x!, { bias, eps: 1e-3, axes })),
      [inputs[0]!, inputs[2]!],
    )
    agrees(
      steps((x) => layerNorm(x!, { eps: 1e-3, axes })),
      [inputs[0]!],
    )
  })

  test('attention of one input by itself, and of another', () => {
    const self = [1, 2, 3].map((seed) => numbers([2, 2, 3, 2], seed))
    agrees(
      steps((q, k, v) => attend(q!, k!, v!)),
      self,
    )
    agrees(
      steps((q, k, v) => attend(q!, k!, v!, { scale: 0.3 })),
      self.map((_, i) => numbers([3, 2], i + 4)),
    )
    const cross = [numbers([2, 3, 2]), numbers([2, 4, 2], 2), numbers([2, 4, 5], 3), numbers([3, 4], 4)]
    agrees(
      steps((q, k, v, bias) => attend(q!, k!, v!, { bias })),
      cross,
    )
    agrees(
      steps((q, k, v) => attend(q!, k!, v!)),
      cross.slice(0, 3),
    )
    agrees(
      steps((q, k, bias) => attentionWeights(q!, k!, k!, { bias })),
      [cross[0]!, cross[1]!, cross[3]!],
    )
  })

  test('everyday arithmetic, and softmax', () => {
    const inputs = [numbers([2, 3]), numbers([3], 2), numbers([2], 3)]
    agrees((x, y, z) => everyday.add([x!, y!, z!, 2], 'b d, d, b, -> d b') as NdArray, inputs)
    agrees((x, y) => everyday.subtract([y!, x!], 'd, b d -> b d') as NdArray, inputs.slice(0, 2))
    agrees((x, y) => everyday.multiply([x!, y!, x!], 'b d, d, b d -> (b d)') as NdArray, inputs.slice(0, 2))
    agrees(
      (x) => everyday.softmax(everyday.divide([x!, 4], 'b d, -> b d') as Doubles, { axis: 0 }),
      inputs.slice(0, 1),
    )
    const divisors = (shape: readonly number[]) =>
      ndarray(
        numbers(shape, 4).data.map((v) => v + 2),
        [...shape],
      )
    agrees(
      (x, y, z) => everyday.divide([x!, y!, z!], 'b d, d, b -> d b') as NdArray,
      [inputs[0]!, divisors([3]), divisors([2])],
    )
    agrees((x, y) => everyday.subtract([x!, y!], 'b d, d -> (b d)') as NdArray, inputs.slice(0, 2))
    agrees(
      (x, y) => everyday.divide([y!, x!], '(b d), b d -> d b', { b: 2 }) as NdArray,
      [divisors([2, 3]), numbers([6], 2)],
    )
  })

  test('sums and products that broadcast', () => {
    agrees(
      steps((a, b) => add(a!, b!)),
      [numbers([2, 1, 3]), numbers([2, 1], 2)],
    )
    agrees(
      steps((a, b) => multiply(a!, b!)),
      [numbers([2, 3]), numbers([2, 2, 1], 2)],
    )
    agrees(
      steps((a) => multiply(a!, a!)),
      [numbers([2, 3])],
    )
  })

  test('a product with all that is done on its way to memory', () => {
    const plan = einsumPlanOf(parseEinsum('b i, o i -> b o'), [{ shape: [2, 3] }, { shape: [4, 3] }])
    const inputs = [numbers([2, 3]), numbers([4, 3], 2), numbers([4], 3), numbers([2, 1], 4)]
    for (const activation of ['gelu', null] as const) {
      agrees(
        steps((x, w, bias, residual) =>
          contraction(plan, [x!, w!], { scale: 0.7, bias, residual, activation }),
        ),
        inputs,
      )
    }
  })

  test('gradients of gradients, where the steps are linear or products', () => {
    const cubed = (x: Doubles) => einsum([x, x, x], 'i, i, i -> ') as Doubles
    agrees((x) => gradients(cubed, [x!])[0], [numbers([3])])
  })
})

describe('what has no gradient says so by name', () => {
  const x = numbers([2, 3])
  test.each([
    [() => gradients((x) => reduce(x, 'a b -> a', 'any') as never, [x], numbers([2])), /uint8|any/],
    [
      () =>
        gradients(
          (x) => reduce(x, 'a b -> a', (view) => view.pick(null, 0) as NdArray),
          [x],
          numbers([2]) as never,
        ),
      /a reduction by a function/,
    ],
    [() => gradients((x) => x, [ndarray(new Int32Array(2), [2])] as never, numbers([2])), /int32/],
    [() => gradients((x) => x, [x]), /returns more than one number/],
    [() => gradients((x) => x, [x], numbers([3, 2])), /shape \[3,2\].*\[2,3\]/],
    [() => gradients((x) => ndarray(x.data, x.shape), [x], x), /reading the elements/],
    [() => gradients((x) => x, x as never), /not a list/],
  ])('%#', (call, message) => {
    expect(call).toThrow(message)
  })

  test('a number that is read on the way is a constant', () => {
    const [dx] = gradients(
      (x) => everyday.multiply([x, x.get(1)], 'a, -> a'),
      [numbers([2])],
      everyday.ones([2], 'float64'),
    )
    const read = numbers([2]).get(1)
    expect([...dx.data]).toEqual([read, read])
  })

  test('an input that the result does not depend on has zeros', () => {
    const [da, db] = gradients((a, _) => a, [x, x], x)
    expect([...da.data]).toEqual([...x.data])
    expect([...db.data]).toEqual([0, 0, 0, 0, 0, 0])
  })
})
