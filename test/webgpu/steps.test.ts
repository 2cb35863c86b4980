/** Steps on the card against the host, for arrays that stand in memory as they like: whatever runs along rows or element by element, attention, and what is refused. */
import ndarray, { type NdArray } from 'ndarray'
import {
  add,
  divide,
  EinopsError,
  einsum,
  multiply,
  pack,
  rearrange,
  reduce,
  repeat,
  softmax,
  subtract,
  trace,
} from 'tesserae'
import { type GpuArray, gpu } from 'tesserae/webgpu'
import { afterAll, expect, test } from 'vitest'
import { parseTransform } from '../../grammar/index.ts'
import type { Activation } from '../../src/gemm/activation.ts'
import { planOf } from '../../src/layout/plans.ts'
import { asValue, present } from '../../src/ops/array.ts'
import { attend, attentionWeights } from '../../src/steps/attend.ts'
import { gather, scatter } from '../../src/steps/gather.ts'
import { activate } from '../../src/steps/map.ts'
import { layerNorm, rmsNorm } from '../../src/steps/norm.ts'
import { place } from '../../src/steps/slice.ts'
import { slopeOfFold, slopeOfMap, slopeOfNorm, slopeOfSoftmax } from '../../src/steps/slope.ts'
import { logSoftmax } from '../../src/steps/softmax.ts'
import type { Value } from '../../src/steps/value.ts'
import { inputOf } from '../program/inputs.ts'
import { newQuickDevice } from './card.ts'
import { describeCard } from './describe.ts'

// biome-ignore lint/suspicious/noExplicitAny: functions of arrays of any dtype, in one table
type F = (...inputs: any[]) => NdArray<any>

/** A function of values as one of arrays. */
const on =
  (f: (...values: Value[]) => Value): F =>
  (...arrays) =>
    present(f(...arrays.map((array) => asValue(array, 'test'))))

const fold = (pattern: string, shape: number[], reduction: 'min' | 'max' | 'prod') =>
  ({ kind: 'fold', plan: planOf(parseTransform(pattern, 'reduce'), shape), reduction, dtype: null }) as const

const activationNames: readonly Activation[] = ['gelu', 'gelu-tanh', 'relu', 'silu', 'quick-gelu']

