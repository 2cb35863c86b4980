import ndarray from 'ndarray'
import { Attention, Dropout, DropPath, EncoderBlock, Sequential } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, mean, valuesOf, waves } from './arrays.ts'

const ones = (shape: number[]) => ndarray(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape)

describe('Dropout', () => {
  test('lets everything through in evaluation mode, which layers start in', () => {
    const x = waves([4, 5])
    expect(valuesOf(new Dropout({ p: 0.9 }).forward(x))).toEqual(valuesOf(x))
  })

  test('drops the share p and scales the rest by 1 / (1 − p)', () => {
    const y = new Dropout({ p: 0.25, seed: 1 }).train().forward(ones([200, 100]))
    const kept = Math.fround(1 / 0.75)
    expect(new Set(y.data)).toEqual(new Set([0, kept]))
    expect(mean(y.data)).toBeCloseTo(1, 1)
    const dropped = y.data.filter((value) => value === 0).length / y.data.length
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.02)
  })

  test('with p = 1 drops everything, with p = 0 nothing', () => {
    const x = waves([3, 3])
    expect(valuesOf(new Dropout({ p: 1 }).train().forward(x)).every((value) => value === 0)).toBe(true)
    expect(valuesOf(new Dropout({ p: 0 }).train().forward(x))).toEqual(valuesOf(x))
  })

  test('follows its seed and goes on from call to call', () => {
    const run = (seed: number) => {
      const dropout = new Dropout({ seed }).train()
      return [dropout.forward(ones([50])), dropout.forward(ones([50]))].map((y) => [...y.data])
    }
    expect(run(3)).toEqual(run(3))
    expect(run(3)).not.toEqual(run(4))
    expect(run(3)[0]).not.toEqual(run(3)[1])
  })

  test('draws for neighbouring seeds, places and calls as if for no relatives', () => {
    const count = 40_000
    const kept = (seed: number) => {
      const dropout = new Dropout({ p: 0.5, seed }).train()
      return [0, 1].map(() => [...dropout.forward(ones([count])).data].map((value) => Number(value > 0)))
    }
    const [[a, later], [b]] = [kept(7), kept(8)] as [number[][], number[][]]
    const agreement = (x: number[], y: number[], shift: number) =>
      x.slice(shift).filter((value, i) => value === y[i]).length / (count - shift)
    for (const shift of [0, 1, 2, 3, 4, 8, 16, 64, 100]) {
      // six standard deviations of a fair coin
      for (const other of shift === 0 ? [b!, later!] : [a!, b!, later!])
        expect(Math.abs(agreement(a!, other, shift) - 0.5)).toBeLessThan(6 * Math.sqrt(0.25 / count))
    }
  })

  test('is turned on and off through the layers that hold it', () => {
    const dropout = new Dropout({ p: 1 })
    const model = new Sequential(new Sequential(dropout))
    model.train()
    expect(dropout.training).toBe(true)
    expect(valuesOf(model.forward(ones([2])))).toEqual([0, 0])
    expect(valuesOf(model.eval().forward(ones([2])))).toEqual([1, 1])
  })

  test('refuses a p that is no probability', () => {
    expect(() => new Dropout({ p: 1.5 })).toThrow(
      "Dropout: bad option 'p' — got 1.5, expected a number from 0 to 1",
    )
    expect(() => new Dropout({ p: Number.NaN })).toThrow('got NaN')
  })
})

describe('DropPath', () => {
  test('drops whole samples', () => {
    const y = new DropPath({ p: 0.5, seed: 2 }).train().forward(ones([40, 3, 2]))
    const samples = Array.from({ length: 40 }, (_, b) => valuesOf(y.pick(b, null, null)))
    expect(samples.every((sample) => new Set(sample).size === 1)).toBe(true)
    expect(new Set(samples.map(([value]) => value))).toEqual(new Set([0, 2]))
  })
})

describe('dropout inside layers', () => {
  test('of attention weights changes the result in training mode only', () => {
    const attention = new Attention(12, { numHeads: 3, attnDrop: 0.5 })
    const x = waves([2, 6, 12])
    const calm = valuesOf(attention.forward(x))
    expect(distance(valuesOf(attention.train().forward(x)), calm)).toBeGreaterThan(1e-3)
    expect(valuesOf(attention.eval().forward(x))).toEqual(calm)
  })

  test('of a block with dropPath 1 leaves the residual path alone', () => {
    const block = new EncoderBlock(12, { numHeads: 3, dropPath: 1 }).train()
    const x = waves([2, 4, 12])
    expect(valuesOf(block.forward(x))).toEqual(valuesOf(x))
  })
})
