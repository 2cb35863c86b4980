/** The kernels of products with weights of eight bits, at once: for those who make integers of a model in memory. Who opens a file loads them (`loadKernels`). */
import { quantized } from '../wasm/generated/quantized.ts'
import { bringKernels } from '../wasm/quantized.ts'

export const haveKernels = (): void => bringKernels(quantized)
