/** `tesserae/image`: pictures in, models' inputs and pictures out. */

export { type Color, drawHeatMap, drawMosaic, type HeatMapOptions, type MosaicOptions } from './draw.ts'
export { ImageError } from './error.ts'
export type { ReadLimits } from './picture.ts'
export { IMAGENET_MEAN, IMAGENET_STD, type PreprocessOptions, preprocess } from './preprocess.ts'
export { readImage } from './read.ts'
export type { Interpolation } from './resample.ts'
export { type ImageData, type ResizeOptions, resize } from './resize.ts'
export { writePng } from './write.ts'
