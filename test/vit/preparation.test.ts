/** What configurations say about pictures, as options of `preprocess`, and what is said of what they leave open. */
import { describe, expect, test } from 'vitest'
import { writeSafetensors } from '../../src/checkpoint.ts'
import { VisionTransformer } from '../../src/nn.ts'
import { preparationIn } from '../../src/vit/preparation.ts'

const input = { size: [32, 32], channels: 3, isFixed: false } as const
const of = (name: string, config: object, given: Partial<Parameters<typeof preparationIn>[1]> = {}) =>
  preparationIn({ [name]: JSON.stringify(config) }, { ...input, ...given })
const processor = (type: string, config: object = {}) =>
  of('preprocessor_config.json', { image_processor_type: type, ...config })

const half = [0.5, 0.5, 0.5]
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
const clip = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
}

describe("what Hugging Face's processors do where a configuration says nothing", () => {
  test.each<[string, object]>([
    ['ViTImageProcessor', { size: [224, 224], resize: [224, 224], interpolation: 'bilinear', mean: half }],
    ['SiglipImageProcessor', { size: [224, 224], resize: [224, 224], interpolation: 'bicubic', mean: half }],
    ['DeiTImageProcessor', { size: [224, 224], resize: [256, 256], interpolation: 'bicubic', mean: half }],
    ['BeitFeatureExtractor', { size: [224, 224], resize: [256, 256], interpolation: 'bicubic', mean: half }],
    ['CLIPImageProcessor', { size: [224, 224], resize: 224, interpolation: 'bicubic', ...clip }],
    ['BitImageProcessor', { size: [224, 224], resize: 224, interpolation: 'bicubic', ...clip }],
    [
      'ConvNextImageProcessor',
      { size: [384, 384], resize: [384, 384], interpolation: 'bilinear', mean: half },
    ],
    ['LevitImageProcessor', { size: [224, 224], resize: 256, interpolation: 'bicubic', ...imagenet }],
    [
      'MobileViTImageProcessor',
      { size: [256, 256], resize: 224, bgr: true, mean: [0, 0, 0], std: [1, 1, 1] },
    ],
    ['EfficientNetImageProcessor', { size: [346, 346], resize: [346, 346], interpolation: 'nearest' }],
  ])('%s', (type, expected) => {
    const { assumed, ...prepared } = processor(type)
    expect(prepared).toMatchObject({ rescale: 1 / 255, cropRule: 'huggingface', ...expected })
    expect(assumed).toEqual([])
  })
})

describe('keys mean what their library makes of them', () => {
  test('a size alone is a square for some, and the shortest edge for others', () => {
    expect(processor('ViTFeatureExtractor', { size: 48 })).toMatchObject({ size: [48, 48], resize: [48, 48] })
    expect(processor('CLIPFeatureExtractor', { size: 48, crop_size: 40 })).toMatchObject({
      ...{ size: [40, 40], resize: 48 },
    })
  })

  test('a crop that is asked of a class that crops nothing is passed over, but by its fast form', () => {
    const keys = { size: { height: 64, width: 48 }, do_center_crop: true, crop_size: 40 }
    expect(processor('ViTImageProcessor', keys)).toMatchObject({ size: [64, 48], resize: [64, 48] })
    expect(processor('ViTImageProcessorFast', keys)).toMatchObject({
      ...{ size: [40, 40], resize: [64, 48], cropRule: 'torchvision' },
    })
  })

  test('what is not done is not done: no resizing, no scaling, no normalising, no crop', () => {
    const bare = { do_resize: false, do_rescale: false, do_normalize: false, do_center_crop: false }
    const { size, resize, rescale, mean, std } = processor('CLIPImageProcessor', bare)
    expect({ size, resize, rescale, mean, std }).toEqual({
      ...{ size: null, resize: null, rescale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
    })
  })

  test("EfficientNet's offset and second division are in mean and deviation", () => {
    const keys = { image_mean: half, image_std: half }
    expect(processor('EfficientNetImageProcessor', keys)).toMatchObject({
      mean: half,
      std: [0.25, 0.25, 0.25],
    })
    const others = { ...keys, rescale_offset: true, include_top: false }
    expect(processor('EfficientNetImageProcessor', others)).toMatchObject({
      mean: [1.5, 1.5, 1.5],
      std: half,
    })
  })

  test("timm's view, also where an older file has it at the top", () => {
    const view = { input_size: [3, 48, 48], crop_pct: 0.9, interpolation: 'bilinear', mean: half, std: half }
    const wanted = { size: [48, 48], cropPct: 0.9, cropMode: 'center', interpolation: 'bilinear', mean: half }
    expect(of('config.json', { architecture: 'vit', pretrained_cfg: view })).toMatchObject(wanted)
    expect(of('config.json', { architecture: 'vit', ...view })).toMatchObject(wanted)
    expect(of('config.json', { pretrained_cfg: { ...view, crop_mode: 'squash' } }).cropMode).toBe('squash')
  })

  test("open_clip's preparation and torchvision's preset", () => {
    const view = { mean: half, std: half, interpolation: 'bicubic', resize_mode: 'squash', size: 48 }
    expect(of('open_clip_config.json', { model_cfg: {}, preprocess_cfg: view })).toMatchObject({
      ...{ size: [48, 48], cropPct: 1, cropMode: 'squash', mean: half },
    })
    const metadata = { crop_size: '[224]', resize_size: '[242]', interpolation: 'InterpolationMode.BILINEAR' }
    expect(preparationIn({ ...metadata, crop_size: '224', resize_size: '242' }, input)).toMatchObject({
      ...{ size: [224, 224], resize: 242, interpolation: 'bilinear', ...imagenet },
    })
  })
})

describe('what is not told is said', () => {
  test('without a configuration: mean, deviation and the part that is kept', () => {
    expect(preparationIn({}, input).assumed).toEqual([
      'mean is 0.5,0.5,0.5',
      'std is 0.5,0.5,0.5',
      'cropPct is 0.9',
    ])
    expect(preparationIn({}, { ...input, channels: 1 })).toMatchObject({ mean: [0], std: [1], cropPct: 1 })
  })

  test('a processor that is not known, and one that is done otherwise', () => {
    expect(processor('OtherImageProcessor').assumed[0]).toContain("'OtherImageProcessor' is not known")
    expect(processor('Siglip2ImageProcessor').assumed[0]).toContain('pictures are stretched')
  })

  test('another size than a model takes that takes one only; what is resized to grows with it', () => {
    const keys = { image_processor_type: 'DeiTImageProcessor', size: 64, crop_size: 56 }
    const prepared = of('preprocessor_config.json', keys, { size: [112, 112], isFixed: true })
    expect(prepared).toMatchObject({ size: [112, 112], resize: [128, 128] })
    expect(prepared.assumed).toEqual([
      'size is 112×112, as the model takes it, where the configuration has 56×56',
    ])
  })
})

test('a filter that there is not is refused when the preparation is asked, and the model answers all the same', async () => {
  const options = { imgSize: 8, patchSize: 4, embedDim: 8, depth: 1, numHeads: 1, numClasses: 2 }
  const bytes = writeSafetensors(new VisionTransformer(options).stateDict())
  const config = { pretrained_cfg: { input_size: [3, 8, 8], interpolation: 'random' } }
  const model = await VisionTransformer.fromCheckpoint(bytes, { numHeads: 1 }, { 'config.json': config })
  expect(() => model.preparation).toThrow('the configuration\'s interpolation is "random"')
})
