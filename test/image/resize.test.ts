import { existsSync, readFileSync } from 'node:fs'
import ndarray from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import {
  IMAGENET_MEAN,
  IMAGENET_STD,
  type ImageData,
  ImageError,
  type Interpolation,
  preprocess,
  readImage,
  resize,
} from 'tesserae/image'
import { describe, expect, test } from 'vitest'

interface PillowCase {
  interpolation: Interpolation
  height: number
  width: number
  data: string
}
const pillow = JSON.parse(readFileSync(new URL('pillow-resize.json', import.meta.url), 'utf8')) as {
  input: { shape: number[]; data: string }
  cases: PillowCase[]
}
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
const picture = ndarray(bytesOf(pillow.input.data), pillow.input.shape)

describe('bytes are resized to the very bytes of Pillow', () => {
  test.each(pillow.cases)('$interpolation to $height×$width', ({ interpolation, height, width, data }) => {
    const resized = resize(picture, { height, width, interpolation })
    expect(resized.shape).toEqual([height, width, 3])
    expect(resized.data).toEqual(bytesOf(data))
  })

  test('a transposed view gives the transposed result', () => {
    const [turned] = [picture.transpose(1, 0, 2)]
    const a = resize(turned, { height: 7, width: 5, interpolation: 'nearest' })
    const b = resize(picture, { height: 5, width: 7, interpolation: 'nearest' })
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 7; j++) expect(a.get(j, i, 1)).toBe(b.get(i, j, 1))
    }
  })

  test('an image that has the size already is copied, not shared', () => {
    const same = resize(picture, { height: 13, width: 17 })
    expect(same.data).toEqual(picture.data)
    expect(same.data).not.toBe(picture.data)
  })
})

describe('a picture with alpha is resized to the very bytes of Pillow: what is hidden has no part in the colours', () => {
  const { inputs, cases } = JSON.parse(
    readFileSync(new URL('pillow-alpha.json', import.meta.url), 'utf8'),
  ) as {
    inputs: Record<string, { shape: number[]; data: string }>
    cases: (PillowCase & { mode: string })[]
  }
  test.each(cases)(
    '$mode, $interpolation to $height×$width',
    ({ mode, interpolation, height, width, data }) => {
      const image = ndarray(bytesOf(inputs[mode]!.data), inputs[mode]!.shape)
      const before = image.data.slice()
      expect(resize(image, { height, width, interpolation }).data).toEqual(bytesOf(data))
      expect(image.data).toEqual(before)
    },
  )
})

describe('preprocess resamples only what the crop keeps', () => {
  const failing = new URL('failing/', import.meta.url)
  test.each(['strip_1x8000.png', 'strip_1x100000.png'])(
    '%s becomes an input in little memory',
    async (name) => {
      const image = await readImage(readFileSync(new URL(name, failing)))
      const before = process.memoryUsage().arrayBuffers
      const input = preprocess(image, { size: 224, cropPct: 0.9 })
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20)
      expect(input.shape).toEqual([1, 3, 224, 224])
    },
  )

  test.each(['bicubic', 'bilinear', 'lanczos', 'nearest'] as const)(
    'and %s gives what resizing everything and cutting would give',
    (interpolation) => {
      const random = (n: number) =>
        Uint8Array.from({ length: n }, (_, i) => (i * 7919 + (i >> 3) * 104729) % 251)
      for (const [h, w, size, cropPct] of [
        [40, 61, 16, 0.7],
        [61, 40, 32, 0.9],
        [9, 70, 24, 1],
        [32, 32, 32, 1],
        [33, 90, 28, 28 / 33],
      ] as const) {
        const image = ndarray(random(h * w * 3), [h, w, 3])
        const short = Math.floor(size / cropPct)
        const long = Math.floor((short * Math.max(h, w)) / Math.min(h, w))
        const [height, width] = h <= w ? [short, long] : [long, short]
        const whole = resize(image, { height, width, interpolation })
        const half = (x: number) => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))
        const cut = whole.lo(half((height - size) / 2), half((width - size) / 2), 0).hi(size, size, 3)
        const options = { interpolation, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] }
        const input = preprocess(image, { ...options, size, cropPct })
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            for (let c = 0; c < 3; c++) {
              expect(Math.round(input.get(0, c, i, j))).toBe(cut.get(i, j, c))
            }
          }
        }
      }
    },
  )
})

const vectors = new URL('../../../shared/vectors/vit/', import.meta.url)
const here = existsSync(vectors)

