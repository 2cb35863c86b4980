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

/** The parameters that every product takes as a weight whose first axis are the result's channels, by their ids. */
export function weightsOf({ parameters, steps }: Program): ReadonlySet<number> {
  const isWeight = (id: number) => {
    const users = steps.filter(({ inputs }) => inputs.some((input) => input.id === id))
    return users.every((user) => takesAsWeight(user, id))
  }
  return new Set(parameters.flatMap(({ id, shape }) => (shape.length > 1 && isWeight(id) ? [id] : [])))
}

function takesAsWeight({ step, inputs }: ProgramStep, id: number): boolean {
  if (step.kind !== 'contract') return false
  const { plan } = step
  const place = inputs.findIndex((input) => input.id === id)
  if (place >= plan.operands.length || inputs.lastIndexOf(inputs[place]!) !== place) return false
  const output = plan.output.flat()
  const others = plan.operands.toSpliced(place, 1).flat(2)
  const [channels, ...summed] = plan.operands[place]!
  const isOwn = (axis: number) => output.includes(axis) && !others.includes(axis)
  return (
    channels!.length > 0 && channels!.every(isOwn) && summed.flat().some((axis) => !output.includes(axis))
  )
}
