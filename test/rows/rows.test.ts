import { describe, expect, test } from 'vitest'
import { broadcastShape } from '../../src/layout/layout.ts'
import { exactErf } from '../gemm/exact.ts'
import { activate, add, layerNorm, logSoftmax, multiply, rmsNorm, softmax } from '../steps/on-host.ts'
import { layoutsOf, tensor, values, waves } from './tensors.ts'

const INF = Number.POSITIVE_INFINITY

function expectClose(got: readonly number[], expected: readonly number[], tolerance = 1e-7): void {
  expect(got.length).toBe(expected.length)
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(got[i]! - value), `element ${i}: ${got[i]} against ${value}`).toBeLessThanOrEqual(
      tolerance,
    )
  }
}

describe('every function of rows', () => {
  const weight = tensor([4], [1, -2, 0.5, 3])
  const bias = tensor([4], [0.1, 0.2, -0.3, 0])
  const functions = {
    softmax: (x) => softmax(x),
    'softmax along axis 1': (x) => softmax(x, { axis: 1 }),
    logSoftmax: (x) => logSoftmax(x, { axis: 0 }),
    layerNorm: (x) => layerNorm(x, { weight, bias, eps: 1e-5 }),
    'layerNorm over two axes': (x) => layerNorm(x, { eps: 1e-5, axes: [1, 2] }),
    rmsNorm: (x) => rmsNorm(x, { weight, eps: 1e-6 }),
    gelu: (x) => activate(x, 'gelu'),
    silu: (x) => activate(x, 'silu'),
    'add to itself': (x) => add(x, x),
  } satisfies Record<string, (x: ReturnType<typeof tensor>) => ReturnType<typeof tensor>>

  for (const [name, compute] of Object.entries(functions)) {
    test(`${name} gives the same for every layout and leaves its input alone`, () => {
      const x = tensor([2, 3, 4], waves(24))
      const expected = values(compute(x))
      for (const [layout, view] of Object.entries(layoutsOf(x))) {
        const before = view.data.slice()
        const result = compute(view)
        expect(result.shape, layout).toEqual([2, 3, 4])
        expect(values(result), layout).toEqual(expected)
        expect(view.data, layout).toEqual(before)
      }
    })
  }

  test('an empty tensor stays empty', () => {
    expect(softmax(tensor([2, 0, 3], [])).shape).toEqual([2, 0, 3])
    expect(layerNorm(tensor([0, 4], []), { eps: 1e-5 }).data.length).toBe(0)
    expect(activate(tensor([3, 0], []), 'gelu').shape).toEqual([3, 0])
    expect(add(tensor([3, 0], []), tensor([1], [2])).shape).toEqual([3, 0])
  })

  test('a tensor without axes is one row of one element', () => {
    expect(values(softmax(tensor([], [3])))).toEqual([1])
    expect(values(activate(tensor([], [-3]), 'relu'))).toEqual([0])
    expect(values(add(tensor([], [1]), tensor([], [2])))).toEqual([3])
  })
})

describe('softmax', () => {
  test('of 0, ln 2, ln 3 is 1/6, 2/6, 3/6', () => {
    expectClose(values(softmax(tensor([3], [0, Math.log(2), Math.log(3)]))), [1 / 6, 2 / 6, 3 / 6])
  })

  test('does not overflow for values of 1e38', () => {
    expect(values(softmax(tensor([3], [1e38, 1e38, -1e38])))).toEqual([0.5, 0.5, 0])
  })

  test('gives a masked position the probability 0 exactly', () => {
    expect(values(softmax(tensor([3], [1, -INF, 1])))).toEqual([0.5, 0, 0.5])
  })

  test('of a row that is masked everywhere is NaN, as in PyTorch', () => {
    expect(values(softmax(tensor([2], [-INF, -INF])))).toEqual([Number.NaN, Number.NaN])
  })

  test('lets a NaN spoil its own row only', () => {
    expect(values(softmax(tensor([2, 2], [Number.NaN, 1, 1, 1])))).toEqual([Number.NaN, Number.NaN, 0.5, 0.5])
  })

  test('along axis 0 sums to one down the columns', () => {
    const [a, b, c, d] = values(softmax(tensor([2, 2], [1, 2, 3, 5]), { axis: 0 }))
    expectClose([a! + c!, b! + d!], [1, 1])
    expectClose([c!, d!], [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(-3))])
  })
})

describe('logSoftmax', () => {
  test('stays finite where softmax rounds to 0', () => {
    expectClose(values(logSoftmax(tensor([2], [0, 1000]))), [-1000, 0])
  })

  test('is −Infinity at a masked position', () => {
    expectClose(values(logSoftmax(tensor([3], [0, 0, -INF]))).slice(0, 2), [-Math.LN2, -Math.LN2])
    expect(values(logSoftmax(tensor([3], [0, 0, -INF])))[2]).toBe(-INF)
  })
})