describe.skipIf(!here)('floats are resized as torch does (skipped without ../shared/vectors)', () => {
  const ways = {
    bilinear: { interpolation: 'bilinear', antialias: false },
    bilinear_aa: { interpolation: 'bilinear' },
    bilinear_ac: { interpolation: 'bilinear', antialias: false, alignCorners: true },
    bicubic: { interpolation: 'bicubic', antialias: false },
    bicubic_aa: { interpolation: 'bicubic' },
    bicubic_ac: { interpolation: 'bicubic', antialias: false, alignCorners: true },
    nearest: { interpolation: 'nearest' },
  } as const
  const cases = ['5x5_to_5x9', '16x12_to_7x5', '6x8_to_12x13'].flatMap((size) =>
    Object.keys(ways).map((way) => [size, way as keyof typeof ways] as const),
  )

  test.each(cases)('%s, %s', (size, way) => {
    const tensors = readSafetensors(readFileSync(new URL(`f_resize_${size}.safetensors`, vectors)))
    const x = tensors['input.x']!
    const expected = tensors[`output.${way}`]!
    const [, , height, width] = expected.shape as [number, number, number, number]
    const image = ndarray(x.data as Float32Array, x.shape.slice(1)).transpose(1, 2, 0)
    const got = resize(image, { height, width, ...ways[way] }).transpose(2, 0, 1)
    let worst = 0
    for (let c = 0; c < x.shape[1]!; c++) {
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          worst = Math.max(worst, Math.abs(got.get(c, i, j) - Number(expected.get(0, c, i, j))))
        }
      }
    }
    expect(worst).toBeLessThan(2e-5)
  })

  test('preprocessing floats gives what torchvision gives', () => {
    const tensors = readSafetensors(
      readFileSync(new URL('f_preprocess_resize_crop_normalize.safetensors', vectors)),
    )
    const x = tensors['input.x']!
    const expected = tensors['output.y']!
    const image = ndarray(x.data as Float32Array, x.shape.slice(1)).transpose(1, 2, 0)
    const got = preprocess(image, { size: 28, cropPct: 28 / 32, mean: IMAGENET_MEAN, std: IMAGENET_STD })
    expect(got.shape).toEqual([1, 3, 28, 28])
    const worst = got.data.reduce(
      (max, value, i) => Math.max(max, Math.abs(value - Number(expected.data[i]))),
      0,
    )
    expect(worst).toBeLessThan(2e-4)
  })
})

