/** Programs on the graphics card: what `import … from 'tesserae/webgpu'` gives. */
export type { Card, CardBuffer } from './webgpu/card.ts'
export { type GpuFunctionOptions, type GpuInput, GpuModel, type GpuOptions, gpu } from './webgpu/gpu.ts'
export { GpuArray } from './webgpu/gpu-array.ts'
