/**
 * The definition of a contraction, one element at a time in double precision: what every faster way is tested against, and what
 * computes the elements that no kernel knows (big integers, exactly, and containers with `get` and `set`).
 */

import { dtypeOf } from '../layout/data.ts'
import { isBigDtype } from '../layout/dtype.ts'
import type { Data } from '../layout/tensor.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { activations } from './activation.ts'
import { forEachOffset } from './matrix.ts'
import { type Contraction, dataOf, type Operand } from './operand.ts'

/** Computes any contraction by nested loops over all its labels. */
export function contractByDefinition({ lengths, operands, output, epilogue }: Contraction): void {
  computedPlainly()
  const { scale, bias, activation, residual } = epilogue
  const labels = lengths.map((_, label) => label)
  const kept = labels.filter((label) => output.stride[label] !== 0)
  const summed = labels.filter((label) => output.stride[label] === 0)
  const strides = (tensors: readonly Operand[], axes: readonly number[]) =>
    tensors.map(({ stride }) => axes.map((label) => stride[label]!))
  const lengthsOf = (axes: readonly number[]) => axes.map((label) => lengths[label]!)

  const tensors = [output, bias, residual, ...operands].filter((tensor) => tensor !== null)
  const reads = operands.map((operand) => reader(dataOf(operand)))
  const write = writer(dataOf(output))
  const big = operands.every((operand) => holdsBigIntegers(dataOf(operand), operand.offset))
  const summedLengths = lengthsOf(summed)
  const summedStrides = strides(operands, summed)

  forEachOffset(
    lengthsOf(kept),
    strides(tensors, kept),
    tensors.map(({ offset }) => offset),
    (offsets) => {
      let sum: number | bigint = big ? 0n : 0
      forEachOffset(summedLengths, summedStrides, offsets.slice(-operands.length), (at) => {
        let product = reads[0]!(at[0]!)
        for (let i = 1; i < reads.length; i++) product = multiply(product, reads[i]!(at[i]!))
        sum = add(sum, product)
      })
      if (scale !== 1) sum = multiply(sum, big ? BigInt(scale) : scale)
      if (bias) sum = add(sum, reader(dataOf(bias))(offsets[1]!))
      if (activation) sum = activations[activation](Number(sum))
      if (residual) sum = add(sum, reader(dataOf(residual))(offsets[bias ? 2 : 1]!))
      write(offsets[0]!, sum)
    },
  )
}

// Operands are of one dtype, so both are numbers or both are big integers.
const add = (a: number | bigint, b: number | bigint) => ((a as number) + (b as number)) as number | bigint
const multiply = (a: number | bigint, b: number | bigint) =>
  ((a as number) * (b as number)) as number | bigint

function holdsBigIntegers(data: Data, offset: number): boolean {
  return isBigDtype(dtypeOf(data)) || typeof reader(data)(offset) === 'bigint'
}

interface Accessors {
  get(offset: number): number | bigint
  set(offset: number, value: number | bigint): void
}

function reader(data: Data): (offset: number) => number | bigint {
  if (dtypeOf(data) === 'generic') return (offset) => (data as Accessors).get(offset)
  return (offset) => (data as Record<number, number | bigint>)[offset]!
}

function writer(data: Data): (offset: number, value: number | bigint) => void {
  if (dtypeOf(data) === 'generic') return (offset, value) => (data as Accessors).set(offset, value)
  return (offset, value) => {
    ;(data as Record<number, number | bigint>)[offset] = value
  }
}
