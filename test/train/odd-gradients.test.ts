/** Gradients that stand in memory in another order than their parameters, or nowhere by themselves. */
import ndarray, { type NdArray } from 'ndarray'
import { einsum, reduce } from 'tesserae'
import { Linear } from 'tesserae/nn'
import { clipNorm, ema, gradients, sgd, valueAndGradients } from 'tesserae/train'
import { expect, test } from 'vitest'
import { sizeOf } from '../../src/layout/layout.ts'
import { differential, mixedRotary } from '../program/models.ts'

const step = (gradient: (weight: Float32Array) => NdArray<Float32Array>) => {
  const layer = new Linear(3, 2, { bias: false, seed: 1 })
  const before = layer.weight.copy()
  sgd(layer, { lr: 0.5 }).step(new Map([[layer.weight, gradient(before)]]))
  return [...layer.weight.copy()].map((value, i) => before[i]! - value)
}

test('the gradient of a sum of a weight itself is as much of each element, and has elements of its own', () => {
  const layer = new Linear(3, 2, { bias: false, seed: 1 })
  const { gradients } = valueAndGradients(
    layer,
    () => reduce(layer.weight as never, 'o i -> ', 'sum') as never,
  )
  const gradient = gradients.get(layer.weight)!
  expect([...gradient.data]).toEqual([1, 1, 1, 1, 1, 1])
  expect(clipNorm(gradients, 1)).toBeCloseTo(Math.sqrt(6), 6)
  expect(gradient.get(1, 2)).toBeCloseTo(1 / Math.sqrt(6), 5)
})

test('a transposed gradient counts by its indices', () => {
  const transposed = ndarray(Float32Array.of(1, 4, 2, 5, 3, 6), [3, 2]).transpose(
    1,
    0,
  ) as NdArray<Float32Array>
  for (const [i, value] of step(() => transposed).entries()) expect(value).toBeCloseTo((i + 1) / 2, 5)
  clipNorm(new Map([[new Linear(3, 2).weight, transposed]]), 1)
  expect(transposed.get(1, 0) / transposed.get(0, 0)).toBeCloseTo(4, 5)
})

test('a transposed state of averages is read by its indices', () => {
  const layer = new Linear(2, 2, { bias: false })
  const averages = ema(layer, { decay: 0.5 })
  averages.loadState({
    weight: ndarray(Float32Array.of(1, 3, 2, 4), [2, 2]).transpose(1, 0) as NdArray<Float32Array>,
  })
  expect([...averages.state['weight']!.data]).toEqual([1, 2, 3, 4])
})

test('a layer that computes with its parameters past the steps is refused by name while it learns', () => {
  class Scaled extends Linear {
    override forward(x: NdArray<Float32Array>): NdArray<Float32Array> {
      const [first] = this.weight.copy()
      return einsum([super.forward(x), ndarray(Float32Array.of(first!), [])], 'b c, -> b c') as never
    }
  }
  const layer = new Scaled(3, 2)
  const x = ndarray(new Float32Array(12).fill(0.5), [4, 3])
  const loss = () => reduce(layer.forward(x), 'b c -> ', 'sum') as never
  expect(() => valueAndGradients(layer, loss)).toThrow(/no gradient/)
  layer.weight.requiresGrad = false
  expect(valueAndGradients(layer, loss).gradients.size).toBe(1)
})

test.each([
  ['λ of differential attention', differential, 'lambda_q1'],
  ['rotary frequencies', mixedRotary, 'freqs'],
])('%s learn, by gradients that agree with differences', (_, [make, shape], suffix) => {
  const model = make()
  const x = ndarray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7)),
    [...shape],
  )
  const loss = () => {
    const y = model.forward(x)
    return einsum([y, y], 'b c, b c -> ') as never
  }
  const [, parameter] = [...model.namedParameters()].find(([name]) => name.endsWith(suffix))!
  parameter.update((values) => {
    for (let i = 0; i < values.length; i++) values[i]! += 0.3 * Math.cos(i)
  })
  const gradient = valueAndGradients(model, loss).gradients.get(parameter)!
  const slope = gradient.data.reduce((sum, g) => sum + g * g, 0) ** 0.5
  expect(slope).toBeGreaterThan(1e-4)
  // along the gradient itself, where single precision sees most
  const direction = gradient.data.map((g) => g / slope)
  const at = (step: number) => {
    const before = parameter.copy()
    parameter.update((values) => values.set(before.map((value, i) => value + step * direction[i]!)))
    const { value } = valueAndGradients([], loss)
    parameter.update((values) => values.set(before))
    return value
  }
  const h = 0.05
  expect((at(h) - at(-h)) / (2 * h) / slope).toBeCloseTo(1, 1)
})

test('gradients are arrays of their own, also where a function gives its input back, and elements may be read on the way', () => {
  const x = ndarray(Float32Array.of(1, 2, 3), [3])
  const g = ndarray(Float32Array.of(4, 5, 6), [3])
  let seen = 0
  const back = (a: NdArray<Float32Array>) => {
    seen = a.get(1)
    return a
  }
  const [dx] = gradients(back, [x], g)
  expect([seen, [...dx.data], dx.data === g.data]).toEqual([2, [4, 5, 6], false])
  const [da, db] = gradients((a, b) => reduce([a, b], 'two i -> ', 'sum'), [x, g])
  expect([da.stride, db.stride, da.data === db.data]).toEqual([[1], [1], false])
})

test('a learning rate or a norm that is none is refused before anything changes', () => {
  const layer = new Linear(2, 1)
  const before = layer.weight.copy()
  const grads = new Map([[layer.weight, ndarray(new Float32Array(2).fill(1), [1, 2])]])
  for (const lr of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    expect(() => sgd(layer, { lr: 0.1 }).step(grads, { lr })).toThrow(/option 'lr'/)
  }
  for (const max of [Number.NaN, -1, 0]) expect(() => clipNorm(grads, max)).toThrow(/max is no norm/)
  expect(layer.weight.copy()).toEqual(before)
})
