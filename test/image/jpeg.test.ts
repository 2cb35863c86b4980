/** JPEG pictures: the pixels of libjpeg, from good files and from those that it reads with a warning. */
import { readFileSync } from 'node:fs'
import { preprocess, readImage } from 'tesserae/image'
import { describe, expect, test, vi } from 'vitest'

interface Pixels {
  shape: number[]
  data: string
}
const { cases } = JSON.parse(readFileSync(new URL('libjpeg.json', import.meta.url), 'utf8')) as {
  cases: { name: string; file: string; pixels: Record<string, Pixels>; warnings: string }[]
}
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
const failing = (name: string) => readFileSync(new URL(`failing/${name}`, import.meta.url))
const usual = bytesOf(
  cases.find(({ name }) => name === '2x2 quality 85' || name.startsWith('2x2 quality'))!.file,
)

describe('without WebAssembly', () => {
  test('pictures have the same bytes and warnings, at every scale', async () => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    try {
      const { readImage: readPlainly } = await import('tesserae/image')
      for (const { name, file, pixels, warnings } of cases) {
        for (const [scale, { shape, data }] of Object.entries(pixels)) {
          const minSize = scale === '1' ? undefined : Math.min(shape[0]!, shape[1]!)
          const image = await readPlainly(bytesOf(file), { decoder: 'own', minSize })
          if (image.shape[0] !== shape[0] || image.shape[1] !== shape[1]) continue // thin pictures
          expect(image.data, `${name} at 1/${scale}`).toEqual(bytesOf(data))
          expect(image.warnings.length > 0, name).toBe(warnings !== '')
        }
      }
      expect((await readPlainly(failing('progressive_restart_420.jpg'))).shape).toEqual([8, 8, 3])
    } finally {
      vi.unstubAllGlobals()
      vi.resetModules()
    }
  })
})

describe('minSize', () => {
  const sizeWith = async (minSize: number) => (await readImage(usual, { minSize, decoder: 'own' })).shape
  test('is kept by the short side, at the smallest scale that can', async () => {
    const [height, width] = (await readImage(usual)).shape as [number, number]
    const short = Math.min(height, width)
    for (let minSize = 1; minSize <= short + 3; minSize++) {
      const scale = [8, 4, 2, 1].find((s) => Math.ceil(short / s) >= minSize) ?? 1
      expect(await sizeWith(minSize)).toEqual([Math.ceil(height / scale), Math.ceil(width / scale), 3])
    }
  })

  test('is a whole number from 1', async () => {
    await expect(readImage(usual, { minSize: 0 })).rejects.toThrow('expected a whole number from 1')
  })
})

describe('what is decoded smaller is prepared as the whole picture is', () => {
  const photo = readFileSync(new URL('odd-sides.jpg', import.meta.url)) // 301×403 pixels: 150½×201½ at half the size
  const options = { size: 64, cropPct: 0.9, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] }
  const [start, first, ...rest] = segmentsOf(photo)

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'to within a grey level, turned by orientation %i',
    async (orientation) => {
      const turn = app1(exif(`0112000300000001000${orientation}0000`))
      const file = Buffer.concat([start!, first!, turn, ...rest])
      const whole = preprocess(await readImage(file, { decoder: 'own' }), options).data
      const image = await readImage(file, { decoder: 'own', minSize: 142 })
      expect([...image.shape].sort((a, b) => a - b)).toEqual([3, 151, 202])
      const upright = orientation < 5 ? [301, 403] : [403, 301]
      expect([image.reduction!.height, image.reduction!.width]).toEqual(upright)
      const rms = (input: Float32Array) =>
        Math.sqrt(input.reduce((sum, value, i) => sum + (value - whole[i]!) ** 2, 0) / input.length)
      const prepared = rms(preprocess(image, options).data)
      expect(prepared).toBeLessThan(1)
      // a view of it is a picture of its own, whose last half row and column count as whole ones
      const [height, width] = image.shape as [number, number]
      expect(rms(preprocess(image.hi(height, width, 3), options).data)).toBeGreaterThan(1.5 * prepared)
    },
  )
})

/** A JPEG file's segments, each from its marker on; a scan's with its data. */
function segmentsOf(file: Uint8Array): Uint8Array[] {
  const starts: number[] = []
  for (let at = 0; at < file.length; ) {
    starts.push(at)
    const marker = file[at + 1]!
    at += 2
    if (marker >= 0xd0 && marker <= 0xd9) continue
    at += (file[at]! << 8) | file[at + 1]!
    if (marker !== 0xda) continue
    while (file[at] !== 0xff || file[at + 1] === 0 || (file[at + 1]! >= 0xd0 && file[at + 1]! <= 0xd7)) at++
  }
  return starts.map((start, i) => file.subarray(start, starts[i + 1] ?? file.length))
}

const app1 = (content: Uint8Array) =>
  Buffer.concat([Buffer.from([0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 255]), content])

/** EXIF data with one entry. */
const exif = (entry: string, big = true) =>
  Buffer.concat([
    Buffer.from('Exif\0\0'),
    Buffer.from(big ? '4d4d002a000000080001' : '49492a00080000000100', 'hex'),
    Buffer.from(`${entry}00000000`, 'hex'),
  ])
