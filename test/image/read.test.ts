import { existsSync, readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import ndarray from 'ndarray'
import { ImageError, readImage, writePng } from 'tesserae/image'
import { describe, expect, test } from 'vitest'
import { chunk, pngOf } from './png-files.ts'

const pixels = async (file: Uint8Array) => [...(await readImage(file)).data]

async function failure(file: Uint8Array, limits = {}): Promise<ImageError> {
  const error = await readImage(file, limits).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ImageError)
  expect((error as ImageError).message).not.toContain('\n')
  return error as ImageError
}

describe('PNG', () => {
  const kinds = [
    ['1-bit grey', 0, 1, 1],
    ['2-bit grey', 0, 2, 1],
    ['4-bit grey', 0, 4, 1],
    ['8-bit grey', 0, 8, 1],
    ['16-bit grey', 0, 16, 1],
    ['RGB', 2, 8, 3],
    ['16-bit RGB', 2, 16, 3],
    ['grey and alpha', 4, 8, 2],
    ['16-bit grey and alpha', 4, 16, 2],
    ['RGBA', 6, 8, 4],
    ['16-bit RGBA', 6, 16, 4],
  ] as const
  const layouts = [false, true].flatMap((interlaced) =>
    ([0, 1, 2] as const).map((filter) => ({ interlaced, filter })),
  )

  test.each(kinds)(
    '%s comes out as its samples, with every filter, interlaced or not',
    async (_, colorType, depth, c) => {
      const most = 2 ** depth - 1
      const sample = (y: number, x: number, s: number) => (y * 7919 + x * 104729 + s * 31) % (most + 1)
      for (const { interlaced, filter } of layouts) {
        for (const [height, width] of [
          [11, 13],
          [1, 1],
          [3, 2],
        ] as const) {
          const image = await readImage(
            pngOf({ width, height, depth, colorType, interlaced, filter }, sample),
          )
          expect(image.shape).toEqual([height, width, c])
          const expected: number[] = []
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              for (let s = 0; s < c; s++) {
                expected.push(depth === 16 ? sample(y, x, s) >> 8 : (sample(y, x, s) * 255) / most)
              }
            }
          }
          expect([...image.data]).toEqual(expected)
        }
      }
    },
  )

  test.each([1, 2, 4, 8])('a palette of %i bits becomes RGB, interlaced or not', async (depth) => {
    const palette = [10, 20, 30, 40, 50, 60]
    for (const interlaced of [false, true]) {
      const file = pngOf(
        { width: 3, height: 2, depth, colorType: 3, palette, interlaced },
        (y, x) => (y + x) % 2,
      )
      expect(await pixels(file)).toEqual([
        ...[10, 20, 30, 40, 50, 60, 10, 20, 30],
        ...[40, 50, 60, 10, 20, 30, 40, 50, 60],
      ])
    }
  })

  test('a palette with transparency becomes RGBA, colours without a value opaque', async () => {
    const options = {
      width: 2,
      height: 1,
      depth: 8,
      colorType: 3,
      palette: [1, 2, 3, 4, 5, 6],
      transparency: [9],
    }
    expect(await pixels(pngOf(options, (_, x) => x))).toEqual([1, 2, 3, 9, 4, 5, 6, 255])
  })

  test('a transparent colour becomes an alpha channel, compared in all its bits', async () => {
    const grey = pngOf(
      { width: 3, height: 1, depth: 16, colorType: 0, transparency: [1, 2] },
      (_, x) => 0x101 + x,
    )
    expect(await pixels(grey)).toEqual([1, 255, 1, 0, 1, 255])
    const rgb = { width: 2, height: 1, depth: 8, colorType: 2, transparency: [0, 1, 0, 2, 0, 3] }
    expect(await pixels(pngOf(rgb, (_, x, s) => s + 1 + x))).toEqual([1, 2, 3, 0, 2, 3, 4, 255])
  })

  test('an eXIf chunk turns the picture', async () => {
    const exif = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    const image = await readImage(pngOf({ width: 3, height: 1, depth: 8, colorType: 0, exif }, (_, x) => x))
    expect(image.shape).toEqual([3, 1, 1])
    expect([...image.data]).toEqual([0, 1, 2])
  })

  test('what was written is read back, whatever its strides and channels', async () => {
    for (const channels of [1, 2, 3, 4]) {
      const image = ndarray(
        Uint8Array.from({ length: 6 * channels }, (_, i) => 37 * i),
        [2, 3, channels],
      )
      const turned = image.transpose(1, 0, 2).step(-1, 1, 1)
      const back = await readImage(writePng(turned))
      expect(back.shape).toEqual([3, 2, channels])
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 2; j++) {
          for (let c = 0; c < channels; c++) expect(back.get(i, j, c)).toBe(turned.get(i, j, c))
        }
      }
    }
    const grey = await readImage(writePng(ndarray(new Uint8Array([1, 2, 3, 4, 5, 6]), [2, 3])))
    expect(grey.shape).toEqual([2, 3, 1])
    expect([...grey.data]).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('only pictures of bytes are written', () => {
    expect(() => writePng(ndarray(new Float32Array(12), [2, 2, 3]) as never)).toThrow(
      'dtype float32, expected uint8',
    )
    expect(() => writePng(ndarray(new Uint8Array(20), [2, 2, 5]))).toThrow('shape [2,2,5]')
  })
})

