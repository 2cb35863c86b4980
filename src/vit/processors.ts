/**
 * What Hugging Face's image processors make of the keys of a configuration: a number as `size` is a square for some and the shortest edge for others, some
 * crop and some do not, and what is left out is the class's own (transformers `models/…/image_processing_*.py`).
 */

import { IMAGENET_MEAN, IMAGENET_STD, type PreprocessOptions } from '../image/preprocess.ts'
import type { Interpolation } from '../image/resample.ts'

type Sides = number | readonly [number, number]

export interface Processor {
  /** Whether a number as `size` is height and width, and not the shortest edge. */
  readonly square: boolean
  readonly size: Sides
  readonly crops: boolean
  readonly crop?: Sides
  readonly interpolation: Interpolation
  readonly normalises: boolean
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly bgr?: boolean
  /** What the picture is resized to, and what the model then sees, where that is not `size` itself. */
  before?(size: Sides, keys: Readonly<Record<string, unknown>>): Pick<PreprocessOptions, 'resize' | 'size'>
  /** What differs from the library's own, a sentence. */
  readonly differs?: string
  /** Mean and deviation, where they are not used as they stand. */
  adjusted?(
    mean: readonly number[],
    std: readonly number[],
    keys: Readonly<Record<string, unknown>>,
  ): { readonly mean: readonly number[]; readonly std: readonly number[] }
}

const half = [0.5, 0.5, 0.5]
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711]

const vit: Processor = {
  ...{ square: true, size: [224, 224], crops: false, interpolation: 'bilinear' },
  ...{ normalises: true, mean: half, std: half },
}

const deit: Processor = { ...vit, size: [256, 256], crops: true, crop: [224, 224], interpolation: 'bicubic' }

const clip: Processor = {
  ...{ square: false, size: 224, crops: true, crop: [224, 224], interpolation: 'bicubic' },
  ...{ normalises: true, mean: CLIP_MEAN, std: CLIP_STD },
}

const edgeOf = (size: Sides): number => (typeof size === 'number' ? size : Math.min(...size))

export const processors: Readonly<Record<string, Processor>> = {
  ViT: vit,
  Siglip: { ...vit, interpolation: 'bicubic' },
  DeiT: deit,
  Beit: deit,
  BEiT: deit,
  CLIP: clip,
  Bit: clip,
  DINOv3ViT: { ...vit, mean: IMAGENET_MEAN, std: IMAGENET_STD },
  ViTHybrid: clip,
  // below 384, a margin is cut off; from there on the picture is stretched
  ConvNext: {
    ...{ ...vit, square: false, size: 384 },
    before(size, { crop_pct: share }) {
      const edge = edgeOf(size)
      if (edge >= 384) return { resize: [edge, edge], size: [edge, edge] }
      return {
        resize: Math.trunc(edge / (typeof share === 'number' ? share : 224 / 256)),
        size: [edge, edge],
      }
    },
  },
  Levit: {
    ...{ ...clip, mean: IMAGENET_MEAN, std: IMAGENET_STD },
    before: (size) => ({ resize: typeof size === 'number' ? Math.trunc((256 / 224) * size) : size }),
  },
  MobileViT: {
    ...{ square: false, size: 224, crops: true, crop: [256, 256], interpolation: 'bilinear' },
    ...{ normalises: false, mean: [0, 0, 0], std: [1, 1, 1], bgr: true },
  },
  EfficientNet: {
    ...{ ...vit, size: [346, 346], crop: [289, 289], interpolation: 'nearest' },
    // one is taken off after scaling, and the deviation divides twice for the whole model
    adjusted: (mean, std, { rescale_offset: offset, include_top: top = true }) => ({
      mean: mean.map((value) => value + (offset === true ? 1 : 0)),
      std: std.map((value) => (top === true ? value * value : value)),
    }),
  },
  MobileNetV1: { ...clip, size: 256, interpolation: 'bilinear', mean: half, std: half },
  MobileNetV2: { ...clip, size: 256, interpolation: 'bilinear', mean: half, std: half },
  Segformer: { ...vit, size: [512, 512], mean: IMAGENET_MEAN, std: IMAGENET_STD },
  Blip: { ...vit, size: [384, 384], interpolation: 'bicubic', mean: CLIP_MEAN, std: CLIP_STD },
  Siglip2: {
    ...{ ...vit, interpolation: 'bicubic' },
    differs: 'pictures are stretched, where the processor of flexible sizes keeps their shape',
  },
  VitPose: {
    ...{ ...vit, size: [256, 192], mean: IMAGENET_MEAN, std: IMAGENET_STD },
    differs: 'pictures are stretched, where the processor cuts people out by boxes',
  },
  // not known: as most of them
  '': { ...clip, crops: true, mean: half, std: half },
}