const xmp = (text: string) => Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${text}</x:xmpmeta>`)

describe('files as programs write them', () => {
  const [start, ...rest] = segmentsOf(usual)
  const withSegments = (...more: Uint8Array[]) => Buffer.concat([start!, rest[0]!, ...more, ...rest.slice(1)])

  test.each([
    ['a progressive picture with intervals at odd rows of blocks', 'progressive_restart_420.jpg', [8, 8, 3]],
    ['two EXIF segments, of which the first counts', 'two_exif_first6_second_none.jpg', [24, 16, 3]],
    ['zeros between two segments', 'zeropad_before_dqt.jpg', [16, 24, 3]],
  ])('%s', async (_, name, shape) => {
    const image = await readImage(failing(name))
    expect(image.shape).toEqual(shape)
    expect(image.warnings).toEqual(
      name.startsWith('zeropad') ? ['between its segments stand 2 bytes that belong to none'] : [],
    )
  })

  test('codes that a file does not give are the standard ones', async () => {
    const without = Buffer.concat(segmentsOf(usual).filter((segment) => segment[1] !== 0xc4))
    expect((await readImage(without)).data).toEqual((await readImage(usual)).data)
  })

  test('the number of lines may stand behind the scan', async () => {
    const parts = segmentsOf(usual).map((segment) => {
      if (segment[1] !== 0xc0) return segment
      return Buffer.concat([segment.subarray(0, 5), Buffer.from([0, 0]), segment.subarray(7)])
    })
    const frame = segmentsOf(usual).find((segment) => segment[1] === 0xc0)!
    const lines = Buffer.from([0xff, 0xdc, 0, 4, frame[5]!, frame[6]!])
    const file = Buffer.concat([...parts.slice(0, -1), lines, parts.at(-1)!])
    expect((await readImage(file)).data).toEqual((await readImage(usual)).data)
    await expect(readImage(Buffer.concat(parts))).rejects.toThrow('the picture has no pixels')
  })

  test.each<[string, Uint8Array]>([
    ['bytes that belong to nothing', Buffer.from([1, 2, 3, 0xff, 0])],
    ['fill bytes', Buffer.from([0xff, 0xff, 0xff])],
    ['a segment of an unknown program', Buffer.from([0xff, 0xef, 0, 4, 0xff, 0xd9])],
  ])('%s between segments change nothing', async (_, junk) => {
    expect((await readImage(withSegments(junk))).data).toEqual((await readImage(usual)).data)
  })

  test('the end of the image may be missing, and something may stand behind it', async () => {
    const { data } = await readImage(usual)
    const cut = await readImage(usual.subarray(0, -2))
    expect(cut.data).toEqual(data)
    expect(cut.warnings).toEqual(['the end of the image is missing'])
    expect((await readImage(Buffer.concat([usual, usual]))).data).toEqual(data)
  })

  const turned = async (...segments: Uint8Array[]) => {
    const upright = await readImage(usual)
    const image = await readImage(withSegments(...segments))
    return image.shape[0] === upright.shape[1] && image.shape[1] === upright.shape[0]
  }
  const short = '011200030000000100060000'

  test.each<[string, Uint8Array[], boolean]>([
    ['a SHORT', [app1(exif(short))], true],
    ['a LONG in big-endian order', [app1(exif('011200040000000100000006'))], true],
    ['a LONG in little-endian order', [app1(exif('120104000100000006000000', false))], true],
    ['a BYTE', [app1(exif('011200010000000106000000'))], true],
    ['an attribute of XMP', [app1(xmp('<rdf:Description tiff:Orientation="6"/>'))], true],
    ['an element of XMP', [app1(xmp('<tiff:Orientation>6</tiff:Orientation>'))], true],
    [
      'XMP where EXIF has none',
      [app1(exif('010000030000000100060000')), app1(xmp('tiff:Orientation="6"'))],
      true,
    ],
    ['EXIF before XMP', [app1(xmp('tiff:Orientation="6"')), app1(exif('011200030000000100010000'))], false],
    ['a number that there is not', [app1(exif('011200030000000100090000'))], false],
  ])('the orientation is %s', async (_, segments, isTurned) => {
    expect(await turned(...segments)).toBe(isTurned)
  })

  test('each orientation turns the picture as a view of the upright one would be', async () => {
    const image = await readImage(usual)
    for (let orientation = 1; orientation <= 8; orientation++) {
      const other = await readImage(withSegments(app1(exif(`0112000300000001000${orientation}0000`))))
      let expected = orientation >= 5 ? image.transpose(1, 0, 2) : image
      if ([3, 4, 7, 8].includes(orientation)) expected = expected.step(-1, 1, 1)
      if ([2, 3, 6, 7].includes(orientation)) expected = expected.step(1, -1, 1)
      expect(other.shape).toEqual(expected.shape)
      for (let i = 0; i < other.shape[0]!; i++) {
        for (let j = 0; j < other.shape[1]!; j++) expect(other.get(i, j, 1)).toBe(expected.get(i, j, 1))
      }
    }
  })
})

describe('limits', () => {
  test('maxPixels counts pixels, however they are stored', async () => {
    const [height, width] = (await readImage(usual)).shape as [number, number]
    await readImage(usual, { maxPixels: height * width })
    await expect(readImage(usual, { maxPixels: height * width - 1 })).rejects.toThrow('(maxPixels)')
  })

  test('a long series of pictures takes no more memory than one', async () => {
    for (let i = 0; i < 300; i++) await readImage(usual, { decoder: 'own' })
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 300; i++) await readImage(usual, { decoder: 'own' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 2 ** 20)
  })
})