describe('JPEG', () => {
  const { cases } = JSON.parse(readFileSync(new URL('pillow-jpeg.json', import.meta.url), 'utf8')) as {
    cases: { name: string; file: string; shape: number[]; pixels: string }[]
  }
  test.each(cases)('$name is the picture that Pillow shows', async ({ file, shape, pixels: base64 }) => {
    const image = await readImage(Buffer.from(file, 'base64'))
    const expected = Buffer.from(base64, 'base64')
    expect(image.shape).toEqual(shape)
    const differences = image.data.map((value, i) => Math.abs(value - expected[i]!))
    expect(Math.max(...differences)).toBeLessThanOrEqual(3)
  })

  const [jpeg] = cases.map(({ file }) => new Uint8Array(Buffer.from(file, 'base64')))

  test('cut off anywhere, it is refused', async () => {
    for (let length = 3; length < jpeg!.length - 2; length += 7) {
      expect((await failure(jpeg!.subarray(0, length))).code).toBe('file/truncated')
    }
  })

  describe('the word of an Adobe segment about its colours', () => {
    const colored = Buffer.from(cases.find(({ name }) => name === '4:4:4')!.file, 'base64')
    const adobe = (transform: number) => [...Buffer.from('ffee000e41646f6265006400000000', 'hex'), transform]
    const bare = [...colored.subarray(0, 2), ...colored.subarray(2 + 2 + colored.readUint16BE(4))] // without JFIF
    const withAdobe = (file: Iterable<number>, transform: number) => {
      const [a, b, ...rest] = file
      return Buffer.from([a!, b!, ...adobe(transform), ...rest])
    }

    test('is believed where the file does not follow JFIF', async () => {
      const usual = await pixels(colored)
      expect(await pixels(withAdobe(bare, 1))).toEqual(usual)
      expect(await pixels(withAdobe(bare, 0))).not.toEqual(usual)
      expect(await pixels(withAdobe(colored, 0))).toEqual(usual)
    })

    test('stays as it is in the bytes that were given', async () => {
      const file = withAdobe(bare, 1)
      const before = Buffer.from(file)
      const first = await pixels(file)
      expect(file).toEqual(before)
      expect(await pixels(file)).toEqual(first)
    })
  })

  test('a size that the file cannot hold is refused at once', async () => {
    const huge = jpeg!.slice()
    const frame = huge.findIndex((byte, i) => byte === 0xff && huge[i + 1] === 0xc0)
    huge.set([0x1f, 0xff, 0x1f, 0xff], frame + 5)
    expect((await failure(huge)).code).toBe('file/truncated')
    huge.set([0xff, 0xff, 0xff, 0xff], frame + 5)
    expect((await failure(huge)).message).toContain('the picture of 65535×65535 pixels is too large')
  })

  test.each([
    [0xc3, 'without loss'],
    [0xc9, 'with arithmetic coding'],
    [0xc5, 'of several frames'],
  ])('frames of kind %i are refused by their name', async (marker, words) => {
    const other = jpeg!.slice()
    other[other.findIndex((byte, i) => byte === 0xff && other[i + 1] === 0xc0) + 1] = marker
    expect((await failure(other)).message).toContain(words)
  })

  test('thousands of scans are refused before they are decoded', async () => {
    const scan = jpeg!.findIndex((byte, i) => byte === 0xff && jpeg![i + 1] === 0xda)
    const scans = Array.from({ length: 1000 }, () => jpeg!.subarray(scan, -2))
    const file = Buffer.concat([jpeg!.subarray(0, scan), ...scans, jpeg!.subarray(-2)])
    expect((await failure(file)).message).toContain('it has 1000 scans')
  })
})

