/** The installed package beside sharp, the optional peer: found without being named, with the same bytes at full size. */
import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { node, run, write } from './project.ts'

describe.each(['20', '24'])('with sharp, in Node %s', (version) => {
  beforeAll(() => {
    const flags = ['--no-save', '--prefer-offline', '--no-audit', '--no-fund', '--silent']
    if (!existsSync(`${inject('project')}/node_modules/sharp`))
      run('npm', ['install', ...flags, 'sharp@^0.35'])
  }, 120_000)

  const printed = (code: string): unknown => {
    const file = write(
      `sharp-${version}.mjs`,
      `import sharp from 'sharp'
       import ndarray from 'ndarray'
       import { capabilities } from 'tesserae'
       import { preprocess, readImage } from 'tesserae/image'
       const [height, width] = [700, 901]
       const raw = Buffer.alloc(3 * height * width)
       for (let i = 0; i < raw.length; i++) {
         const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
         raw[i] = 128 + 90 * Math.sin(x / (9 + c)) * Math.cos(y / 13) + 30 * Math.sin((x * y) / 900)
       }
       const picture = sharp(raw, { raw: { width, height, channels: 3 } })
       const rms = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length)
       ${code}`,
    )
    return JSON.parse(run(node(version), [file]))
  }

  test('capabilities() names it', () => {
    expect(printed('console.log(JSON.stringify(capabilities().decoder))')).toBe('sharp')
  })

  test('JPEG and PNG pictures have the same bytes by sharp and without it', () => {
    const differences = printed(`
      const kinds = [
        picture.clone().jpeg({ quality: 80 }),
        picture.clone().jpeg({ quality: 95, chromaSubsampling: '4:4:4', progressive: true }),
        picture.clone().grayscale().jpeg(),
        picture.clone().withExif({ IFD0: { Orientation: '6' } }).jpeg(),
        picture.clone().png(),
        picture.clone().ensureAlpha(0.4).png(),
      ]
      const found = []
      for (const kind of kinds) {
        const bytes = await kind.toBuffer()
        const [one, other] = [await readImage(bytes), await readImage(bytes, { decoder: 'own' })]
        found.push(one.shape.join() === other.shape.join() && one.data.every((value, i) => value === other.data[i]))
      }
      console.log(JSON.stringify(found))`)
    expect(differences).toEqual([true, true, true, true, true, true])
  })

  test('a smaller scale differs by less than a grey level, either way, from preparing the whole picture', () => {
    const [bySharp, own] = printed(`
      const bytes = await picture.clone().jpeg({ quality: 90 }).toBuffer()
      const options = { size: 150, cropPct: 0.9, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] }
      const whole = preprocess(await readImage(bytes, { decoder: 'own' }), options).data
      const errors = []
      for (const decoder of ['auto', 'own']) {
        const image = await readImage(bytes, { decoder, minSize: 332 })
        if (image.shape[0] !== 350) throw new Error('shape ' + image.shape)
        errors.push(rms(preprocess(image, options).data, whole))
      }
      console.log(JSON.stringify(errors))`) as [number, number]
    expect(bySharp).toBeLessThan(1)
    expect(own).toBeLessThan(1)
  })

  test('WebP, AVIF, GIF and TIFF are read by it', () => {
    const errors = printed(`
      const found = []
      for (const format of ['webp', 'avif', 'gif', 'tiff']) {
        const image = await readImage(await picture.clone().toFormat(format, { quality: 90, effort: format === 'avif' ? 0 : 4 }).toBuffer())
        if (image.shape.join() !== [height, width, 3].join()) throw new Error(format + ' ' + image.shape)
        found.push(rms(image.data, raw))
      }
      console.log(JSON.stringify(found))`) as number[]
    expect(Math.max(...errors)).toBeLessThan(12)
  })
})
