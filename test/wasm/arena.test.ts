/** Tensors of running models: what a scope keeps, and that nothing public is ever memory that will be used again. */
import { expect, test } from 'vitest'
import { contiguous } from '../../src/layout/layout.ts'
import type { FloatTensor } from '../../src/layout/tensor.ts'
import { scope } from '../../src/wasm/arena.ts'
import { current, getHeap, isResident } from '../../src/wasm/heap.ts'
import { resultTensor } from '../../src/wasm/result.ts'

const heap = getHeap()!

function filled(value: number, shape: readonly number[]): FloatTensor {
  const tensor = resultTensor(shape)
  const size = shape.reduce((n, length) => n * length, 1)
  current(tensor.data).fill(value, tensor.offset, tensor.offset + size)
  return tensor
}

function values({ data, shape, stride, offset }: FloatTensor): number[] {
  expect(shape.length).toBe(1)
  const now = current(data)
  return Array.from({ length: shape[0]! }, (_, i) => now[offset + i * stride[0]!]!)
}

test('outside of any scope a tensor lives in memory of its own', () => {
  expect(isResident(resultTensor([3]).data)).toBe(false)
})

test('inside a scope a tensor lives in linear memory, and the outermost scope hands it out in a buffer of its own', () => {
  const out = scope(() => {
    const tensor = filled(5, [4])
    expect(isResident(tensor.data)).toBe(true)
    return tensor
  })
  expect(isResident(out.data)).toBe(false)
  scope(() => filled(9, [1000]))
  expect(values(out)).toEqual([5, 5, 5, 5])
})

test('a scope keeps its result and uses the rest again', () => {
  scope(() => {
    const first = scope(() => {
      filled(1, [100_000])
      return filled(2, [3])
    })
    const second = scope(() => {
      filled(3, [100_000])
      return filled(4, [3])
    })
    expect([values(first), values(second)]).toEqual([
      [2, 2, 2],
      [4, 4, 4],
    ])
    expect(second.offset - first.offset).toBeLessThan(100)
    return second
  })
})

test('a result that is a view keeps its strides, also backwards and with gaps', () => {
  const out = scope(() =>
    scope(() => {
      filled(7, [50])
      const tensor = filled(0, [10])
      const now = current(tensor.data)
      for (let i = 0; i < 10; i++) now[tensor.offset + i] = i
      return { data: tensor.data, shape: [4], stride: [-2], offset: tensor.offset + 8 }
    }),
  )
  expect(values(out)).toEqual([8, 6, 4, 2])
})

test('what was made before a scope is not moved by it', () => {
  scope(() => {
    const before = filled(1, [3])
    const same = scope(() => {
      filled(2, [30])
      return before
    })
    expect(same.offset).toBe(before.offset)
    expect(values(before)).toEqual([1, 1, 1])
    return before
  })
})

test('a tensor survives that linear memory grows, which detaches every array on it', () => {
  scope(() => {
    const before = filled(6, [5])
    const array = before.data
    filled(0, [heap.memory.size / 4])
    expect(array.length).toBe(0)
    expect(isResident(array)).toBe(true)
    expect(values(before)).toEqual([6, 6, 6, 6, 6])
    return before
  })
})

test('an exception leaves the arena as it was', () => {
  const place = () =>
    scope(() => {
      const { offset } = filled(1, [8])
      return { ...contiguous([1]), data: Float32Array.of(offset) }
    }).data[0]
  const before = place()
  expect(() =>
    scope(() => {
      filled(1, [1000])
      throw new Error('in mid-forward')
    }),
  ).toThrow('in mid-forward')
  expect(place()).toBe(before)
  expect(isResident(resultTensor([1]).data)).toBe(false)
})

test('an empty result has no elements anywhere', () => {
  const out = scope(() => scope(() => resultTensor([0, 3])))
  expect(out.shape).toEqual([0, 3])
})

test('the second run of a model takes no more memory than the first', () => {
  const layer = (x: FloatTensor) => {
    filled(1, [2e6])
    return filled(x.offset, [1e6])
  }
  const run = () => scope(() => [1, 2, 3].reduce((x) => scope(() => layer(x)), filled(0, [1])))
  run()
  const size = heap.memory.size
  for (let i = 0; i < 5; i++) run()
  expect(heap.memory.size).toBe(size)
})