describe('files that are refused', () => {
  const picture = { width: 4, height: 4, depth: 8, colorType: 2 }
  const good = pngOf(picture, (y, x) => y * x)

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'it is empty'],
    ['text', Buffer.from('hello, this is no picture'), 'it looks like text: "hello, this is n"'],
    ['a GIF', Buffer.from('GIF89a\x01\x00'), 'it is a GIF file'],
    ['a WebP', Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 '), 'it is a WebP file'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'it is an XML, SVG or HTML file'],
    ['other bytes', new Uint8Array([0, 1, 2, 255]), 'it begins with the bytes 00 01 02 ff'],
  ])('%s: the message says what it is', async (_, file, words) => {
    const error = await failure(file)
    expect(error.code).toBe('file/foreign')
    expect(error.message).toContain(`readImage: not a PNG or JPEG file — ${words}`)
  })

  test('a PNG cut off anywhere', async () => {
    for (let length = 8; length < good.length; length++) {
      const { code } = await failure(good.subarray(0, length))
      expect(code).toBe('file/truncated')
    }
  })

  test('a PNG with a wrong checksum', async () => {
    const file = Uint8Array.from(good)
    file[20]! ^= 1
    expect((await failure(file)).message).toContain('the checksum of its IHDR chunk is wrong')
  })

  test('a PNG whose pixels are cut off although all its chunks are there', async () => {
    const data = deflateSync(Buffer.alloc(4 * 13)).subarray(0, -6)
    expect((await failure(pngOf({ ...picture, data }, () => 0))).message).toContain('do not decompress')
  })

  test('a PNG with fewer or more pixels than its header announces', async () => {
    const fewer = pngOf({ ...picture, data: deflateSync(Buffer.alloc(20)) }, () => 0)
    expect((await failure(fewer)).message).toContain('fewer bytes of pixels than the 52')
    const more = pngOf({ ...picture, data: deflateSync(Buffer.alloc(53)) }, () => 0)
    expect((await failure(more)).message).toContain('more bytes of pixels than the 52')
  })

  test('a PNG whose kilobytes stand for a gigabyte is refused without decompressing it', async () => {
    const bomb = pngOf({ ...picture, data: deflateSync(Buffer.alloc(2 ** 28), { level: 9 }) }, () => 0)
    const before = process.memoryUsage().arrayBuffers
    expect((await failure(bomb)).message).toContain('more bytes of pixels')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26)
  })

  test('a picture beyond maxPixels, before anything is decoded', async () => {
    const error = await failure(
      pngOf({ ...picture, width: 100_000, height: 100_000, data: new Uint8Array(1) }, () => 0),
    )
    expect(error.code).toBe('image/too-large')
    expect((await failure(good, { maxPixels: 15 })).message).toContain(
      'the picture of 4×4 pixels is too large — it has more than 15 pixels (maxPixels)',
    )
  })

  test('a picture without pixels', async () => {
    expect((await failure(pngOf({ ...picture, width: 0 }, () => 0))).message).toContain('its size is 0×4')
  })

  test('colour types, depths and methods that do not exist', async () => {
    expect(
      (await failure(pngOf({ ...picture, colorType: 6, depth: 4, data: new Uint8Array(1) }, () => 0)))
        .message,
    ).toContain('colour type 6 with 4 bits a sample does not exist')
  })

  test('a pixel beyond the palette, and a picture without one', async () => {
    const beyond = pngOf({ ...picture, colorType: 3, palette: [1, 2, 3] }, () => 1)
    expect((await failure(beyond)).message).toContain('colour 1 of a palette of 1')
    const without = pngOf({ ...picture, colorType: 3 }, () => 0)
    expect((await failure(without)).message).toContain('its palette has 0 bytes')
  })

  test('a PNG that begins with another chunk', async () => {
    const file = Buffer.concat([good.subarray(0, 8), chunk('tEXt', Buffer.from('a')), good.subarray(8)])
    expect((await failure(file)).message).toContain('its first chunk is tEXt')
  })

  test('bytes in shared memory are read like others', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(good.length))
    shared.set(good)
    expect((await readImage(shared)).data).toEqual((await readImage(good)).data)
  })

  test('something that is not bytes', async () => {
    const refused = (value: unknown, words: string) =>
      expect(readImage(value as never)).rejects.toThrow(words)
    await refused('photo.png', 'got "photo.png", expected a Uint8Array; await readFile(path)')
    await refused(Promise.resolve(good), 'an await is missing')
    await refused(new ArrayBuffer(8), 'new Uint8Array(buffer) is one')
    await refused(new Blob([Buffer.from(good)]), 'new Uint8Array(await blob.arrayBuffer()) is one')
    await refused(null, 'got null, expected a Uint8Array')
  })

  test('a limit that is none', async () => {
    expect((await failure(good, { maxpixels: 10 })).message).toContain("did you mean 'maxPixels'?")
    expect((await failure(good, { maxPixels: Number.NaN })).message).toContain(
      'got NaN, expected a positive number',
    )
  })
})

const odd = new URL('../../../shared/data/images/odd/', import.meta.url)

describe.skipIf(!existsSync(odd))('odd pictures (skipped without ../shared/data)', () => {
  test.each([
    ['hopper.png', [128, 128, 3]],
    ['hopper_gray.jpg', [128, 128, 1]],
    ['hopper_wal.png', [128, 128, 3]],
    ['pil123rgba.png', [150, 162, 4]],
    ['uncompressed_la.png', [128, 128, 2]],
    ['pil_sample_cmyk.jpg', [100, 100, 3]],
    ['hopper_orientation_6.jpg', [128, 128, 3]],
  ])('%s is read as %j', async (name, shape) => {
    expect((await readImage(readFileSync(new URL(name, odd)))).shape).toEqual(shape)
  })

  test('the turned picture is the same as the upright one, but for what JPEG loses', async () => {
    const turned = await readImage(readFileSync(new URL('hopper_orientation_6.jpg', odd)))
    const straight = await readImage(readFileSync(new URL('hopper.png', odd)))
    const total = turned.data.reduce((sum, value, i) => sum + Math.abs(value - straight.data[i]!), 0)
    expect(total / turned.data.length).toBeLessThan(12)
  })
})
