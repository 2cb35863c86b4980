/** Contractions for tests: from numpy-like letters, with buffers and layouts of one's choice. */

import { noEpilogue } from '../../src/gemm/epilogue.ts'
import type { Contraction, Operand } from '../../src/gemm/operand.ts'

export type Buffer = Float32Array | Float64Array | Int32Array

/** How a tensor's axes stand in its buffer. */
export interface Placing {
  /** The axes from the slowest to the fastest in memory; as written if absent. */
  readonly order?: readonly number[]
  /** Elements left out behind each axis. */
  readonly gap?: number
  /** Axes that run backwards. */
  readonly backwards?: readonly boolean[]
}

export interface Options {
  readonly make: (size: number) => Buffer
  readonly value: (tensor: number, index: number) => number
  readonly placing?: readonly Placing[]
}

/** The contraction of a specification, its operands filled with values and its output with NaN (or −1 where there is none). */
export function buildContraction(
  spec: string,
  lengths: Readonly<Record<string, number>>,
  { make, value, placing = [] }: Options,
): Contraction {
  const labels = Object.keys(lengths)
  const [inputs, output] = spec.split('->') as [string, string]
  const tensors = [...inputs.split(','), output].map((axes, tensor) => {
    const { order = [...axes].map((_, axis) => axis), gap = 0, backwards = [] } = placing[tensor] ?? {}
    const stride = labels.map(() => 0)
    let size = 1
    let offset = gap
    for (const axis of order.toReversed()) {
      const length = lengths[axes[axis]!]!
      const step = length === 1 ? 0 : size
      const sign = backwards[axis] ? -1 : 1
      if (sign < 0) offset += step * Math.max(0, length - 1)
      stride[labels.indexOf(axes[axis]!)]! += sign * step
      size = size * Math.max(1, length) + gap
    }
    const data = make(size + 2 * gap + 1)
    for (let i = 0; i < data.length; i++) data[i] = value(tensor, i)
    return { data, offset, stride } satisfies Operand<Buffer>
  })
  const result = tensors.at(-1)!
  result.data.fill(Number.NaN)
  return {
    lengths: labels.map((label) => lengths[label]!),
    operands: tensors.slice(0, -1),
    output: result,
    epilogue: noEpilogue,
  }
}

/** The same contraction into a new buffer. */
export function withNewOutput(contraction: Contraction): Contraction {
  const { data, offset, stride } = contraction.output as Operand<Buffer>
  return { ...contraction, output: { data: data.slice(), offset, stride } }
}