const table: Readonly<Record<string, readonly [f: F, ...shapes: number[][]]>> = {
  'a copy that turns everything round': [(x) => rearrange(x, 'a b (c d) -> d (b a) c', { d: 2 }), [3, 5, 8]],
  'a copy of a part, backwards': [(x) => rearrange(x.step(-1, 2).lo(1), 'a b -> (b a)'), [6, 7]],
  'elements repeated': [(x) => repeat(x, 'a b -> a 3 (b 2)'), [2, 5]],
  'several joined': [(x, y) => pack([x, y, x], 'a * c')[0], [2, 3, 4], [2, 4]],
  'part of a sum of two that broadcast': [(x, y) => add([x, y], 'a b, b -> b a'), [6, 9], [9]],
  'differences and quotients': [
    (x, y) => divide([subtract([x, y], 'a b, a b -> a b'), 3], 'a b, -> a b'),
    [5, 8],
    [5, 8],
  ],
  'a result that is taken off, and one that is divided by': [
    (x, y) => {
      const square = multiply([x, x], 'a b, a b -> a b')
      const divisor = add([multiply([y, y], 'b, b -> b'), 2], 'b, -> b')
      return divide([subtract([y, square], 'b, a b -> a b'), divisor], 'a b, b -> b a')
    },
    [5, 8],
    [8],
  ],
  'a softmax of long rows': [(x) => softmax(x, { axis: -1 }), [3, 1030]],
  'a softmax of columns': [(x) => softmax(x, { axis: 0 }), [13, 5]],
  'the logarithm of a softmax of short rows': [on((x) => logSoftmax(x!)), [70, 5]],
  'a layer norm of long rows': [
    on((x, w, b) => layerNorm(x!, { weight: w, bias: b, eps: 1e-6 })),
    [5, 768],
    [768],
    [768],
  ],
  'a layer norm over two axes': [
    on((x, w) => layerNorm(x!, { weight: w, eps: 1e-5, axes: [2, 0] })),
    [3, 4, 5],
    [5, 3],
  ],
  'an RMS norm of short rows': [on((x) => rmsNorm(x!, { eps: 1e-6 })), [9, 4, 6]],
  'a sum in another order': [(x) => reduce(x, 'a b c -> c a', 'sum'), [4, 50, 6]],
  'a mean of everything': [(x) => reduce(x, 'a b -> ', 'mean'), [37, 41]],
  'the least of windows': [(x) => reduce(x, '(a 2) (b 3) -> b a', 'min'), [8, 9]],
  'the greatest of rows': [(x) => reduce(x, 'a b -> a', 'max'), [3, 300]],
  'a product': [(x) => reduce(x, 'a b -> b', 'prod'), [6, 5]],
  'whether any is there': [(x) => reduce(x, 'a b -> a', 'any'), [4, 12]],
  'elements at their places among zeros': [
    on((x) => place(x!, 1, { start: 1, step: 2, length: 9 })),
    [3, 4, 2],
  ],
  'places of several axes, backwards': [
    on((x) => place(x!, 0, { start: 13, step: -2, count: 2, length: 15 })),
    [2, 3, 4],
  ],
  'three operands of different axes': [
    (x, y, z) => einsum([x, y, z], 'a b, b c, c d -> a d'),
    [9, 10],
    [10, 11],
    [11, 12],
  ],
  'a convolution over windows': [
    (x, w) => einsum([x, w], 'b c (h s) (w t), o c s t -> b o h w', { s: 4, t: 4 }),
    ...[
      [2, 3, 16, 20],
      [10, 3, 4, 4],
    ],
  ],
  'functions after each other': [
    on((x, y) => activate(activate(x!, 'gelu'), 'silu') && slopeOfMap({ kind: 'map', fn: 'gelu' }, x!, y!)),
    ...[
      [7, 9],
      [7, 9],
    ],
  ],
  ...Object.fromEntries(
    activationNames.flatMap((fn) => [
      [fn, [on((x) => activate(x!, fn)), [5, 33]]],
      [`the slope of ${fn}`, [on((g, x) => slopeOfMap({ kind: 'map', fn }, g!, x!)), [5, 33], [5, 33]]],
    ]),
  ),
  'the slope of a softmax': [
    on((g, y) => slopeOfSoftmax({ kind: 'softmax', axis: 1, log: false }, g!, y!)),
    [4, 21],
    [4, 21],
  ],
  'the slope of its logarithm': [
    on((g, y) => slopeOfSoftmax({ kind: 'softmax', axis: 0, log: true }, g!, y!)),
    [4, 21],
    [4, 21],
  ],
  'the slope of a norm': [
    on((g, x, w) =>
      slopeOfNorm(
        { kind: 'norm', axes: [1], eps: 1e-6, centred: true, weight: true, bias: false },
        g!,
        x!,
        w!,
      ),
    ),
    ...[[4, 48], [4, 48], [48]],
  ],
  'the slope of the greatest': [
    on((g, x) => slopeOfFold(fold('a b -> a', [4, 9], 'max'), g!, x!)),
    [4],
    [4, 9],
  ],
  'the slope of a product': [
    on((g, x) => slopeOfFold(fold('a b -> b', [4, 9], 'prod'), g!, x!)),
    [9],
    [4, 9],
  ],
  'attention of many queries': [
    on((q, k, v) => attend(q!, k!, v!)),
    [2, 3, 37, 16],
    [2, 3, 45, 16],
    [2, 3, 45, 16],
  ],
  'attention of heads that no vector divides': [
    on((q, k, v) => attend(q!, k!, v!, { scale: 0.3 })),
    [2, 19, 7],
    [2, 33, 7],
    [2, 33, 10],
  ],
  'attention of one query, with something added': [
    on((q, k, v, bias) => attend(q!, k!, v!, { bias })),
    ...[
      [3, 1, 24],
      [3, 50, 24],
      [3, 50, 24],
      [1, 1, 50],
    ],
  ],
  'attention of wide heads': [on((q, k, v) => attend(q!, k!, v!)), [1, 9, 132], [1, 20, 132], [1, 20, 132]],
  'attention of heads too wide for one pass': [
    on((q, k, v) => attend(q!, k!, v!)),
    [2, 3, 1500],
    [2, 5, 1500],
    [2, 5, 1500],
  ],
  'the weights of attention': [
    on((q, k, v, bias) => attentionWeights(q!, k!, v!, { bias })),
    [2, 9, 8],
    [2, 70, 8],
    [2, 70, 8],
    [9, 70],
  ],
  'merged heads, and what follows': [
    on((q, k, v, x) => {
      const heads = attend(q!, k!, v!)
      const merged = asValue(rearrange(present(heads) as never, 'b h n d -> b n (h d)'), 'test')
      return asValue(add([present(merged) as never, present(x!) as never], 'a b c, a b c -> a b c'), 'test')
    }),
    ...[
      [2, 3, 5, 8],
      [2, 3, 5, 8],
      [2, 3, 5, 8],
      [2, 5, 24],
    ],
  ],
}

