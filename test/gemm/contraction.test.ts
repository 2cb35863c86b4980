/** Every way of computing a contraction against its definition. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contract } from '../../src/gemm/contraction.ts'
import type { Contraction } from '../../src/gemm/operand.ts'
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
