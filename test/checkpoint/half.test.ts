/** Half floats: rounded by integers as they are through a DataView. */
import { setFloat16 } from '@petamoriken/float16'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { narrowToHalf, widenHalf } from '../../src/checkpoint/half.ts'

function throughView(value: number): number {
  const view = new DataView(new ArrayBuffer(2))
  setFloat16(view, 0, value)
  return view.getUint16(0)
}

test('every half float comes back, and what lies between two goes to the nearer, or the even one', () => {
  const bits = Uint16Array.from({ length: 0x7c00 }, (_, i) => i)
  const values = widenHalf(bits)
  expect(narrowToHalf(values)).toEqual(bits)
  const between = values.map((value, i) => (value + (values[i + 1] ?? 65536)) / 2)
  const expected = bits.map((low) => (low % 2 === 0 ? low : low + 1))
  expect(narrowToHalf(between)).toEqual(expected)
  expect(narrowToHalf(between.map((value) => -value))).toEqual(expected.map((half) => half | 0x8000))
})

test('any float32 becomes what the polyfill makes of it', () => {
  fc.assert(
    fc.property(fc.float(), (value) => {
      const [half] = narrowToHalf(Float32Array.of(value))
      if (Number.isNaN(value)) expect(half! & 0x7fff).toBeGreaterThan(0x7c00)
      else expect(half).toBe(throughView(value))
    }),
    { numRuns: 2000 },
  )
})
