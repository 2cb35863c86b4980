/** A contraction of one operand: the sum of some of its axes, by the engine that `reduce` has, or a copy where none is summed. */
import { copyApart } from '../copy/copy.ts'
import { foldInto } from '../copy/fold.ts'
import { dtypeOf } from '../layout/data.ts'
import type { LocatedTensors } from './bound-pair.ts'
import { type Contraction, dataOf, varies } from './operand.ts'

export class BoundSum {
  readonly #kept: Axes
  readonly #dropped: Axes
  readonly #output: readonly number[]

  /** Whether the operand is a typed array, and nothing is done to its sums. */
  static suits({ operands, epilogue: { scale, bias, activation, residual } }: Contraction): boolean {
    const [{ data }] = operands as [Contraction['operands'][number]]
    return (
      scale === 1 && bias === null && activation === null && residual === null && ArrayBuffer.isView(data)
    )
  }

  constructor({ lengths, operands, output }: Contraction) {
    const { stride } = operands[0]!
    const axes = (wanted: boolean): Axes => {
      const labels = lengths.map((_, label) => label).filter((label) => varies(output, label) === wanted)
      return { shape: labels.map((label) => lengths[label]!), stride: labels.map((label) => stride[label]!) }
    }
    this.#kept = axes(true)
    this.#dropped = axes(false)
    this.#output = output.stride.filter((step) => step !== 0)
  }

  multiply({ operands, output }: LocatedTensors): void {
    const [{ offset, ...source }] = operands as [LocatedTensors['operands'][number]]
    const data = dataOf({ ...source, offset, stride: [] })
    const kept = { ...this.#kept, offset }
    const target = { data: output.data, shape: kept.shape, stride: this.#output, offset: output.offset }
    if (this.#dropped.shape.length === 0 && dtypeOf(data) === dtypeOf(output.data)) {
      copyApart({ ...kept, data }, target)
    } else foldInto('sum', data, kept, { ...this.#dropped, offset: 0 }, target)
  }
}

interface Axes {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
}
