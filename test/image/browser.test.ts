/** Pictures that a browser decodes, and what is said where nothing does. */
import { ImageError, readImage } from 'tesserae/image'
import { describe, expect, test } from 'vitest'

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

/** 10×12 pixels by Pillow 9.4.0, without loss. */
const files = {
  WebP: 'UklGRgoBAABXRUJQVlA4TP0AAAAvC0ACAM1UIaL/sYkof/8DDiNJTpxDSc/snJx/HMziNBi2bRtGttP0kv3/YJc4bNvIkeybcPH7r+q7yT8/nojzd0fSer7vdfHthBRbbKtHjDDwRydZVelx3H71fISsuP19RUWAhMCezYGhd9mKqpbP04HZKPWax1eJpF7r432OLnsscyvW9z3JXtqtj+vv5p+LaSxaAj3I/JUZcy0rkCs0/2WTTQdQqbiKVv2J9UJb276LIUcNFADVkwPh6MadJF0XXAu5wgHM5IWBIesIpDe3mc16pFn9vL614LWfaU1fxlD5EQLt6KlSdvj3A//jdAYl/q0ZMNyJNGZzcjEAAA==',
  BMP: 'Qk2eAQAAAAAAADYAAAAoAAAADAAAAAoAAAABABgAAAAAAGgBAADEDgAAxA4AAAAAAAAAAAAASnCNTXOVSW+NSWyKTmyLPWKDT3WOP2mAMl13Pl98R2mGRmyKV3eYWnqdTG6OVneUS2uJS26JQW6HOGR9O114N198N2J/RWeGX4GdVnuZT3OPVniSS2mGTHSMPWSCOGB5K1ZxMV17SGmGOmiCV3mWVnmYUniTTm6NTnCKOGZ/Klx3Gk1pLFZvOmJ6QWqFR2qISmuJYoSfV3yTRmmHO2J8KFZyH1JtEj9eKlhxOGB7QG2EQWeBT3OMXYGbTnWRPGN+I1NvJVVvCz5eG0dfI1FtKllyJFlzKVZ2S3CNTHKNSWyIO2B9FkZlEUZgDkReEThRIUtlKlxxH1BqLVh0Q2uCM2J7Nl99Gk9pBDtXDUVfCjRQI0ZhJlRtG1FoNFpzR2h/L194Gk9qI1FuFUhhBDZWBzVSIUhiHUlfJ1JqP2h/SW2HRG2EFklkHUpkI1FsD0dfCTRQHUpjJU9nOWB3SnKITnaNSHCFP2mD',
}
const expected = bytesOf(
  'ZEkWZEodbFEjX0cPUDQJY0odZ08ld2A5iHJKjXZOhXBIg2k/eF8vak8ablEjYUgVVjYEUjUHYkghX0kdalInf2g/h21JhG1EgmtDe2IzfV82aU8aVzsEX0UNUDQKYUYjbVQmaFEbc1o0f2hHjXBLjXJMiGxJfWA7ZUYWYEYRXkQOUTgRZUshcVwqalAfdFgtjHNPm4FdkXVOfmM8b1Mjb1UlXj4LX0cbbVEjclkqc1kkdlYpiWtKn4Rik3xXh2lGfGI7clYobVIfXj8ScVgqe2A4hG1AgWdBlnlXmHlWk3hSjW5OinBOf2Y4d1wqaU0ab1YsemI6hWpBiGpHnYFfmXtWj3NPknhWhmlLjHRMgmQ9eWA4cVYre10xhmlIgmg6mHdXnXpajm5MlHdWiWtLiW5Lh25BfWQ4eF07fF83f2I3hmdFjXBKlXNNjW9JimxJi2xOg2I9jnVPgGk/d10yfF8+hmlHimxG',
)

const hasCanvas = typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function'

describe.each(Object.entries(files))('%s', (format, file) => {
  test('is refused by its name where only this library decodes', async () => {
    const refused = readImage(bytesOf(file), { decoder: 'own' })
    await expect(refused).rejects.toThrow(ImageError)
    await expect(refused).rejects.toThrow(`it is a ${format} file`)
  })

  test.skipIf(!hasCanvas)('is decoded by the browser (skipped in Node)', async () => {
    const image = await readImage(bytesOf(file))
    expect(image.shape).toEqual([10, 12, 3])
    expect(image.data).toEqual(expected)
    expect(image.warnings).toEqual([])
  })

  test.skipIf(!hasCanvas)(
    'is refused where the browser changes what a canvas gives back (skipped in Node)',
    async () => {
      const context = OffscreenCanvasRenderingContext2D.prototype
      const original = context.getImageData
      context.getImageData = function (...area: Parameters<typeof original>) {
        const image = original.apply(this, area)
        image.data[image.data.length >> 1]! ^= 1 // one bit of one channel of one pixel
        return image
      }
      try {
        await expect(readImage(bytesOf(file))).rejects.toThrow(
          `it is a ${format} file; convert it to PNG or JPEG`,
        )
      } finally {
        context.getImageData = original
      }
    },
  )
})
