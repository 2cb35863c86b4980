/** Which parameters of a program are weights of linear maps, and those of them that are kept as integers of eight bits. */
import type { Codes, QuantizedWeight } from '../gemm/quantized-weight.ts'
import type { Weighted } from '../steps/value.ts'
import type { Program, ProgramParameter, ProgramStep } from './program.ts'

/** The codes that a weight is kept as, [channels, …]; null where it is kept as float32. */
export function codesIn({ weight }: Weighted): (() => Codes) | null {
  if (weight.precision === 'float32') return null
  const quantized = weight as QuantizedWeight
  return () => ({ codes: quantized.readCodes(), scales: quantized.scales })
}

/** Of shorter sums nothing is gained, as in `quantize`. */
const leastInputs = 16

/** The weights of linear maps, [channels, inputs], by their ids: what `quantize` makes integers. Of pictures' patches, which are cut in the product, there are none. */
export function weightsOf({ parameters, steps }: Program): ReadonlySet<number> {
  const isWeight = ({ id, shape }: ProgramParameter) => {
    const users = steps.filter(({ inputs }) => inputs.some((input) => input.id === id))
    return shape.length === 2 && shape[1]! >= leastInputs && users.every((user) => takesAsWeight(user, id))
  }
  return new Set(parameters.filter(isWeight).map(({ id }) => id))
}

function takesAsWeight({ step, inputs }: ProgramStep, id: number): boolean {
  if (step.kind !== 'contract') return false
  const { operands, output } = step.plan
  const place = inputs.findIndex((input) => input.id === id)
  if (place >= operands.length || inputs.lastIndexOf(inputs[place]!) !== place) return false
  const [[channel, ...a], [summed, ...b]] = operands[place] as [number[], number[]]
  const others = operands.toSpliced(place, 1).flat(2)
  const isLinear =
    !others.includes(channel!) && output.flat().includes(channel!) && !output.flat().includes(summed!)
  return a.length + b.length === 0 && isLinear
}
