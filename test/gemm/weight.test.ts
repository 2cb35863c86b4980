/** Weights: kept once, packed for the kernel, and still an array to whoever wants one. */
import { describe, expect, test, vi } from 'vitest'
import { Weight } from '../../src/gemm/weight.ts'
import type { Weighted } from '../../src/gemm/weighted.ts'
import { contiguous } from '../../src/layout/layout.ts'
import type { FloatTensor } from '../../src/layout/tensor.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { einsum } from '../steps/on-host.ts'
import { elements } from './elements.ts'

const heap = getHeap()!
const [m, k, n] = [7, 13, 19]
const x = tensor(m, k)
const values = Float32Array.from({ length: n * k }, (_, i) => (i % 23) - 11)

function tensor(rows: number, columns: number): FloatTensor {
  return {
    ...contiguous([rows, columns]),
    data: Float32Array.from({ length: rows * columns }, (_, i) => (i % 17) - 8),
  }
}

function weighted(weight: Weight): Weighted {
  return { ...contiguous([n, k]), weight }
}

const product = (w: FloatTensor | Weighted) => elements(einsum([x, w], 'm k, n k -> m n'))
const expected = () => product({ ...contiguous([n, k]), data: values })

test('a packed weight gives the product of its values, whichever operand it is', () => {
  const w = weighted(new Weight(values.slice()))
  expect(product(w)).toEqual(expected())
  expect(product(w)).toEqual(expected())
  const swapped = elements(einsum([w, x], 'n k, m k -> m n'))
  expect(swapped).toEqual(expected())
})

test('one row is multiplied from the panels as well', () => {
  const w = weighted(new Weight(values.slice()))
  const row = { ...contiguous([1, k]), data: x.data.slice(0, k) }
  expect(elements(einsum([row, w], 'm k, n k -> m n'))).toEqual(expected().slice(0, n))
})

test('a weight is packed once and kept only there, and disposing it gives the memory back', () => {
  const w = weighted(new Weight(values.slice()))
  product({ ...contiguous([n, k]), data: values }) // whatever the kernel keeps for itself
  const before = heap.memory.used
  product(w)
  const panels = heap.memory.used - before
  expect(panels).toBeGreaterThanOrEqual(4 * n * k)
  expect(panels).toBeLessThan(4 * (n + 8) * k + 64)
  product(w)
  expect(heap.memory.used - before).toBe(panels)
  w.weight.dispose()
  expect(heap.memory.used).toBe(before)
})

test('packed values are read back bit for bit', () => {
  const special = values.slice()
  special.set([Number.NaN, Infinity, -0, 1e-42])
  const weight = new Weight(special.slice())
  product(weighted(weight))
  expect(weight.read()).toEqual(special)
})

test('what is written into the array of a weight counts in the next product, also after it was packed', () => {
  const weight = new Weight(values.slice())
  const w = weighted(weight)
  product(w)
  const array = weight.share()
  array.fill(0)
  expect(product(w)).toEqual(new Array(m * n).fill(0))
  array.set(values)
  expect(product(w)).toEqual(expected())
})

test('a copy of a matrix is packed at once and shares nothing with its source', () => {
  const source = values.slice()
  const before = heap.memory.used
  const weight = Weight.copyOf(source, n)
  expect(heap.memory.used - before).toBeGreaterThanOrEqual(4 * n * k)
  source.fill(0)
  expect(product(weighted(weight))).toEqual(expected())
  const used = heap.memory.used
  expect(product(weighted(weight))).toEqual(expected())
  expect(heap.memory.used).toBe(used)
  const plain = Weight.copyOf(values, null)
  expect(plain.read()).not.toBe(values)
  expect(plain.read()).toEqual(values)
})

test('an update of a packed weight counts, and leaves it packed again by the next product', () => {
  const weight = Weight.copyOf(new Float32Array(n * k), n)
  weight.update((array) => array.set(values))
  expect(product(weighted(weight))).toEqual(expected())
  const used = heap.memory.used
  expect(product(weighted(weight))).toEqual(expected())
  expect([heap.memory.used, weight.isShared]).toEqual([used, false])
})

test('the same weight serves patterns that walk it differently', () => {
  const w = weighted(new Weight(values.slice()))
  const y = tensor(m, n)
  const transposed = elements(einsum([y, { ...contiguous([n, k]), data: values }], 'm n, n k -> m k'))
  for (let i = 0; i < 2; i++) {
    expect(product(w)).toEqual(expected())
    expect(elements(einsum([y, w], 'm n, n k -> m k'))).toEqual(transposed)
  }
})