describe('layerNorm', () => {
  test('of 1, 2, 3, 4 is (x − 2.5) / sqrt(1.25)', () => {
    const expected = [-1.5, -0.5, 0.5, 1.5].map((d) => d / Math.sqrt(1.25))
    expectClose(values(layerNorm(tensor([4], [1, 2, 3, 4]), { eps: 0 })), expected)
  })

  test('keeps its digits where the mean is 2²⁰ times the spread', () => {
    const x = [0, 1, 2, 3].map((i) => 2 ** 20 + i)
    const expected = [-1.5, -0.5, 0.5, 1.5].map((d) => d / Math.sqrt(1.25))
    expectClose(values(layerNorm(tensor([4], x), { eps: 0 })), expected)
  })

  test('adds eps to the variance, not to the deviation', () => {
    expectClose(values(layerNorm(tensor([2], [-1, 1]), { eps: 3 })), [-0.5, 0.5])
  })

  test('of a constant row is the bias', () => {
    const bias = tensor([3], [7, 8, 9])
    expect(values(layerNorm(tensor([3], [5, 5, 5]), { bias, eps: 1e-5 }))).toEqual([7, 8, 9])
  })

  test('over two axes uses one mean for both and weights of both', () => {
    const weight = tensor([2, 2], [1, 2, 3, 4])
    const got = values(layerNorm(tensor([1, 2, 2], [1, 2, 3, 4]), { weight, eps: 0, axes: [1, 2] }))
    expectClose(
      got,
      [-1.5, -1, 1.5, 6].map((d) => d / Math.sqrt(1.25)),
      1e-6,
    )
  })
})

describe('rmsNorm', () => {
  test('of 3, 4 divides by the root of 12.5', () => {
    expectClose(values(rmsNorm(tensor([2], [3, 4]), { eps: 0 })), [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)])
  })

  test('does not move the mean', () => {
    expectClose(values(rmsNorm(tensor([2], [5, 5]), { eps: 0 })), [1, 1])
  })
})

describe('activations', () => {
  test('gelu is x Φ(x), to the last float32 digit', () => {
    for (const x of waves(200, 3).map((v) => v * 2)) {
      const phi = x >= 0 ? (1 + exactErf(x * Math.SQRT1_2)) / 2 : (1 - exactErf(-x * Math.SQRT1_2)) / 2
      const [got] = values(activate(tensor([1], [x]), 'gelu'))
      expect(Math.abs(got! - x * phi)).toBeLessThanOrEqual(Math.abs(x * phi) * 6e-8 + 1e-15)
    }
  })

  test('gelu keeps its digits at −6, where 1 + erf cancels', () => {
    expect(values(activate(tensor([1], [-6]), 'gelu'))[0]! / -5.919526e-9).toBeCloseTo(1, 5)
  })

  test('gelu with tanh is 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))', () => {
    const x = waves(50)
    const expected = Array.from(
      x,
      (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
    )
    expectClose(values(activate(tensor([50], x), 'gelu-tanh')), expected, 2e-7)
  })

  test('the limits are 0 and the identity', () => {
    for (const activation of ['gelu', 'gelu-tanh', 'relu', 'silu', 'quick-gelu'] as const) {
      const got = values(activate(tensor([5], [-INF, -1000, 0, 1000, INF]), activation))
      expectClose(got.slice(0, 4), [0, 0, 0, 1000])
      expect(got[4]).toBe(INF)
      expect(values(activate(tensor([1], [Number.NaN]), activation))).toEqual([Number.NaN])
    }
  })

  test('quick GELU is x / (1 + exp(−1.702 x))', () => {
    expectClose(values(activate(tensor([2], [1, -1]), 'quick-gelu')), [
      1 / (1 + Math.exp(-1.702)),
      -1 / (1 + Math.exp(1.702)),
    ])
  })

  test('log-softmax of numbers that swallow its logarithm', () => {
    expectClose(values(logSoftmax(tensor([2], [1e30, 1e30]))), [-Math.LN2, -Math.LN2])
  })

  test('silu is x / (1 + exp(−x))', () => {
    expectClose(values(activate(tensor([2], [1, -1]), 'silu')), [1 / (1 + Math.exp(-1)), -1 / (1 + Math.E)])
  })
})

describe('arithmetic', () => {
  test('broadcasts missing axes and axes of length 1', () => {
    expect(broadcastShape([2, 3, 4], [4])).toEqual([2, 3, 4])
    expect(broadcastShape([3, 1], [1, 5])).toEqual([3, 5])
    expect(broadcastShape([3], [4])).toBeNull()
    expect(broadcastShape([0], [1])).toEqual([0])
  })

  test('adds a row to every row and a column to every column', () => {
    const x = tensor([2, 3], [1, 2, 3, 4, 5, 6])
    expect(values(add(x, tensor([3], [10, 20, 30])))).toEqual([11, 22, 33, 14, 25, 36])
    expect(values(add(tensor([2, 1], [10, 20]), x))).toEqual([11, 12, 13, 24, 25, 26])
  })

  test('multiplies element by element', () => {
    expect(values(multiply(tensor([2, 2], [1, 2, 3, 4]), tensor([1, 2], [10, 100])))).toEqual([
      10, 200, 30, 400,
    ])
  })
})
