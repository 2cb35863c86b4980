import { existsSync, readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
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

/** EXIF data that turn a picture, as ImageMagick writes them into a text. */
function profile(name: string, isCompressed = false): Uint8Array {
  const exif = Buffer.from('457869660000' + '4d4d002a00000008000101120003000000010006000000000000', 'hex')
  const text = `\n${name}\n      ${exif.length}\n${exif.toString('hex').replace(/.{72}/g, '$&\n')}\n`
  const keyword = `Raw profile type ${name}\0`
  if (!isCompressed) return Buffer.from(keyword + text)
  return Buffer.concat([Buffer.from(`${keyword}\0`), deflateSync(text)])
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

  test('keys of transparency count in as many bits as samples have, and are ignored where they are too short', async () => {
    const wide = pngOf(
      { width: 3, height: 1, depth: 2, colorType: 0, transparency: [0xff, 0xfd] },
      (_, x) => x,
    )
    expect(await pixels(wide)).toEqual([0, 255, 85, 0, 170, 255])
    const short = await readImage(
      pngOf({ width: 1, height: 1, depth: 8, colorType: 2, transparency: [1] }, () => 9),
    )
    expect([...short.data]).toEqual([9, 9, 9])
    expect(short.warnings[0]).toContain('tRNS chunk has 1 bytes, expected 6')
  })

  test('a pixel beyond the palette is black', async () => {
    const file = pngOf(
      { width: 2, height: 1, depth: 8, colorType: 3, palette: [1, 2, 3], transparency: [5] },
      (_, x) => x,
    )
    const image = await readImage(file)
    expect([...image.data]).toEqual([1, 2, 3, 5, 0, 0, 0, 255])
    expect(image.warnings).toEqual(['a pixel has colour 1 of a palette of 1; such pixels are black'])
  })

  test('rows and bytes behind those that the header announces are left alone', async () => {
    const options = { width: 4, height: 2, depth: 8, colorType: 0 }
    const rows = deflateSync(Buffer.from([0, 1, 2, 3, 4, 0, 5, 6, 7, 8, 0, 9, 9, 9, 9]))
    const more = await readImage(pngOf({ ...options, data: rows }, () => 0))
    expect([...more.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(more.warnings).toEqual(['there is more behind the compressed pixels, which was ignored'])
    const exact = deflateSync(Buffer.from([0, 1, 2, 3, 4, 0, 5, 6, 7, 8]))
    const junk = await readImage(pngOf({ ...options, data: Buffer.concat([exact, exact]) }, () => 0))
    expect([...junk.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const file = await readImage(readFileSync(new URL('failing/idat_trailing_bytes.png', import.meta.url)))
    expect(file.shape).toEqual([12, 20, 3])
  })

  test.each<[string, string, Uint8Array]>([
    ["ImageMagick's profile", 'tEXt', profile('exif')],
    ["ImageMagick's profile, compressed", 'zTXt', profile('exif', true)],
    ['a profile of a JPEG segment', 'tEXt', profile('APP1')],
    ['XMP', 'iTXt', Buffer.from('XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>')],
    [
      'XMP, compressed',
      'iTXt',
      Buffer.concat([
        Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'),
        deflateSync('<tiff:Orientation>6</tiff:Orientation>'),
      ]),
    ],
  ])('%s turns the picture', async (_, type, content) => {
    const file = pngOf({ width: 3, height: 1, depth: 8, colorType: 0 }, (_, x) => x)
    const turned = await readImage(
      Buffer.concat([file.subarray(0, 33), chunk(type, content), file.subarray(33)]),
    )
    expect(turned.shape).toEqual([3, 1, 1])
    expect([...turned.data]).toEqual([0, 1, 2])
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
    ['a GIF', Buffer.from('GIF89a\x01\x00'), 'it is a GIF file; install sharp'],
    ['a WebP', Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 '), 'it is a WebP file; install sharp'],
    ['an AVIF', Buffer.from('\0\0\0\x20ftypavif'), 'it is an AVIF file; install sharp'],
    ['a HEIC', Buffer.from('\0\0\0\x20ftypheic'), 'it is a HEIC file; convert it'],
    ['a TIFF', Buffer.from('II*\0\x08\0\0\0'), 'it is a TIFF file; install sharp'],
    ['a BMP', Buffer.from('424d460000000000000036000000280000000200', 'hex'), 'it is a BMP file; convert it'],
    ['a JPEG XL', Buffer.from('ff0a7f00', 'hex'), 'it is a JPEG XL file; convert it'],
    ['a JPEG 2000', Buffer.from('0000000c6a5020200d0a870a', 'hex'), 'it is a JPEG 2000 file; convert it'],
    ['an ICO', Buffer.from('000001000100', 'hex'), 'it is an ICO file; convert it'],
    ['a PSD', Buffer.from('8BPS\0\x01'), 'it is a PSD file; convert it'],
    ['a PPM', Buffer.from('P6\n2 2\n255\n'), 'it is a PPM file; convert it'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'it is an XML, SVG or HTML file'],
    ['other bytes', new Uint8Array([0, 1, 2, 255]), 'it begins with the bytes 00 01 02 ff'],
  ])('%s: the message says what it is', async (_, file, words) => {
    const error = await failure(file, { decoder: 'own' })
    expect(error.code).toBe('file/foreign')
    expect(error.message).toContain(`readImage: not a PNG or JPEG file — ${words}`)
  })

  test('a PNG cut off anywhere, unless all its pixels are there', async () => {
    const { data } = await readImage(good)
    let read = 0
    for (let length = 8; length < good.length; length++) {
      const image = await readImage(good.subarray(0, length)).catch((error: ImageError) => error)
      if (image instanceof ImageError) {
        expect(image.code).toBe('file/truncated')
        expect(read).toBe(0)
        continue
      }
      read++
      expect(image.data).toEqual(data)
      expect(image.warnings).toEqual([
        'the file ends before its last chunk, IEND, does; all its pixels are there',
      ])
    }
    expect(read).toBeGreaterThanOrEqual(16) // IEND's twelve bytes, and the checksum before it
  })

  test('a PNG with a wrong checksum', async () => {
    const file = Uint8Array.from(good)
    file[20]! ^= 1
    expect((await failure(file)).message).toContain('the checksum of its IHDR chunk is wrong')
  })

  test('a PNG whose pixels are cut off although all its chunks are there', async () => {
    const data = deflateSync(Uint8Array.from({ length: 52 }, (_, i) => (i % 13 === 0 ? 0 : 7 * i))).subarray(
      0,
      -9,
    )
    expect((await failure(pngOf({ ...picture, data }, () => 0))).message).toContain(
      'bytes of pixels, expected the 52',
    )
  })

  test('a PNG with fewer pixels than its header announces', async () => {
    const fewer = pngOf({ ...picture, data: deflateSync(Buffer.alloc(20)) }, () => 0)
    expect((await failure(fewer)).message).toContain('hold 20 bytes of pixels, expected the 52')
  })

  test('a PNG whose kilobytes stand for a gigabyte is read without decompressing it', async () => {
    const bomb = pngOf({ ...picture, data: deflateSync(Buffer.alloc(2 ** 28), { level: 9 }) }, () => 0)
    const before = process.memoryUsage().arrayBuffers
    expect((await readImage(bomb)).warnings[0]).toContain('there is more behind the compressed pixels')
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

  test('a palette that is none', async () => {
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

  test('whatever holds bytes is read', async () => {
    const { data } = await readImage(good)
    const buffer = Uint8Array.from(good).buffer
    const foreign = runInNewContext('new Uint8Array(bytes)', { bytes: [...good] }) as Uint8Array
    const { arrayBuffer } = { arrayBuffer: async () => buffer }
    const views = [new Uint8ClampedArray(buffer), new DataView(buffer) as never, foreign]
    for (const source of [buffer, new Blob([buffer]), new Response(buffer), { arrayBuffer }, ...views]) {
      expect((await readImage(source)).data).toEqual(data)
    }
  })

  test('something that is not bytes', async () => {
    const refused = (value: unknown, words: string) =>
      expect(readImage(value as never)).rejects.toThrow(words)
    await refused('photo.png', 'got "photo.png", expected the bytes of a file')
    await refused('photo.png', 'await readFile(path) or await fetch(url)')
    await refused(Promise.resolve(good), 'an await is missing')
    await refused(null, 'got null, expected the bytes of a file')
    await refused(new Float32Array(4), 'expected the bytes of a file')
    await refused(await readImage(good), 'an array is a picture already')
    await refused(new Response('no such file', { status: 404 }), 'the answer to the request has status 404')
    const used = new Response(Buffer.from(good))
    await used.text()
    await refused(used, 'the body of a Response can be read once')
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
