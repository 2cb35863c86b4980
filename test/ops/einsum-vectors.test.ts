/** Every einsum case of the conformance vectors: values against numpy's, and calls that have to be rejected. */
import { existsSync, readFileSync } from 'node:fs'
import ndarray, { type NdArray } from 'ndarray'
import { describe, expect, test } from 'vitest'
import { EinopsError } from '../../grammar/error.ts'
import { contiguousStride, sizeOf } from '../../src/layout/layout.ts'
import { einsum } from '../../src/ops/einsum.ts'
import { elements } from '../gemm/elements.ts'

interface VectorTensor {
  shape: number[]
  dtype: 'float32' | 'float64' | 'int32' | 'uint8'
  stride?: number[]
  offset?: number
  data?: (number | string)[]
}

interface EinsumCase {
  id: string
  pattern: string
  inputs: VectorTensor[]
  output: VectorTensor
  tolerance?: { rtol: number; atol: number }
}

interface ErrorCase {
  id: string
  op: string
  rule: string
  pattern: string
  inputs?: VectorTensor[]
  call?: string
}

const folder = new URL('../../../shared/vectors/einops/', import.meta.url)
const available = existsSync(folder)
const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array }

function casesOf<Case>(file: string): Case[] {
  if (!available) return []
  return (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { cases: Case[] }).cases
}

function build({ shape, dtype, stride, offset, data }: VectorTensor): NdArray {
  const values = (data ?? new Array<number>(sizeOf(shape)).fill(0)).map(Number)
  return ndarray(arrays[dtype].from(values), shape, stride ?? contiguousStride(shape), offset ?? 0)
}

// limits of the reference, which its README leaves open: here groups and unit axes are part of the language
const accepted = new Set(['i () -> i', 'i 1 -> i', 'i j -> (i j)'])

describe.skipIf(!available)('einsum agrees with the recorded calls of einops on numpy', () => {
  for (const { id, pattern, inputs, output, tolerance } of casesOf<EinsumCase>('einsum.json')) {
    test(`${id}: ${pattern}`, () => {
      const result = einsum(inputs.map(build), pattern)
      expect(result.shape).toEqual(output.shape)
      const got = elements(result)
      const want = (output.data ?? []).map(Number)
      const { rtol, atol } = tolerance ?? { rtol: 0, atol: 0 }
      expect(got.length).toBe(want.length)
      got.forEach((value, i) => {
        expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(atol + rtol * Math.abs(want[i]!))
      })
    })
  }
})

describe.skipIf(!available)('einsum rejects what einops rejects', () => {
  const cases = casesOf<ErrorCase>('errors.json').filter(({ op }) => op === 'einsum')
  for (const { id, rule, pattern, inputs = [], call } of cases) {
    test(`${id}: ${rule} in '${pattern}'`, () => {
      const operands = inputs.map(build)
      // the compiler refuses these as well
      const untyped = einsum as unknown as (...given: unknown[]) => NdArray
      const run = () => {
        if (call === 'pattern_first') return untyped(pattern, ...operands)
        return call === 'no_tensors' ? untyped(pattern) : einsum(operands, pattern)
      }
      if (accepted.has(pattern)) expect(run).not.toThrow()
      else expect(run).toThrow(EinopsError)
    })
  }
})
