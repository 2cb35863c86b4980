/** `tesserae/onnx`: models, programs and patterns as ONNX files. */

export { type OnnxOptions, toOnnx } from './onnx/to-onnx.ts'
export type { Traceable } from './program/trace.ts'
