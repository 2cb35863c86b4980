/** Parameters as tensors of the file, under their names: as they are, or in eight bits where they are weights of products. */
import { materialize } from '../copy/copy.ts'
import { type Codes, type QuantizedWeight, quantizeRows } from '../gemm/quantized-weight.ts'
import { sizeOf } from '../layout/layout.ts'
import type { Program, ProgramParameter, ProgramStep } from '../program/program.ts'
import { tensorOf, type Weighted } from '../steps/value.ts'
import { elementTypes, type Graph } from './graph.ts'
import { type Placed, whole } from './values.ts'

export type Precision = 'float32' | 'int8'

/** Writes a parameter, and gives the value that steps compute with: codes that are to be turned back, where it is kept as codes or `isWeight` is to be. */
export function placedParameter(
  graph: Graph,
  parameter: ProgramParameter,
  precision: Options,
  isWeight: boolean,
): Placed {
  const { name, shape, source } = parameter
  const values = () => valuesOf(parameter)
  const kept = precision === 'float32' ? null : codesIn(source)
  if (kept === null && !(precision === 'int8' && isWeight)) {
    graph.parameters.push({ name, type: elementTypes.float32!, shape, read: values })
    return whole(name, shape, 'float32')
  }
  const channels = shape[0]!
  let made: Codes | undefined
  const make = () => kept?.() ?? quantizeRows(values(), channels)
  graph.parameters.push({
    ...{ name, type: elementTypes.int8!, shape },
    read() {
      made = make()
      return made.codes
    },
  })
  const scale = `${name}_scale`
  const read = () => (made ?? make()).scales
  graph.parameters.push({ name: scale, type: elementTypes.float32!, shape: [channels], read })
  return whole(graph.emit('DequantizeLinear', [name, scale], { axis: 0 }), shape, 'float32')
}

type Options = Precision | undefined

/** The codes that a weight is kept as, [channels, …]; null where it is kept as float32. */
function codesIn({ weight }: Weighted): (() => Codes) | null {
  if (weight.precision === 'float32') return null
  const quantized = weight as QuantizedWeight
  return () => ({ codes: quantized.readCodes(), scales: quantized.scales })
}

function valuesOf({ source }: ProgramParameter): Float32Array {
  const { data, offset, shape } = materialize(tensorOf(source))
  return (data as Float32Array).subarray(offset, offset + sizeOf(shape))
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
