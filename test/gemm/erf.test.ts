import { describe, expect, test } from 'vitest'
import { erf, erfc } from '../../src/gemm/erf.ts'
import { exactErf, exactErfc } from './exact.ts'

const points = Array.from({ length: 400 }, (_, i) => (i + 1) / 64 + 1 / 1024).filter((x) => x < 6)
const boundaries = [0.46875, 0.468750001, 0.46874999, 4, 4.0000001, 3.9999999]

describe('erf', () => {
  test('the oracle knows the published values of erf(1/2), erf(1) and erfc(2)', () => {
    // Abramowitz and Stegun, table 7.1
    expect(exactErf(0.5)).toBeCloseTo(0.5204998778, 10)
    expect(exactErf(1)).toBeCloseTo(0.8427007929, 10)
    expect(exactErfc(2)).toBeCloseTo(0.004677734981, 12)
  })

  test('is within 2.3e-16 of the exact series', () => {
    for (const x of [...points, ...boundaries]) {
      expect(Math.abs(erf(x) - exactErf(x)), `erf(${x})`).toBeLessThan(2.3e-16)
    }
  })

  test('is odd, also at zero and at infinity', () => {
    for (const x of points) expect(erf(-x)).toBe(-erf(x))
    expect(Object.is(erf(-0), -0)).toBe(true)
    expect(erf(Number.POSITIVE_INFINITY)).toBe(1)
    expect(erf(Number.NEGATIVE_INFINITY)).toBe(-1)
    expect(erf(Number.NaN)).toBeNaN()
  })

  test('keeps the relative precision of tiny arguments', () => {
    expect(erf(1e-300) / 1e-300).toBeCloseTo(2 / Math.sqrt(Math.PI), 15)
  })
})

describe('erfc', () => {
  test('has a relative error below 1e-15 far into the tail', () => {
    for (const x of [...points, ...boundaries, 6.5, 7.25]) {
      expect(Math.abs(erfc(x) / exactErfc(x) - 1), `erfc(${x})`).toBeLessThan(1e-15)
    }
  })

  test('ends at 0 and begins at 2', () => {
    expect(erfc(27.5)).toBe(0)
    expect(erfc(Number.POSITIVE_INFINITY)).toBe(0)
    expect(erfc(Number.NEGATIVE_INFINITY)).toBe(2)
    expect(erfc(26)).toBeGreaterThan(0)
    expect(erfc(-3)).toBeCloseTo(2 - 2.209049699858544e-5, 15)
  })
})
