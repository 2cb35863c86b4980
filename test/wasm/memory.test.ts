/** Linear memory is handed out in blocks that never overlap, taken back, and used again; running out of it harms nobody. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attention } from '../../src/wasm/generated/attention.ts'
import { product } from '../../src/wasm/generated/product.ts'
import { quantized } from '../../src/wasm/generated/quantized.ts'
import { rows } from '../../src/wasm/generated/rows.ts'
import { training } from '../../src/wasm/generated/training.ts'
import { instantiate } from '../../src/wasm/instantiate.ts'
import { ALIGNMENT, CONTROL, LinearMemory } from '../../src/wasm/memory.ts'

describe('linear memory', () => {
  test('blocks keep what their owners wrote, whatever is allocated and freed around them', () => {
    const step = fc.oneof(
      fc.record({ allocate: fc.integer({ min: 0, max: 300_000 }) }),
      fc.record({ free: fc.nat(1000) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const memory = new LinearMemory()
        const owned: { pointer: number; length: number; value: number }[] = []
        let next = 1
        for (const s of steps) {
          if ('allocate' in s) {
            const pointer = memory.allocate(s.allocate)
            expect(pointer % ALIGNMENT).toBe(0)
            expect(pointer).toBeGreaterThan(0)
            const length = s.allocate >> 2
            memory.floats(pointer, length).fill(next)
            owned.push({ pointer, length, value: next++ })
          } else if (owned.length > 0) {
            const [gone] = owned.splice(s.free % owned.length, 1)
            memory.free(gone!.pointer)
          }
        }
        for (const { pointer, length, value } of owned) {
          expect(memory.floats(pointer, length).every((x) => x === value)).toBe(true)
        }
        for (const { pointer } of owned) memory.free(pointer)
        expect(memory.used).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('what was freed is one piece again and serves the next owner without growth', () => {
    const memory = new LinearMemory()
    const blocks = Array.from({ length: 20 }, () => memory.allocate(100_000))
    const { size } = memory
    for (const at of [7, 3, 5, 4, 6, 0, 19, 1, 2, 18, 17, 8, 9, 16, 10, 15, 11, 14, 12, 13])
      memory.free(blocks[at]!)
    expect(memory.allocate(20 * 100_000)).toBe(blocks[0])
    expect(memory.size).toBe(size)
  })

  test('the smallest free block that fits is taken, so that large ones stay whole', () => {
    const memory = new LinearMemory()
    const large = memory.allocate(10_000)
    memory.allocate(64)
    const small = memory.allocate(1000)
    memory.allocate(64)
    memory.free(large)
    memory.free(small)
    expect(memory.allocate(900)).toBe(small)
    expect(memory.allocate(10_000)).toBe(large)
  })

  test('running out of memory says how much was asked for, changes nothing, and what is freed can be had again', () => {
    const memory = new LinearMemory({ maximum: 4 * 2 ** 20 })
    const first = memory.allocate(2 ** 20)
    memory.floats(first, 4).set([1, 2, 3, 4])
    const { used, size } = memory
    expect(() => memory.allocate(4 * 2 ** 20)).toThrow(
      /^memory: out of WebAssembly memory — 6 MB needed, 1 MB in use, at most 4 MB can be had; dispose\(\)/,
    )
    expect({ used: memory.used, size: memory.size }).toEqual({ used, size })
    expect([...memory.floats(first, 4)]).toEqual([1, 2, 3, 4])
    memory.free(first)
    expect(memory.allocate(3 * 2 ** 20)).toBe(first)
  })

  test('before memory is out, whoever only waits to use a block again is asked to give it back', () => {
    const memory = new LinearMemory({ maximum: 4 * 2 ** 20 })
    const waiting = [memory.allocate(2 ** 20), memory.allocate(2 ** 20)]
    memory.reclaim = () => {
      const idle = waiting.splice(0)
      for (const block of idle) memory.free(block)
      return idle.length > 0
    }
    expect(memory.allocate(2 ** 20)).toBeGreaterThan(0)
    expect(waiting.length).toBe(2)
    expect(memory.allocate(2 ** 21)).toBeGreaterThan(0)
    expect(waiting.length).toBe(0)
    expect(() => memory.allocate(2 ** 20)).toThrow(/^memory: out of WebAssembly memory/)
  })

  test('a block is never freed twice unnoticed', () => {
    const memory = new LinearMemory()
    const block = memory.allocate(64)
    memory.free(block)
    expect(() => memory.free(block)).toThrow(/^internal: no block begins/)
  })

  test('vectors may be read past the end of every block', () => {
    const memory = new LinearMemory()
    for (const bytes of [64, 65536, 1 << 20]) {
      expect(memory.allocate(bytes) + bytes + 64).toBeLessThanOrEqual(memory.size)
    }
  })
})

test('the constants of each module stay in its own 512 bytes, below what threads share and memory hands out', () => {
  const fresh = () => new WebAssembly.Memory({ initial: 1, maximum: 65536 })
  const products = instantiate(product, fresh())!
  const slots = [attention, product, quantized, rows, training].map((embedded) => {
    const memory = fresh()
    instantiate<unknown>(embedded, memory, products)
    const bytes = new Uint8Array(memory.buffer)
    const first = bytes.findIndex((byte) => byte !== 0)
    if (first < 0) return null // a module without any
    const end = 1 + bytes.findLastIndex((byte) => byte !== 0)
    const slot = Math.floor((first - 64) / 512)
    expect(end, embedded.name).toBeLessThanOrEqual(Math.min(64 + 512 * (slot + 1), CONTROL))
    return slot
  })
  const used = slots.filter((slot) => slot !== null)
  expect(used.length).toBeGreaterThan(0)
  expect(new Set(used).size).toBe(used.length)
})
