/** Every way of computing a contraction against its definition. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contract } from '../../src/gemm/contraction.ts'
import type { Contraction, Operand } from '../../src/gemm/operand.ts'
import { contractByDefinition } from '../../src/gemm/reference.ts'
import { buildContraction, type Options, type Placing, withNewOutput } from './build.ts'
import { cases } from './cases.ts'

// halves of small whole numbers: every sum is exact, so that equal means equal bits
const exactValue = (tensor: number, index: number) => (((index * 7919 + tensor * 104729) % 31) - 15) / 2
const wholeValue = (tensor: number, index: number) => ((index * 7919 + tensor * 104729) % 31) - 15

function expectAsDefined(contraction: Contraction): void {
  const reference = withNewOutput(contraction)
  contractByDefinition(reference)
  contract(contraction)
  expect(contraction.output.data).toEqual(reference.output.data)
}

const float32 = { make: (size: number) => new Float32Array(size), value: exactValue }
const dtypes: Record<string, Pick<Options, 'make' | 'value'>> = {
  float32,
  float64: { make: (size) => new Float64Array(size), value: exactValue },
  int32: { make: (size) => new Int32Array(size), value: wholeValue },
}

for (const [dtype, options] of Object.entries(dtypes)) {
  describe(`contractions of ${dtype} equal their definition`, () => {
    for (const { name, spec, lengths } of cases) {
      test(`${name}: ${spec}`, () => {
        expectAsDefined(buildContraction(spec, lengths, options))
      })
    }
  })
}

test('any contraction of any layouts equals its definition', () => {
  fc.assert(
    fc.property(anyContraction(), ({ spec, lengths, placing }) => {
      expectAsDefined(buildContraction(spec, lengths, { ...float32, placing }))
    }),
    { numRuns: 300 },
  )
})

function anyContraction(): fc.Arbitrary<{
  spec: string
  lengths: Record<string, number>
  placing: Placing[]
}> {
  const length = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 9 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 13, 50) },
  )
  const letters = [...'abcdef']
  return fc
    .record({
      operands: fc.array(fc.array(fc.constantFrom(...letters), { maxLength: 4 }), {
        minLength: 1,
        maxLength: 4,
      }),
      lengths: fc.tuple(...letters.map(() => length)),
      seed: fc.infiniteStream(fc.nat()),
      gap: fc.nat(2),
    })
    .map(({ operands, lengths, seed, gap }) => {
      const next = () => seed.next().value as number
      const used = letters.filter((letter) => operands.some((operand) => operand.includes(letter)))
      const output = used.filter(() => next() % 2 === 0).sort(() => (next() % 2 === 0 ? 1 : -1))
      const placing = [...operands, output].map((axes) => ({
        order: axes.map((_, axis) => axis).sort(() => (next() % 2 === 0 ? 1 : -1)),
        gap,
        backwards: axes.map(() => next() % 4 === 0),
      }))
      return {
        spec: `${operands.map((axes) => axes.join('')).join(',')}->${output.join('')}`,
        lengths: Object.fromEntries(used.map((letter) => [letter, lengths[letters.indexOf(letter)]!])),
        placing,
      }
    })
    .filter(({ lengths }) => Object.values(lengths).reduce((n, m) => n * Math.max(1, m), 1) < 20_000)
}

test('big integers are exact, whether doubles hold their sums or not, and wrap around beyond 64 bits', () => {
  fc.assert(
    fc.property(
      anyContraction(),
      fc.constantFrom(1, 3, 10, 20, 26, 27, 40, 53, 62),
      fc.boolean(),
      ({ spec, lengths, placing }, bits, unsigned) => {
        const contraction = buildContraction(spec, lengths, { ...float32, placing })
        const big = ({ data, ...rest }: Operand, tensor: number): Operand => {
          const value = (i: number) =>
            (BigInt(i + 3) * 0x9e3779b97f4a7c15n * BigInt(tensor + 1)) % (1n << BigInt(bits))
          const values = Array.from(data as Float32Array, (_, i) =>
            i % 3 === 0 && !unsigned ? -value(i) : value(i),
          )
          return { ...rest, data: unsigned ? BigUint64Array.from(values) : BigInt64Array.from(values) }
        }
        const output = big(contraction.output, 9)
        const bigs = { ...contraction, operands: contraction.operands.map(big), output }
        const want = { ...output, data: (output.data as BigInt64Array<ArrayBuffer>).slice() }
        contractByDefinition({ ...bigs, output: want })
        contract(bigs)
        expect(output.data).toEqual(want.data)
      },
    ),
    { numRuns: 150 },
  )
})

test.each([
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Uint8ClampedArray,
  Array,
])('numbers in %o are multiplied as doubles are', (kind) => {
  for (const { spec, lengths } of cases.filter(({ lengths }) => {
    const size = Object.values(lengths).reduce((n, length) => n * length, 1)
    return size > 0 && size < 20_000
  })) {
    const whole = {
      make: (size: number) => new Float64Array(size),
      value: (t: number, i: number) => (i * 31 + t) % 100,
    }
    const doubles = buildContraction(spec, lengths, whole)
    const operands = doubles.operands.map((operand) => ({
      ...operand,
      data: (kind as typeof Int8Array).from(operand.data as Float64Array),
    }))
    const output = { ...doubles.output, data: (doubles.output.data as Float64Array<ArrayBuffer>).slice() }
    contract(doubles)
    contract({ ...doubles, operands, output })
    expect(output.data).toEqual(doubles.output.data)
  }
})

test('numbers of another dtype than floats that are too many to be converted at once are converted in parts', () => {
  const lengths = { i: 3, j: 400_000 }
  const ones = {
    make: (size: number) => new Int32Array(size),
    value: (t: number, i: number) => (t === 0 ? i % 7 : 1),
  }
  for (const spec of ['ij,j->i', 'ij,i->j']) {
    const contraction = buildContraction(spec, lengths, ones)
    const output = { ...contraction.output, data: Float64Array.from(contraction.output.data as Int32Array) }
    const want = { ...output, data: output.data.slice() }
    contractByDefinition({ ...contraction, output: want })
    contract({ ...contraction, output })
    expect(output.data.findIndex((value, at) => !Object.is(value, want.data[at]))).toBe(-1)
  }
})