test('where linear memory has no room for the panels a copy keeps its values, and a product its error', () => {
  const full = vi.spyOn(heap.memory, 'allocate').mockImplementation(() => {
    throw new RangeError('memory: out of WebAssembly memory')
  })
  try {
    const weight = Weight.copyOf(values, n)
    expect(weight.read()).toEqual(values)
    expect(() => product(weighted(weight))).toThrow('out of WebAssembly memory')
    full.mockRestore()
    expect(product(weighted(weight))).toEqual(expected())
  } finally {
    full.mockRestore()
  }
})

test('a weight that was disposed, packed or not, is never read or multiplied', () => {
  for (const weight of [new Weight(values.slice()), Weight.copyOf(values, n)]) {
    weight.dispose()
    weight.dispose()
    expect(() => weight.read()).toThrow(/^internal: a weight was read after it was disposed/)
    expect(() => weight.share()).toThrow(/^internal:/)
    expect(() => weight.update(() => {})).toThrow(/^internal:/)
    expect(() => product(weighted(weight))).toThrow(/^internal:/)
  }
})

describe('a bias stands in linear memory from its first product on', () => {
  const w = weighted(new Weight(values.slice()))
  const bias = () => Float32Array.from({ length: n }, (_, i) => i)
  const biased = (weight: Weight) => ({ ...contiguous([n]), weight })
  const sum = (weight: Weight) => elements(einsum([x, w], 'm k, n k -> m n', {}, { bias: biased(weight) }))
  const plus = (added: (column: number) => number) => expected().map((value, at) => value + added(at % n))

  test('and in memory of its own, which disposing gives back', () => {
    sum(new Weight(bias())) // whatever the kernel keeps for itself
    const weight = new Weight(bias())
    const before = heap.memory.used
    expect(sum(weight)).toEqual(plus((column) => column))
    expect(sum(weight)).toEqual(plus((column) => column))
    expect(heap.memory.used - before).toBe(Math.ceil((4 * n) / 64) * 64)
    weight.dispose()
    expect(heap.memory.used).toBe(before)
  })

  test('until it is changed, and never again once somebody holds its array', () => {
    const weight = new Weight(bias())
    sum(weight)
    weight.update((array) => array.fill(5))
    expect(sum(weight)).toEqual(plus(() => 5))
    const array = weight.share()
    array.fill(6)
    expect(sum(weight)).toEqual(plus(() => 6))
    const { used } = heap.memory
    array.fill(7)
    expect(sum(weight)).toEqual(plus(() => 7))
    expect(heap.memory.used).toBe(used)
    expect(weight.inHeap(heap)).toBeNull()
  })

  test('until a change, also one that fails half-way', () => {
    const weight = new Weight(bias())
    sum(weight)
    const failing = (array: Float32Array) => {
      array.fill(9)
      throw new Error('half-way')
    }
    expect(() => weight.update(failing)).toThrow('half-way')
    const [now] = weight.read()
    expect(sum(weight)).toEqual(plus(() => now!))
  })

  test('and is found there by the parts of a product that is divided', () => {
    const [inputs, outputs] = [768, 3072] // more numbers than are brought at once
    const wide = { ...contiguous([outputs, inputs]), data: new Float32Array(inputs * outputs) }
    const row = { ...contiguous([8, inputs]), data: new Float32Array(8 * inputs) }
    const counting = new Weight(Float32Array.from({ length: outputs }, (_, i) => i))
    const added = { ...contiguous([outputs]), weight: counting }
    const result = einsum([row, wide], 'm k, n k -> m n', {}, { bias: added, residual: added })
    expect(elements(result).findIndex((value, at) => value !== 2 * (at % outputs))).toBe(-1)
    counting.dispose()
  })

  test('and is a weight of a product as well', () => {
    const weight = new Weight(values.slice())
    const copy = weight.inHeap(heap)!
    expect([...heap.memory.floats(copy, values.length)]).toEqual([...values])
    expect(product(weighted(weight))).toEqual(expected())
    expect(product(weighted(weight))).toEqual(expected())
    expect(weight.read()).toEqual(values)
    weight.dispose()
  })
})
