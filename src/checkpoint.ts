/** `tesserae/checkpoint`: parameters in files. */

export type { ReadOptions } from './checkpoint/decode.ts'
export type { CheckpointData, SafetensorsDtype } from './checkpoint/dtype.ts'
export { CheckpointError } from './checkpoint/error.ts'
export { openSafetensors } from './checkpoint/open.ts'
export { readSafetensors, type StateDict } from './checkpoint/read.ts'
export type { SafetensorsFile } from './checkpoint/tensor-file.ts'
export { type WriteOptions, writeSafetensors } from './checkpoint/write.ts'
export { convertNames } from './vit/convert.ts'
export type { Naming } from './vit/naming.ts'
