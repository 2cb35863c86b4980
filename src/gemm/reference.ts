/**
 * The definition of a contraction, one element at a time in double precision: what every faster way is tested against, and what
 * computes the elements that no kernel knows (big integers, exactly, and containers with `get` and `set`).
 */
import { dtypeOf } from '../layout/data.ts'
import type { Data } from '../layout/tensor.ts'
import { activations } from './activation.ts'
import type { Contraction, Operand } from './contraction.ts'
import { forEachOffset } from './offsets.ts'

/** Computes any contraction by nested loops over all its labels. */
export function contractByDefinition({ lengths, operands, output, epilogue }: Contraction): void {
  const { scale, bias, activation, residual } = epilogue
  const labels = lengths.map((_, label) => label)
  const kept = labels.filter((label) => output.stride[label] !== 0)
  const summed = labels.filter((label) => output.stride[label] === 0)
  const strides = (tensors: readonly Operand[], axes: readonly number[]) =>
    tensors.map(({ stride }) => axes.map((label) => stride[label]!))
  const lengthsOf = (axes: readonly number[]) => axes.map((label) => lengths[label]!)
  const walked = [...operands, output, bias, residual].filter((tensor) => tensor !== null)
  const sums = { lengths: lengthsOf(summed), strides: strides(operands, summed) }

  forEachOffset(
    lengthsOf(kept),
    strides(walked, kept),
    walked.map(({ offset }) => offset),
    (offsets) => {
      let sum: number | bigint = holdsBigIntegers(operands) ? 0n : 0
      forEachOffset(sums.lengths, sums.strides, offsets.slice(0, operands.length), (at) => {
        sum = add(sum, operands.map(({ data }, i) => read(data, at[i]!)).reduce(multiply))
      })
      let next = operands.length
      const target = offsets[next++]!
      if (scale !== 1) sum = multiply(sum, typeof sum === 'bigint' ? BigInt(scale) : scale)
      if (bias) sum = add(sum, read(bias.data, offsets[next++]!))
      if (activation) sum = activations[activation](Number(sum))
      if (residual) sum = add(sum, read(residual.data, offsets[next++]!))
      write(output.data, target, sum)
    },
  )
}

// Operands are of one dtype, so both are numbers or both are big integers.
const add = (a: number | bigint, b: number | bigint) => ((a as number) + (b as number)) as number | bigint
const multiply = (a: number | bigint, b: number | bigint) =>
  ((a as number) * (b as number)) as number | bigint

function holdsBigIntegers(operands: readonly Operand[]): boolean {
  return operands.every(
    ({ data, offset }) => dtypeOf(data).startsWith('big') || typeof read(data, offset) === 'bigint',
  )
}

interface Accessors {
  get(offset: number): number | bigint
  set(offset: number, value: number | bigint): void
}

function read(data: Data, offset: number): number | bigint {
  if (dtypeOf(data) === 'generic') return (data as Accessors).get(offset)
  return (data as Record<number, number | bigint>)[offset]!
}

function write(data: Data, offset: number, value: number | bigint): void {
  if (dtypeOf(data) === 'generic') (data as Accessors).set(offset, value)
  else (data as Record<number, number | bigint>)[offset] = value
}
