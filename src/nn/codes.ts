/** Parameters kept as integers of eight bits, whoever has that done: `quantize`, or opening a file. */
import { type Codes, type Keeping, QuantizedWeight, quantizeRows } from '../gemm/quantized-weight.ts'
import { Conv2d } from './conv2d.ts'
import type { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { PatchEmbed } from './patch-embed.ts'

/** Shorter sums gain nothing. */
export const leastColumns = 16

/** Of longer ones, rows would have less than 6 bits. */
export const mostColumns = 2 ** 18

/** Has a parameter kept as codes, its values now and those that will be assigned. */
export function keepAsCodes(parameter: Parameter, keeping: Keeping): void {
  parameter.keepBy((values, rows) => new QuantizedWeight(quantizeRows(values, rows), keeping).settled())
}

/** Gives a parameter codes that were made before. */
export function takeCodes(parameter: Parameter, codes: Codes, keeping: Keeping): void {
  parameter.take(new QuantizedWeight(codes, keeping).settled())
}

/** The weights that are made integers, by name: those of linear maps, but for such of pictures. */
export function weightsOf(model: Module): [name: string, parameter: Parameter][] {
  const others = new Set<Parameter>()
  for (const module of model.modules()) {
    if (module instanceof Conv2d || module instanceof PatchEmbed) {
      for (const parameter of module.parameters()) others.add(parameter)
    }
  }
  return [...model.namedParameters()].filter(([, parameter]) => {
    const [rows = 0] = parameter.shape
    const columns = parameter.size / rows
    const suits = columns >= leastColumns && columns <= mostColumns
    return parameter.isMatrix && rows > 0 && suits && !others.has(parameter)
  })
}
