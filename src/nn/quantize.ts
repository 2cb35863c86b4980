/** Models whose weights are integers of eight bits. */
import { QuantizedWeight, quantizeRows } from '../gemm/quantized-weight.ts'
import type { Precision } from '../gemm/weighted.ts'
import type { Module } from './module.ts'

export interface QuantizeOptions {
  readonly precision?: Exclude<Precision, 'float32'> | undefined
  readonly panels?: 8 | 16 | undefined
}

export function quantize(model: Module, options: QuantizeOptions = {}): void {
  const { precision = 'int8', panels = 8 } = options
  for (const parameter of model.parameters()) {
    if (!parameter.isMatrix) continue
    parameter.keepBy((values, rows) => new QuantizedWeight(quantizeRows(values, rows), { precision, panels }))
  }
}
