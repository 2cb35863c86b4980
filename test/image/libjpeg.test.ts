/** What libjpeg decodes, at every scale, in Node and in browsers: good files, and damaged ones that it reads with a warning. */
import { readImage } from 'tesserae/image'
import { describe, expect, test } from 'vitest'
import libjpeg from './libjpeg.json'

interface Case {
  readonly name: string
  readonly file: string
  readonly pixels: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: string }>>
  /** What djpeg says of the file. */
  readonly warnings: string
}
const cases = libjpeg.cases as unknown as readonly Case[]
const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

describe('the kernels give the very bytes of libjpeg', () => {
  test.each(cases)('$name', async ({ file, pixels, warnings }) => {
    let compared = 0
    for (const [scale, { shape, data }] of Object.entries(pixels)) {
      const minSize = scale === '1' ? undefined : Math.min(shape[0]!, shape[1]!)
      const image = await readImage(bytesOf(file), { decoder: 'own', minSize })
      if (image.shape[0] !== shape[0] || image.shape[1] !== shape[1]) {
        expect(scale).not.toBe('1') // of thin pictures a smaller scale has as many pixels
        continue
      }
      compared++
      expect(image.shape).toEqual(shape)
      expect(image.data).toEqual(bytesOf(data))
      expect(image.warnings.length > 0).toBe(warnings !== '')
    }
    expect(compared).toBeGreaterThan(0)
  })
})
