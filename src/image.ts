/** `tesserae/image`: pictures in, models' inputs and pictures out. */

export { type Color, drawHeatMap, drawMosaic, type HeatMapOptions, type MosaicOptions } from './image/draw.ts'
export { ImageError } from './image/error.ts'
export type { Box, Reduction } from './image/picture.ts'
export { IMAGENET_MEAN, IMAGENET_STD, type PreprocessOptions, preprocess } from './image/preprocess.ts'
export { type ReadOptions, type ReadPicture, readImage } from './image/read.ts'
export type { Interpolation } from './image/resample.ts'
export { type ImageData, type ResizeOptions, resize } from './image/resize.ts'
export type { BytesHolder, PictureSource } from './image/source.ts'
export { writePng } from './image/write.ts'
