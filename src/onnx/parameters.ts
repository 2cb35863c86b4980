/** Parameters as tensors of the file, under their names: as they are, or in eight bits where they are weights of products. */
import { materialize } from '../copy/copy.ts'
import { type Codes, quantizeRows } from '../gemm/quantized-weight.ts'
import { sizeOf } from '../layout/layout.ts'
import type { ProgramParameter } from '../program/program.ts'
import { codesIn } from '../program/weights.ts'
import { tensorOf } from '../steps/value.ts'
import { type Graph, tensorTypes } from './graph.ts'
import { type GraphValue, whole } from './values.ts'

/** Writes a parameter, and gives the value that steps compute with: codes that are to be turned back, where it is kept as codes or `isWeight` is to be. */
export function placedParameter(
  graph: Graph,
  parameter: ProgramParameter,
  precision: 'float32' | 'int8' | undefined,
  isWeight: boolean,
): GraphValue {
  const { name, shape, source } = parameter
  const values = () => valuesOf(parameter)
  const kept = precision === 'float32' ? null : codesIn(source)
  if (kept === null && !(precision === 'int8' && isWeight)) {
    graph.parameters.push({ name, type: tensorTypes.float32!, shape, read: values })
    return whole(name, shape, 'float32')
  }
  const channels = shape[0]!
  let made: Codes | undefined
  const make = () => kept?.() ?? quantizeRows(values(), channels)
  graph.parameters.push({
    ...{ name, type: tensorTypes.int8!, shape },
    read() {
      made = make()
      return made.codes
    },
  })
  const scale = `${name}_scale`
  const read = () => (made ?? make()).scales
  graph.parameters.push({ name: scale, type: tensorTypes.float32!, shape: [channels], read })
  return whole(graph.emit('DequantizeLinear', [name, scale], { axis: 0 }), shape, 'float32')
}

function valuesOf({ source }: ProgramParameter): Float32Array {
  const { data, offset, shape } = materialize(tensorOf(source))
  return (data as Float32Array).subarray(offset, offset + sizeOf(shape))
}
