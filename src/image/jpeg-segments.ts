/**
 * The segments of a JPEG file (ITU T.81, annex B): what a decoder is about to meet, found without decoding. A size that
 * the file cannot hold, a picture of a kind that is not supported and a file made to take hours are refused here.
 */
import { ImageError } from './error.ts'
import { type Orientation, orientationOf } from './orientation.ts'
import { checkSize, type ReadLimits } from './picture.ts'

export interface Frame {
  readonly width: number
  readonly height: number
  /** Identifier and sampling factors of each. */
  readonly components: readonly { readonly id: number; readonly columns: number; readonly rows: number }[]
}

export interface Adobe {
  /** 0: the components are colours; 1: Y, Cb, Cr; 2: Y, Cb, Cr, K. */
  readonly transform: number
  /** Where that number stands in the file. */
  readonly at: number
}

export interface Segments {
  readonly frame: Frame
  readonly orientation: Orientation
  /** Whether it says that it follows JFIF. */
  readonly isJfif: boolean
  /** Whether the end of the image is there. */
  readonly isWhole: boolean
  readonly adobe: Adobe | undefined
}

/** Markers without a length: fill bytes' end, restarts, start and end of image. */
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
const END = 0xd9
const SCAN = 0xda
const JFIF = 0xe0
const EXIF = 0xe1
const ADOBE = 0xee
/** What jpeg-js needs for each: a coefficient of 32 bits, and objects around every block. */
const BYTES_PER_SAMPLE = 12
/** Ten scans are usual in a progressive picture; each costs a pass over all blocks, however few bytes it has. */
const MOST_SCANS = 100

/** Reads all segments up to the end of the image. */
export function readSegments(bytes: Uint8Array, limits: ReadLimits): Segments {
  let frame: Frame | undefined
  let adobe: Adobe | undefined
  let isJfif = false
  let isWhole = false
  let orientation: Orientation = 1
  let scans = 0
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++ // fill bytes
    if (at + 1 >= bytes.length) break
    const marker = bytes[at + 1]!
    if (bytes[at] !== 0xff) throw damaged(`a marker is expected at byte ${at}`)
    at += 2
    if (marker === END) {
      isWhole = true
      break
    }
    if (standsAlone(marker)) continue
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    if (length < 2 || at + length > bytes.length) throw truncated(bytes.length)
    const content = bytes.subarray(at + 2, at + length)
    at += length
    if (isFrame(marker)) {
      if (frame !== undefined) throw damaged('it has two frames')
      frame = readFrame(marker, content, bytes.length, limits)
    } else if (marker === JFIF && startsWith(content, 'JFIF\0')) {
      isJfif = true
    } else if (marker === EXIF && startsWith(content, 'Exif\0\0')) {
      orientation = orientationOf(content.subarray(6))
    } else if (marker === ADOBE && startsWith(content, 'Adobe') && content.length >= 12) {
      adobe = { transform: content[11]!, at: at - content.length + 11 }
    } else if (marker === SCAN) {
      scans++
      at = endOfScan(bytes, at)
    }
  }
  if (frame === undefined || scans === 0) throw truncated(bytes.length)
  const most = Math.min(MOST_SCANS, Math.floor((20 * limits.maxPixels) / (frame.width * frame.height)))
  if (scans > most) throw damaged(`it has ${scans} scans, expected at most ${most}`)
  return { frame, orientation, isJfif, isWhole, adobe }
}

function readFrame(marker: number, content: Uint8Array, fileSize: number, limits: ReadLimits): Frame {
  if (marker > 0xc2) {
    const kind =
      marker >= 0xc9 ? 'with arithmetic coding' : marker === 0xc3 ? 'without loss' : 'of several frames'
    throw new ImageError('readImage', 'file/unsupported', `JPEG pictures ${kind} are not supported`)
  }
  const [precision, h1, h0, w1, w0, count] = content as unknown as number[]
  const height = (h1! << 8) | h0!
  const width = (w1! << 8) | w0!
  if (precision !== 8 || ![1, 3, 4].includes(count!)) {
    throw new ImageError(
      'readImage',
      'file/unsupported',
      `JPEG pictures of ${count} components at ${precision} bits are not supported, only 1, 3 or 4 at 8 bits`,
    )
  }
  const components = Array.from({ length: count! }, (_, i) => {
    const [id, factors] = content.subarray(6 + 3 * i) as unknown as number[]
    return { id: id!, columns: factors! >> 4, rows: factors! & 15 }
  })
  const isFactor = (n: number) => n >= 1 && n <= 4
  if (!components.every(({ columns, rows }) => isFactor(columns) && isFactor(rows))) {
    throw damaged('a sampling factor is not 1, 2, 3 or 4')
  }
  const blocks = (of: { readonly columns: number; readonly rows: number }) => of.columns * of.rows
  const [columns, rows] = [
    Math.max(...components.map((c) => c.columns)),
    Math.max(...components.map((c) => c.rows)),
  ]
  const samplesPerPixel = components.reduce((sum, c) => sum + blocks(c), 0) / (columns * rows)
  checkSize({ width, height }, BYTES_PER_SAMPLE * samplesPerPixel, limits)
  // every block of 64 pixels takes at least one bit
  if (width * height > 512 * fileSize) throw truncated(fileSize)
  return { width, height, components }
}

/** The position of the next marker after entropy-coded data that begins at `start`. */
function endOfScan(bytes: Uint8Array, start: number): number {
  let at = bytes.indexOf(0xff, start)
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1]!
    const isData = next === 0x00 || (next >= 0xd0 && next <= 0xd7)
    if (!isData && next !== 0xff) return at
    at = bytes.indexOf(0xff, at + (isData ? 2 : 1))
  }
  return bytes.length
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  [...text].every((char, i) => bytes[i] === char.charCodeAt(0))

export const truncated = (length: number) =>
  new ImageError('readImage', 'file/truncated', `the JPEG file is truncated after ${length} bytes`)

export const damaged = (what: string, cause?: unknown) =>
  new ImageError('readImage', 'file/damaged', `the JPEG file is damaged — ${what}`, { cause })
