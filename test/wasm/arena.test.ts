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

test('from its second run on, a model takes no more memory', () => {
  const layer = (x: FloatTensor) => {
    filled(1, [2e6])
    return filled(x.offset, [1e6])
  }
  const run = () => scope(() => [1, 2, 3].reduce((x) => scope(() => layer(x)), filled(0, [1])))
  // after the first run its chunks become one, which may find no room where they were
  run()
  run()
  const size = heap.memory.size
  for (let i = 0; i < 5; i++) run()
  expect(heap.memory.size).toBe(size)
})

test('forwards of growing size take a few times what the largest needs, not the sum of all', () => {
  const largest = 24
  const forward = (megabytes: number) =>
    scope(() => {
      const x = filled(1, [(megabytes * 2 ** 20) / 4])
      scope(() => filled(2, x.shape))
      return filled(3, [1])
    })
  const before = heap.memory.size
  for (let megabytes = 9; megabytes <= largest; megabytes++) {
    forward(megabytes)
    heap.memory.allocate(64) // as a weight that stays
  }
  expect(heap.memory.size - before).toBeLessThan(5 * largest * 2 ** 20)
})

test('between forwards one chunk is kept that holds the largest of them whole', () => {
  const forward = () => scope(() => [1, 2, 3, 4].map((value) => filled(value, [3e6])).at(-1)!)
  forward()
  forward()
  const { used } = heap.memory
  forward()
  expect(heap.memory.used).toBe(used)
  let inside = 0
  scope(() => {
    for (let i = 0; i < 4; i++) filled(i, [3e6])
    inside = heap.memory.used
    return filled(0, [0])
  })
  expect(inside).toBe(used)
})

test('what waits for the next forward is given back where memory is short, and what a running one made is not', () => {
  scope(() => filled(1, [3e6]))
  const idle = heap.memory.used
  expect(heap.memory.reclaim()).toBe(true)
  expect(heap.memory.used).toBeLessThanOrEqual(idle - 4 * 3e6)
  expect(heap.memory.reclaim()).toBe(false)
  scope(() => {
    const live = filled(5, [3])
    scope(() => {
      filled(7, [30e6])
      return filled(8, [1])
    })
    const before = heap.memory.used
    expect(heap.memory.reclaim()).toBe(true)
    expect(heap.memory.used).toBeLessThan(before)
    filled(9, [1e6])
    expect(values(live)).toEqual([5, 5, 5])
    return live
  })
})

test('within a forward a chunk that became too small is given back before a larger one is taken', () => {
  scope(() => {
    filled(1, [4e6])
    scope(() => filled(2, [1]))
    const before = heap.memory.used
    for (const size of [10e6, 11e6, 12e6, 13e6]) {
      scope(() => {
        filled(3, [size])
        return filled(4, [1])
      })
    }
    expect(heap.memory.used - before).toBeLessThan(4 * 13e6 + 2 ** 23 + 64 * 10)
    return filled(5, [1])
  })
})

test('a stack that moves to another chunk keeps what stands in the ones before', () => {
  const out = scope(() => {
    const parts = [1, 2, 3, 4, 5].map((value) => {
      const tensor = scope(() => {
        filled(9, [value * 1e6])
        return filled(value, [5e5 * value])
      })
      return { ...tensor, shape: [2] }
    })
    expect(parts.map(values)).toEqual([1, 2, 3, 4, 5].map((value) => [value, value]))
    return parts[2]!
  })
  expect(values(out)).toEqual([3, 3])
})
