/** New parameters are drawn from the distributions that PyTorch's layers and `torch.nn.init` draw from. */
import {
  Attention,
  Conv2d,
  constant,
  type Initializer,
  kaimingUniform,
  LayerNorm,
  Linear,
  lecunNormal,
  manualSeed,
  normal,
  Parameter,
  truncNormal,
  uniform,
  xavierNormal,
  xavierUniform,
} from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { newParameter } from '../../src/nn/init.ts'

const [rows, columns] = [200, 150]
const fans = { fanIn: columns, fanOut: rows }

function sample(init: Initializer): Float64Array {
  return Float64Array.from(newParameter([rows, columns], init, { seed: 5 }).data)
}

const mean = (x: Float64Array): number => x.reduce((sum, value) => sum + value, 0) / x.length
function variance(x: Float64Array): number {
  const center = mean(x)
  return x.reduce((sum, value) => sum + (value - center) ** 2, 0) / x.length
}

/** The largest distance between the sample's distribution function and the given one (Kolmogorov and Smirnov). */
function distanceTo(x: Float64Array, distribution: (value: number) => number): number {
  const sorted = x.toSorted()
  let largest = 0
  for (const [i, value] of sorted.entries()) {
    const p = distribution(value)
    largest = Math.max(largest, Math.abs(p - i / x.length), Math.abs(p - (i + 1) / x.length))
  }
  return largest
}

/** Below this 999 of 1000 samples of the right distribution lie. */
const critical = 1.95 / Math.sqrt(rows * columns)

const isUniform = (bound: number) => (value: number) =>
  Math.min(1, Math.max(0, (value + bound) / (2 * bound)))

/** The normal distribution function, by Simpson's rule on its density. */
function phi(z: number): number {
  const steps = 400
  const h = z / steps
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
    sum += weight * Math.exp(-((i * h) ** 2) / 2)
  }
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI)
}

describe('initialisers', () => {
  test("PyTorch's default, kaiming uniform with a = √5, is uniform within 1/√(fan in)", () => {
    expect(distanceTo(sample(kaimingUniform()), isUniform(1 / Math.sqrt(fans.fanIn)))).toBeLessThan(critical)
  })

  test('kaiming uniform with a = 0 is uniform within √(6 / fan in)', () => {
    expect(distanceTo(sample(kaimingUniform({ a: 0 })), isUniform(Math.sqrt(6 / fans.fanIn)))).toBeLessThan(
      critical,
    )
  })

  test('Xavier uniform is uniform within gain · √(6 / (fan in + fan out))', () => {
    const bound = 2 * Math.sqrt(6 / (fans.fanIn + fans.fanOut))
    expect(distanceTo(sample(xavierUniform({ gain: 2 })), isUniform(bound))).toBeLessThan(critical)
  })

  test('Xavier normal is normal with variance 2 / (fan in + fan out)', () => {
    const std = Math.sqrt(2 / (fans.fanIn + fans.fanOut))
    expect(distanceTo(sample(xavierNormal()), (value) => phi(value / std))).toBeLessThan(critical)
  })

  test('normal and uniform have the moments they are given', () => {
    expect(distanceTo(sample(normal({ mean: 3, std: 0.5 })), (value) => phi((value - 3) / 0.5))).toBeLessThan(
      critical,
    )
    expect(distanceTo(sample(uniform({ low: 2, high: 5 })), (value) => (value - 2) / 3)).toBeLessThan(
      critical,
    )
  })

  test('truncated normal is normal under the condition of lying between its bounds', () => {
    const x = sample(truncNormal({ mean: 1, std: 2, low: -1, high: 2 }))
    const [from, to] = [phi((-1 - 1) / 2), phi((2 - 1) / 2)]
    expect(Math.min(...x)).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...x)).toBeLessThanOrEqual(2)
    expect(distanceTo(x, (value) => (phi((value - 1) / 2) - from) / (to - from))).toBeLessThan(critical)
  })

  test('a normal far from its bounds is drawn from the tail', () => {
    const x = sample(truncNormal({ mean: 0, std: 1, low: 3, high: 4 }))
    const [from, to] = [phi(3), phi(4)]
    expect(distanceTo(x, (value) => (phi(value) - from) / (to - from))).toBeLessThan(critical)
  })

  test('LeCun normal has variance 1 / fan in after truncation', () => {
    expect(variance(sample(lecunNormal())) * fans.fanIn).toBeCloseTo(1, 1)
  })

  test('an empty range of a truncated normal is refused', () => {
    expect(() => truncNormal({ low: 1, high: 1 })).toThrow(/nothing to draw — got std 1 and \[1, 1\]/)
  })
})

