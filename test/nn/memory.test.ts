/** Who owns which memory: what a model hands out is the user's for ever, what it takes it gives back. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import ndarray, { type NdArray } from 'ndarray'
import { expect, test } from 'vitest'
import { Encoder } from '../../src/nn/encoder.ts'
import { Linear } from '../../src/nn/linear.ts'
import { Module } from '../../src/nn/module.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { isResident } from '../../src/wasm/resident.ts'

const { memory } = getHeap()!
const [dim, n] = [32, 9]
const input = (seed: number) =>
  ndarray(
    Float32Array.from({ length: n * dim }, (_, i) => Math.sin(seed + i)),
    [1, n, dim],
  )
const encoder = () => new Encoder(dim, { depth: 2, numHeads: 4 })

test('a result stays as it is whatever is computed later, also when linear memory grows in between', () => {
  const model = encoder()
  const first = model.forward(input(1))
  const values = first.data.slice()
  expect(isResident(first.data)).toBe(false)
  model.forward(input(2))
  const wide = new Linear(dim, memory.size / 4 / dim)
  wide.forward(input(3))
  expect(first.data).toEqual(values)
  expect(model.forward(input(1)).data).toEqual(values)
})

test('models that take turns do not disturb each other', () => {
  const [a, b] = [encoder(), encoder()]
  const alone = [a.forward(input(1)).data, b.forward(input(1)).data]
  const results = [1, 2, 3].map(() => [a.forward(input(1)).data, b.forward(input(1)).data])
  expect(results).toEqual([alone, alone, alone])
  expect(alone[0]).not.toEqual(alone[1])
})

test('an exception in the middle of a forward leaves every model as good as before', () => {
  class Failing extends Module {
    readonly inside = encoder()
    override compute(x: Parameters<Module['compute']>[0]): ReturnType<Module['compute']> {
      this.inside.compute(x)
      throw new Error('in the middle')
    }
  }
  const model = encoder()
  const before = model.forward(input(1)).data
  expect(() => new Failing().forward(input(1))).toThrow('in the middle')
  expect(model.forward(input(1)).data).toEqual(before)
})

test("a user's layer inside a model gets an array of its own, which it may keep", () => {
  const seen: NdArray<Float32Array>[] = []
  class Watching extends Module {
    readonly inner = new Linear(dim, dim, { seed: 1 })
    override forward(x: NdArray<Float32Array>): NdArray<Float32Array> {
      seen.push(x)
      return this.inner.forward(x)
    }
  }
  class Outer extends Module {
    readonly before = new Linear(dim, dim, { seed: 2 })
    readonly watching = new Watching()
    override compute(x: Parameters<Module['compute']>[0]): ReturnType<Module['compute']> {
      return this.watching.compute(this.before.compute(x))
    }
  }
  const model = new Outer()
  const result = model.forward(input(1))
  const kept = seen[0]!.data.slice()
  model.forward(input(2))
  expect(isResident(seen[0]!.data)).toBe(false)
  expect(seen[0]!.data).toEqual(kept)
  expect(model.watching.inner.forward(seen[0]!).data).toEqual(result.data)
})

test('twenty models loaded, run and disposed leave memory flat', () => {
  const state = encoder().stateDict()
  const turn = () => {
    const model = encoder()
    model.loadStateDict(state)
    const result = model.forward(input(1)).data
    model.dispose()
    return result
  }
  const first = turn()
  const { used, size } = memory
  for (let i = 0; i < 20; i++) expect(turn()).toEqual(first)
  expect([memory.used, memory.size]).toEqual([used, size])
})

test('what a dropped model had is given back once it is collected', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const settle = async () => {
    for (let i = 0; i < 5; i++) {
      collect()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const run = () => encoder().forward(input(1))
  run()
  await settle()
  const before = memory.used
  for (let i = 0; i < 5; i++) run()
  expect(memory.used).toBeGreaterThan(before)
  await settle()
  expect(memory.used).toBeLessThanOrEqual(before)
})
