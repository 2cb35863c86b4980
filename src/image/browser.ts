/**
 * Decoding by the browser (`createImageBitmap`), which reads more formats. Pixels
 * come back through a canvas: some browsers change what a canvas gives back, so that pages cannot tell one machine from
 * another by it, which is found out with known pixels.
 */
import { contiguous } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { ImageError } from './error.ts'
import { checkSize, type Picture, type ReadLimits } from './picture.ts'

/** What is used of a browser. */
interface Bitmap {
  readonly width: number
  readonly height: number
  close(): void
}
interface Context {
  drawImage(bitmap: Bitmap, x: number, y: number): void
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray }
  putImageData(data: object, x: number, y: number): void
}
interface Browser {
  createImageBitmap?(source: object, options: object): Promise<Bitmap>
  OffscreenCanvas?: new (
    width: number,
    height: number,
  ) => { getContext(kind: '2d', options: object): Context | null }
  ImageData?: new (data: Uint8ClampedArray, width: number) => object
}
const browser = globalThis as Browser

/** Whether there is a canvas to decode by. */
export const hasCanvas = (): boolean =>
  browser.createImageBitmap !== undefined &&
  browser.OffscreenCanvas !== undefined &&
  browser.ImageData !== undefined

const asStored = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' }

/** The bitmap's pixels, red, green, blue and alpha. */
function pixelsOf(bitmap: Bitmap): Uint8ClampedArray {
  const { width, height } = bitmap
  const canvas = new browser.OffscreenCanvas!(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new RangeError('the browser has no room for a canvas of this size')
  context.drawImage(bitmap, 0, 0)
  return context.getImageData(0, 0, width, height).data
}

const SIDE = 64

/** Whether a canvas gives back what was drawn. */
async function isFaithful(): Promise<boolean> {
  const known = Uint8ClampedArray.from({ length: 4 * SIDE * SIDE }, (_, i) =>
    i % 4 === 3 ? 255 : (i * 7919 + (i >> 5) * 104_729) % 256,
  )
  const bitmap = await browser.createImageBitmap!(new browser.ImageData!(known.slice(), SIDE), asStored)
  const seen = pixelsOf(bitmap)
  bitmap.close()
  return known.every((value, i) => seen[i] === value)
}

/** A picture as the browser decodes it, upright: RGB, or RGBA where a pixel is not opaque; undefined where it does not. */
export async function readByBrowser(bytes: Uint8Array, limits: ReadLimits): Promise<Picture | undefined> {
  if (!hasCanvas() || !(await isFaithful())) return undefined
  const file = new Blob([bytes as Uint8Array<ArrayBuffer>])
  const bitmap = await browser.createImageBitmap!(file, asStored).catch(() => undefined)
  if (bitmap === undefined) return undefined
  try {
    checkSize(bitmap, limits)
    return { image: withoutOpaque(pixelsOf(bitmap), bitmap), warnings: [] }
  } catch (cause) {
    if (cause instanceof ImageError) throw cause
    const what = `the picture of ${bitmap.width}×${bitmap.height} pixels is too large for a canvas of this browser`
    throw new ImageError('readImage', 'image/too-large', what, { cause })
  } finally {
    bitmap.close()
  }
}

/** `[h, w, 3]` where every pixel is opaque, else `[h, w, 4]`. */
function withoutOpaque(rgba: Uint8ClampedArray, { width, height }: Bitmap): Tensor<Uint8Array> {
  let isOpaque = true
  for (let i = 3; i < rgba.length && isOpaque; i += 4) isOpaque = rgba[i] === 255
  if (!isOpaque) {
    const data = new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.length)
    return { data, ...contiguous([height, width, 4]) }
  }
  const data = new Uint8Array(3 * width * height)
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from]!
    data[to + 1] = rgba[from + 1]!
    data[to + 2] = rgba[from + 2]!
  }
  return { data, ...contiguous([height, width, 3]) }
}
