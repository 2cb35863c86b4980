/** Tensors of other libraries in and out: what `import … from 'tesserae/adapters'` gives. */
export { type CopyOption, type DimsTensor, fromDims, type RowMajor, toDims } from './adapters/dims.ts'
export { fromImageData, type ImageDataLike, toImageData } from './adapters/image-data.ts'
export {
  fromOnnx,
  type OnnxTensor,
  type OnnxTensorConstructor,
  type ToOnnxOptions,
  toOnnx,
} from './adapters/onnx.ts'
export {
  fromTensorflow,
  type TensorflowMaker,
  type TensorflowTensor,
  toTensorflow,
} from './adapters/tensorflow.ts'
