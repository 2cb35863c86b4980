/** `tesserae/checkpoint`: parameters in files. */

export { convertNames } from './convert.ts'
export type { ReadOptions } from './decode.ts'
export type { CheckpointData, SafetensorsDtype } from './dtype.ts'
export { CheckpointError } from './error.ts'
export type { Naming } from './naming.ts'
export { openSafetensors } from './open.ts'
export { readSafetensors, type StateDict } from './read.ts'
export type { SafetensorsFile } from './tensor-file.ts'
export { type WriteOptions, writeSafetensors } from './write.ts'