function expectClose(y: NdArray<Float32Array>, expected: NdArray<Float32Array>, within = 1e-4): void {
  expect([y.shape, y.dtype]).toEqual([expected.shape, expected.dtype])
  const most = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  const wrong = Array.from(y.data).flatMap((value, i) =>
    Math.abs(value - expected.data[i]!) <= within * most ? [] : [[i, value, expected.data[i]]],
  )
  expect(wrong).toEqual([])
}

describeCard('steps on the card', async () => {
  const device = await newQuickDevice()
  afterAll(() => device.destroy())

  test.each(Object.entries(table))('%s', async (_, [f, ...shapes]) => {
    const inputs = shapes.map((shape, i) => inputOf(shape, i + 1))
    const run = await gpu(f, shapes, { device })
    expectClose(await run.run(...inputs), rowMajor(trace(f, shapes).run(...inputs)))
    run.dispose()
  })

  test('whole numbers come in, index, and become floats and bytes as typed arrays make them', async () => {
    const bytes = ndarray(
      Uint8Array.from({ length: 24 }, (_, i) => i * 10),
      [2, 3, 4],
    )
    const toFloat: F = (x) => rearrange(x, 'a b c -> c (a b)', {}, { dtype: 'float32' })
    const run = await gpu(toFloat, [[2, 3, 4]], { device, dtypes: ['uint8'] })
    expectClose(await run.run(bytes), toFloat(bytes), 0)
    const values = [0.5, -0.5, 1.5, 255.9, 256, -1, -300.7, 1e6, 5e9, -5e9, Number.NaN, 3e38]
    const x = ndarray(Float32Array.from(values), [values.length])
    for (const dtype of ['uint8', 'int8', 'int16', 'uint16', 'int32', 'uint32', 'uint8_clamped'] as const) {
      const f: F = (y) => rearrange(y, 'a -> a', {}, { dtype })
      const converted = await gpu(f, [[values.length]], { device })
      const y = await converted.run(x)
      expect([dtype, y.dtype, Array.from(y.data)]).toEqual([dtype, dtype, Array.from(f(x).data)])
    }
    const picked = on((y, i) => gather(y!, i!))
    const indices = ndarray(Int32Array.of(4, 0, 2, 2, 1, 3), [2, 3])
    const rows = inputOf([2, 5, 3])
    const dtypes = ['float32', 'int32'] as const
    const gathering = await gpu(
      picked,
      [
        [2, 5, 3],
        [2, 3],
      ],
      { device, dtypes },
    )
    expectClose(await gathering.run(rows, indices), picked(rows, indices), 0)
    const added = on((y, i) => scatter(y!, i!, 6))
    const scattering = await gpu(
      added,
      [
        [2, 3, 7],
        [2, 3],
      ],
      { device, dtypes },
    )
    expectClose(await scattering.run(inputOf([2, 3, 7]), indices), added(inputOf([2, 3, 7]), indices))
  })

  test('masks: what −Infinity is added to has no weight, however many blocks of keys it fills', async () => {
    const [q, k, v] = [inputOf([1, 40, 8], 1), inputOf([1, 75, 8], 2), inputOf([1, 75, 8], 3)]
    const mask = ndarray(new Float32Array(40 * 75), [40, 75])
    for (let i = 0; i < 40; i++)
      for (let j = 0; j < 75; j++) if (j < i || j > i + 9) mask.set(i, j, -Infinity)
    const f = on((q, k, v, bias) => attend(q!, k!, v!, { bias }))
    const run = await gpu(
      f,
      [q, k, v, mask].map(({ shape }) => shape),
      { device },
    )
    expectClose(await run.run(q, k, v, mask), rowMajor(f(q, k, v, mask)))
  })

  test('large numbers overflow nowhere: softmax of scores by the thousand', async () => {
    const x = inputOf([5, 40])
    for (let i = 0; i < 200; i++) x.data[i]! *= 30000
    const run = await gpu((y) => softmax(y, { axis: 1 }), [[5, 40]], { device })
    expectClose(await run.run(x), softmax(x, { axis: 1 }), 1e-3)
  })

  test('empty arrays have empty results, and a sum of nothing is 0', async () => {
    const none = ndarray(new Float32Array(0), [0, 3])
    const run = await gpu((x) => rearrange(x, 'a b -> b a', {}, { dtype: 'float32' }), [[0, 3]], { device })
    expect((await run.run(none)).shape).toEqual([3, 0])
    const sum = await gpu((x) => reduce(x, 'a b -> b', 'sum'), [[0, 3]], { device })
    expect(Array.from((await sum.run(none)).data)).toEqual([0, 0, 0])
  })

  test('a value that the function hands on, whole or as a view, comes back in order', async () => {
    const x = inputOf([3, 4])
    const same = await gpu((y) => y, [[3, 4]], { device })
    expect(Array.from((await same.run(x)).data)).toEqual(Array.from(x.data))
    const turned = await gpu((y) => y.transpose(1, 0), [[3, 4]], { device })
    expectClose(await turned.run(x), rowMajor(x.transpose(1, 0) as NdArray<Float32Array>), 0)
  })

  test('results that stay on the card are inputs there, for programs and for the caller', async () => {
    const f: F = (x) => multiply([x, x], 'a b, a b -> a b')
    const first = await gpu(f, [[3, 4]], { device })
    const x = inputOf([3, 4])
    const square: GpuArray = await first.runToGpu(x)
    expectClose((await square.read()) as NdArray<Float32Array>, f(x))
    expectClose(await first.run(square), f(f(x)))
    square.dispose()
  })

  test.each([
    [
      'a reduction by a function',
      (x: NdArray) => reduce(x, 'a b -> a', (view: NdArray) => view.pick(null, 0)),
      /reduction by a function.*JavaScript/,
    ],
    [
      'sums of whole numbers, which are float64',
      (x: NdArray) => reduce(rearrange(x, 'a b -> a b', {}, { dtype: 'int32' }), 'a b -> a', 'sum'),
      /computes in float32 — got float64/,
    ],
    [
      'the least of large whole numbers',
      (x: NdArray) => reduce(rearrange(x, 'a b -> a b', {}, { dtype: 'int32' }), 'a b -> a', 'min'),
      /single precision, which has not every int32/,
    ],
  ] as const)('%s: refused by name', async (_, f, message) => {
    const asked = gpu(f as F, [[3, 4]], { device })
    await expect(asked).rejects.toThrow(EinopsError)
    await expect(asked).rejects.toThrow(message)
  })
})

/** A copy in row-major order. */
function rowMajor(x: NdArray<Float32Array>): NdArray<Float32Array> {
  const y = ndarray(new Float32Array(x.size), x.shape)
  let at = 0
  const walk = (index: number[]): void => {
    if (index.length === x.shape.length) y.data[at++] = x.get(...index)
    else for (let i = 0; i < x.shape[index.length]!; i++) walk([...index, i])
  }
  walk([])
  return x.dtype === 'float32' ? y : x
}
