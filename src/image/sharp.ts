/**
 * Decoding by sharp, where the user has installed it: native, and in threads of its own. It has the same decoder of JPEG
 * pictures as other programs, so that what is decoded at its full size has the same bytes as without it; smaller scales are
 * made by another filter. It reads more formats, too.
 */
import { contiguous } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { loadPeer } from '../wasm/peer.ts'
import { ImageError } from './error.ts'
import { checkSize, type Picture, type ReadLimits } from './picture.ts'

/** What is used of sharp. */
interface Pipeline {
  metadata(): Promise<{ readonly width?: number; readonly height?: number }>
  rotate(): Pipeline
  resize(width: number, height: number, options: object): Pipeline
  raw(): Pipeline
  toBuffer(options: { resolveWithObject: true }): Promise<{
    readonly data: Uint8Array
    readonly info: { readonly width: number; readonly height: number; readonly channels: number }
  }>
}
type Sharp = (bytes: Uint8Array, options: object) => Pipeline

let found: Sharp | undefined | null = null

function findSharp(): Sharp | undefined {
  if (found === null) {
    const sharp = loadPeer('sharp')
    found = typeof sharp === 'function' ? (sharp as Sharp) : undefined
  }
  return found
}

/** Whether a picture is so large that the way to another thread pays. */
export const isWorthSharp = ({
  width,
  height,
}: {
  readonly width: number
  readonly height: number
}): boolean => width * height >= 2 ** 18 && findSharp() !== undefined

/** How a file is opened: as its samples are, without colour profiles; any fault is left to us. */
const optionsFor = ({ maxPixels }: ReadLimits) => ({
  ignoreIcc: true,
  failOn: 'warning',
  limitInputPixels: Math.min(maxPixels, Number.MAX_SAFE_INTEGER),
})

/**
 * The pixels of a file as stored, `[h, w, c]`; undefined where sharp is not there or does not like the file.
 *
 * @param size to which it is made smaller, where that is given
 */
export async function pixelsBySharp(
  bytes: Uint8Array,
  limits: ReadLimits,
  size?: { readonly width: number; readonly height: number },
): Promise<Tensor<Uint8Array> | undefined> {
  const pipeline = findSharp()?.(bytes, optionsFor(limits))
  if (pipeline === undefined) return undefined
  const sized =
    size === undefined
      ? pipeline
      : pipeline.resize(size.width, size.height, { fit: 'fill', kernel: 'lanczos3' })
  try {
    return tensorOf(await sized.raw().toBuffer({ resolveWithObject: true }))
  } catch {
    return undefined
  }
}

/** A picture in a format that only sharp reads, upright; undefined where it does not. */
export async function readBySharp(bytes: Uint8Array, limits: ReadLimits): Promise<Picture | undefined> {
  const sharp = findSharp()
  if (sharp === undefined) return undefined
  try {
    const { width = 0, height = 0 } = await sharp(bytes, optionsFor(limits)).metadata()
    checkSize({ width, height }, limits)
    const pixels = await sharp(bytes, optionsFor(limits)).rotate().raw().toBuffer({ resolveWithObject: true })
    return { image: tensorOf(pixels), warnings: [] }
  } catch (cause) {
    if (cause instanceof ImageError) throw cause
    if (/unsupported/.test(String(cause))) return undefined
    const [reason] = /.*/.exec(cause instanceof Error ? cause.message : String(cause))!
    throw new ImageError(
      'readImage',
      'file/damaged',
      `the file is damaged, or sharp does not read it — ${reason}; convert it to PNG or JPEG`,
      { cause },
    )
  }
}

function tensorOf({ data, info }: Awaited<ReturnType<Pipeline['toBuffer']>>): Tensor<Uint8Array> {
  const { width, height, channels } = info
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength) // no Buffer
  return { data: bytes, ...contiguous([height, width, channels]) }
}