describe('preprocess', () => {
  const flat = (value: number, shape: number[]) =>
    ndarray(new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape)

  test('values become (x / 255 − mean) / std in their channel', () => {
    const image = ndarray(
      new Uint8Array(4 * 4 * 3).map((_, i) => [0, 51, 255][i % 3]!),
      [4, 4, 3],
    )
    const y = preprocess(image, { size: 4, cropPct: 1, mean: [0.5, 0.1, 0], std: [0.5, 0.1, 2] })
    expect([y.get(0, 0, 1, 2), y.get(0, 1, 1, 2), y.get(0, 2, 1, 2)]).toEqual([
      -1,
      Math.fround(0.1 / 0.1),
      0.5,
    ])
  })

  test('grey becomes three equal channels and alpha is dropped', () => {
    const options = { size: 2, cropPct: 1, mean: [0, 0, 0], std: [1, 1, 1] }
    expect([...preprocess(flat(255, [2, 2, 1]), options).data]).toEqual(new Array(12).fill(1))
    const greyAlpha = ndarray(
      new Uint8Array(8).map((_, i) => (i % 2 ? 7 : 255)),
      [2, 2, 2],
    )
    expect([...preprocess(greyAlpha, options).data]).toEqual(new Array(12).fill(1))
    const rgba = ndarray(
      new Uint8Array(16).map((_, i) => (i % 4 === 3 ? 7 : 255)),
      [2, 2, 4],
    )
    expect([...preprocess(rgba, options).data]).toEqual(new Array(12).fill(1))
  })

  test("a model of one channel gets what is grey of colours, as Pillow's convert('L') has it", () => {
    const options = { size: 1, cropPct: 1, mean: [0], std: [1 / 255] }
    const grey = [
      [10, 200, 30, 124],
      [255, 255, 255, 255],
      [1, 0, 3, 1],
      [0, 1, 0, 1],
    ]
    for (const [r, g, b, expected] of grey) {
      for (const alpha of [[], [7]]) {
        const bytes = Uint8Array.of(r!, g!, b!, ...alpha)
        const [value] = preprocess(ndarray(bytes, [1, 1, bytes.length]), options).data
        expect(value).toBeCloseTo(expected!, 4)
      }
      const floats = Float32Array.of(r! / 255, g! / 255, b! / 255)
      const [value] = preprocess(ndarray(floats, [1, 1, 3]), options).data
      expect(value).toBeCloseTo(0.299 * r! + 0.587 * g! + 0.114 * b!, 2)
    }
    const wide = ndarray(
      Uint8Array.from({ length: 4 * 6 * 3 }, (_, i) => i * 3),
      [4, 6, 3],
    )
    const view = wide.transpose(1, 0, 2).step(-2, 1, 1) // strides of any kind
    const seen = preprocess(view, { ...options, size: null, resize: null }).data
    const plain = Array.from({ length: 12 }, (_, i) => {
      const [row, column] = [Math.floor(i / 4), i % 4]
      const colour = [0, 1, 2].map((c) => view.get(row, column, c))
      return (19595 * colour[0]! + 38470 * colour[1]! + 7471 * colour[2]! + 32768) >> 16
    })
    seen.forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i]!, 3)
    })
  })

  test('the centre is cut out of the long side', () => {
    const columns = ndarray(
      new Uint8Array(2 * 6 * 1).map((_, i) => i % 6),
      [2, 6, 1],
    )
    const y = preprocess(columns, { size: 2, cropPct: 1, mean: [0], std: [1 / 255] })
    expect([...y.data].map(Math.round)).toEqual([2, 3, 2, 3])
  })

  test.each<[string, () => unknown, string]>([
    ['a shape without channels', () => preprocess(flat(0, [4, 4])), 'shape [4,4], expected [h, w, c]'],
    ['an empty picture', () => preprocess(flat(0, [0, 4, 3])), 'shape [0,4,3]'],
    [
      'a dtype that is no picture',
      () => preprocess(ndarray(new Int32Array(12), [2, 2, 3]) as never),
      'dtype int32',
    ],
    ['five channels', () => preprocess(flat(0, [2, 2, 5])), 'the image has 5 channels, mean has 3 numbers'],
    ['a crop over everything', () => preprocess(flat(0, [2, 2, 3]), { cropPct: 2 }), 'cropPct is 2'],
    ['a size of half a pixel', () => preprocess(flat(0, [2, 2, 3]), { size: 0.5 }), 'size is 0.5'],
    [
      'unequal statistics',
      () => preprocess(flat(0, [2, 2, 3]), { mean: [0] }),
      'mean has 1 numbers and std 3',
    ],
    ['no height', () => resize(flat(0, [2, 2, 3]), { height: 0, width: 3 }), 'height is 0'],
    [
      'aligned corners with antialiasing',
      () =>
        resize(flat(0, [2, 2, 3]) as ndarray.NdArray<ImageData>, { height: 3, width: 3, alignCorners: true }),
      'alignCorners is only for',
    ],
  ])('%s is refused', (_, run, words) => {
    expect(run).toThrow(ImageError)
    expect(run).toThrow(words)
  })
})

describe('options that there are not', () => {
  const image = ndarray(new Uint8Array(4 * 4 * 3), [4, 4, 3])
  const message = (call: () => unknown) => {
    try {
      call()
    } catch (error) {
      expect(error).toBeInstanceOf(ImageError)
      return (error as ImageError).message
    }
    return 'nothing was thrown'
  }

  test.each<[string, () => unknown, string]>([
    ['a misspelt one', () => preprocess(image, { crop_pct: 1 } as never), "did you mean 'cropPct'?"],
    ['a number in their place', () => preprocess(image, 384 as never), "bad option 'options' — got 384"],
    [
      'another name of a filter',
      () => resize(image, { height: 2, width: 2, interpolation: 'cubic' as 'bicubic' }),
      "got \"cubic\", expected 'nearest' or 'box' or 'bilinear' or 'hamming' or 'bicubic' or 'lanczos'",
    ],
    [
      'a flag in words',
      () => resize(image, { height: 2, width: 2, antialias: 'false' as never }),
      'got "false", expected true or false',
    ],
    [
      'a mean of bytes',
      () => preprocess(image, { mean: [123.7, 116.3, 103.5] }),
      'got [123.7, 116.3, 103.5], expected a list of numbers from -1 to 1',
    ],
    [
      'a deviation of 0',
      () => preprocess(image, { std: [0, 1, 1] }),
      'got [0, 1, 1], expected a list of positive numbers',
    ],
    [
      'no options where some are needed',
      () => resize(image, undefined as never),
      "bad option 'options' — got undefined",
    ],
  ])('%s', (_, call, words) => {
    expect(message(call)).toContain(words)
  })
})