describe('new layers', () => {
  test('a Linear draws weight and bias within 1/√inFeatures', () => {
    const layer = new Linear(400, 300, { seed: 1 })
    const bound = 1 / Math.sqrt(400)
    expect(distanceTo(Float64Array.from(layer.weight.data), isUniform(bound))).toBeLessThan(
      1.95 / Math.sqrt(400 * 300),
    )
    expect(distanceTo(Float64Array.from(layer.bias!.data), isUniform(bound))).toBeLessThan(
      1.95 / Math.sqrt(300),
    )
  })

  test('a Conv2d counts channels of its group and pixels of its kernel as inputs', () => {
    const layer = new Conv2d(8, 64, { kernelSize: [3, 5], groups: 2, seed: 2 })
    const x = Float64Array.from(layer.weight.data)
    expect(distanceTo(x, isUniform(1 / Math.sqrt(4 * 15)))).toBeLessThan(1.95 / Math.sqrt(x.length))
  })

  test('norms begin as the identity', () => {
    const norm = new LayerNorm(7)
    expect([...norm.weight!.data]).toEqual(new Array(7).fill(1))
    expect([...norm.bias!.data]).toEqual(new Array(7).fill(0))
  })

  test('weight and bias of a seed are independent of each other', () => {
    const layer = new Linear(64, 64, { seed: 3 })
    const [a, b] = [Float64Array.from(layer.weight.data.subarray(0, 64)), Float64Array.from(layer.bias!.data)]
    const covariance = a.reduce((sum, value, i) => sum + (value - mean(a)) * (b[i]! - mean(b)), 0) / 64
    expect(Math.abs(covariance) / Math.sqrt(variance(a) * variance(b))).toBeLessThan(0.4)
  })

  test('the same seed gives the same layer, another seed another one', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => [...new Linear(5, 5, { seed }).weight.data])
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })

  test('manualSeed repeats a whole model', () => {
    const make = () => {
      manualSeed(11)
      return [...new Attention(12, { numHeads: 2 }).parameters()].map(({ data }) => [...data])
    }
    expect(make()).toEqual(make())
  })

  test('init says how weight and bias are drawn', () => {
    const layer = new Linear(4, 3, { init: { weight: constant(0.5), bias: 'zeros' } })
    expect([...layer.weight.data]).toEqual(new Array(12).fill(0.5))
    expect([...layer.bias!.data]).toEqual([0, 0, 0])
  })

  test('says what it is where something else draws than so many floats', () => {
    for (const wrong of [
      constant(0.5),
      () => [1, 2, 3],
      () => new Float32Array(2),
      () => new Float64Array(3),
    ]) {
      const parameter = new Parameter([3], wrong as never)
      expect(() => parameter.data).toThrow('Parameter: the first values must be a Float32Array of 3 — got')
    }
  })

  test('values are drawn when they are first needed, and only once', () => {
    let draws = 0
    const parameter = new Parameter([3], (size) => {
      draws++
      return new Float32Array(size)
    })
    expect(draws).toBe(0)
    parameter.array.set(1, 5)
    expect(parameter.data[1]).toBe(5)
    expect(draws).toBe(1)
  })
})
