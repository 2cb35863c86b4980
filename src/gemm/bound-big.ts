/** A contraction of big integers: by the kernels of doubles where no sum can leave what doubles hold exactly, else one element at a time. */

import { isBig, mostExact, readBig, writeBig } from '../copy/big.ts'
import { copyApart } from '../copy/copy.ts'
import type { BigIntegers } from '../layout/data.ts'
import { contiguous } from '../layout/layout.ts'
import type { Data } from '../layout/tensor.ts'
import type { Located, LocatedTensors } from './bound-pair.ts'
import type { BoundContraction } from './contraction.ts'
import { noEpilogue } from './epilogue.ts'
import { type Contraction, type Operand, varies } from './operand.ts'

/** A tensor's axes, and the same closed up in a buffer of its own. */
interface Axes {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly closed: Operand
  readonly size: number
}

export class BoundBig implements BoundContraction {
  readonly #operands: readonly Axes[]
  readonly #output: Axes
  readonly #terms: number
  readonly #doubles: BoundContraction
  readonly #exactly: BoundContraction

  static suits({ operands, output, epilogue: { bias, activation, residual } }: Contraction): boolean {
    const plain = bias === null && activation === null && residual === null
    return plain && [...operands, output].every(({ data }) => isBig(data))
  }

  /**
   * @param bind - binds the contraction of doubles
   * @param exactly - what computes the same whatever the numbers
   */
  constructor(
    contraction: Contraction,
    bind: (contraction: Contraction) => BoundContraction,
    exactly: BoundContraction,
  ) {
    const { lengths, operands, output } = contraction
    this.#operands = operands.map((operand) => axesOf(lengths, operand))
    this.#output = axesOf(lengths, output)
    this.#exactly = exactly
    const { scale } = contraction.epilogue
    const summed = lengths.filter((_, label) => !varies(output, label))
    this.#terms = Math.abs(scale) * summed.reduce((n, length) => n * length, 1)
    this.#doubles = bind({
      lengths,
      operands: this.#operands.map(({ closed }) => closed),
      output: this.#output.closed,
      epilogue: { ...noEpilogue, scale },
    })
  }

  multiply(tensors: LocatedTensors): void {
    let largest = this.#terms
    const operands = this.#operands.map((axes, i) => {
      const { doubles, most } = asDoubles(axes, tensors.operands[i]!)
      largest *= most
      return { data: doubles, offset: 0 }
    })
    if (!(largest <= mostExact)) {
      this.#exactly.multiply(tensors)
      return
    }
    const { shape, stride, size } = this.#output
    const sums = new Float64Array(size)
    const epilogue = { bias: null, residual: null }
    this.#doubles.multiply({ operands, output: { data: sums, offset: 0 }, epilogue })
    const { data, offset } = tensors.output
    const result = newBig(data as BigIntegers, size)
    writeBig(sums, result, 0)
    copyApart({ ...contiguous(shape), data: result }, { data, offset, shape, stride })
  }
}

const double = new Float64Array(1)

function axesOf(lengths: readonly number[], { stride }: Operand): Axes {
  const labels = lengths.map((_, label) => label).filter((label) => stride[label] !== 0)
  const shape = labels.map((label) => lengths[label]!)
  const closed = stride.map(() => 0)
  const { stride: steps } = contiguous(shape)
  labels.forEach((label, axis) => {
    closed[label] = steps[axis]!
  })
  return {
    shape,
    stride: labels.map((label) => stride[label]!),
    closed: { data: double, offset: 0, stride: closed },
    size: shape.reduce((n, length) => n * length, 1),
  }
}

/** The elements of a tensor, closed up, and the largest magnitude. */
function asDoubles({ shape, stride, size }: Axes, { data, offset }: Located) {
  const source = { data, shape, stride, offset }
  const { stride: steps } = contiguous(shape)
  let big = data as BigIntegers
  let start = offset
  if (stride.some((step, axis) => step !== steps[axis])) {
    big = newBig(big, size)
    start = 0
    copyApart(source, { ...contiguous(shape), data: big })
  }
  const doubles = new Float64Array(size)
  return { doubles, most: readBig(big, start, size, doubles) }
}

function newBig(like: BigIntegers, size: number): BigIntegers {
  return new (like.constructor as new (size: number) => BigIntegers & Data)(size)
}
