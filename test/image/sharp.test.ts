/** Who is asked to decode where sharp is installed, by a stand-in of it; sharp itself is asked in test/package. */
import { readFileSync } from 'node:fs'
import ndarray from 'ndarray'
import { ImageError, readImage, writePng } from 'tesserae/image'
import { beforeEach, describe, expect, test, vi } from 'vitest'

const asked = vi.hoisted(() => ({ calls: [] as unknown[], answer: (): unknown => undefined }))

vi.mock('../../src/wasm/peer.ts', () => {
  const sharp = (_: Uint8Array, options: unknown) => {
    const pipeline = {
      metadata: async () => ({ width: 600, height: 500 }),
      rotate: () => pipeline,
      resize: (width: number, height: number) => {
        asked.calls.push([width, height])
        return pipeline
      },
      raw: () => pipeline,
      toBuffer: async () => asked.answer(),
    }
    asked.calls.push(options)
    return pipeline
  }
  return { hasPeer: () => true, loadPeer: () => sharp }
})

const pixels = (height: number, width: number) => ({
  data: Buffer.alloc(3 * height * width, 7),
  info: { width, height, channels: 3 },
})
const large = writePng(ndarray(new Uint8Array(600 * 500 * 3), [500, 600, 3]))
const webp = Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ')
const photo = new URL('failing/zeropad_before_dqt.jpg', import.meta.url)

beforeEach(() => {
  asked.calls = []
  asked.answer = () => pixels(500, 600)
})

describe('where sharp is installed', () => {
  test('a large picture is decoded by it, without colour profiles, and its bytes are no Buffer', async () => {
    const image = await readImage(large, { maxPixels: 400_000 })
    expect(image.shape).toEqual([500, 600, 3])
    expect(image.data[0]).toBe(7)
    expect(Object.getPrototypeOf(image.data)).toBe(Uint8Array.prototype)
    expect(asked.calls).toEqual([{ ignoreIcc: true, failOn: 'warning', limitInputPixels: 400_000 }])
  })

  test("decoder: 'own' does not ask it", async () => {
    expect((await readImage(large, { decoder: 'own' })).data[0]).toBe(0)
    expect(asked.calls).toEqual([])
  })

  test('a small picture, and one that is not as it should be, is decoded here', async () => {
    await readImage(writePng(ndarray(new Uint8Array(3), [1, 1, 3])))
    expect((await readImage(readFileSync(photo))).warnings).toHaveLength(1)
    expect((await readImage(large.subarray(0, -12))).warnings).toHaveLength(1)
    expect(asked.calls).toEqual([])
  })

  test('what it does not like is decoded here', async () => {
    asked.answer = () => {
      throw new Error('vips: something is wrong')
    }
    expect((await readImage(large)).data[0]).toBe(0)
  })

  test('limits hold before it is asked to decode', async () => {
    await expect(readImage(large, { maxPixels: 299_999 })).rejects.toThrow('(maxPixels)')
    await expect(readImage(webp, { maxPixels: 299_999 })).rejects.toThrow('(maxPixels)')
  })

  test('other formats are read by it, or refused with its reason in one line', async () => {
    expect((await readImage(webp)).shape).toEqual([500, 600, 3])
    asked.answer = () => {
      throw new Error('webp: bad\n  stack of another world')
    }
    const error = await readImage(webp).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ImageError)
    expect((error as ImageError).message).toBe(
      'readImage: the file is damaged, or sharp does not read it — webp: bad; convert it to PNG or JPEG',
    )
    asked.answer = () => {
      throw new Error('Input buffer contains unsupported image format')
    }
    await expect(readImage(webp)).rejects.toThrow('it is a WebP file')
  })
})
