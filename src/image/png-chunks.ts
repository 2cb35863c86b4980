/**
 * The chunks of a PNG file (W3C, "Portable Network Graphics", third edition, clauses 5 and 11): what stands in the
 * header is checked before anything is decompressed.
 */
import { crc32 } from './crc.ts'
import { ImageError } from './error.ts'
import { type Orientation, orientationOf } from './orientation.ts'
import { checkSize, type ReadLimits } from './picture.ts'

export interface PngHeader {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colorType: number
  readonly interlaced: boolean
}

export interface PngChunks {
  readonly header: PngHeader
  readonly palette: Uint8Array | undefined
  readonly transparency: Uint8Array | undefined
  readonly orientation: Orientation
  readonly data: readonly Uint8Array[]
}

export const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const GREY = 0
export const RGB = 2
export const INDEXED = 3
const GREY_ALPHA = 4
/** How many samples a pixel of each colour type has, and the depths it may have. */
const colorTypes: Readonly<Record<number, { samples: number; depths: readonly number[] }>> = {
  [GREY]: { samples: 1, depths: [1, 2, 4, 8, 16] },
  [RGB]: { samples: 3, depths: [8, 16] },
  [INDEXED]: { samples: 1, depths: [1, 2, 4, 8] },
  [GREY_ALPHA]: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
}

/** While a PNG is decoded its samples stand in memory so many times. */
const COPIES = 5

/** Reads all chunks of a file; the checksums of those that matter are checked. */
export function readChunks(bytes: Uint8Array, limits: ReadLimits): PngChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let header: PngHeader | undefined
  let palette: Uint8Array | undefined
  let transparency: Uint8Array | undefined
  let orientation: Orientation = 1
  const data: Uint8Array[] = []

  for (let at = SIGNATURE.length; ; ) {
    if (at + 12 > bytes.length) throw truncated(bytes.length)
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const content = bytes.subarray(at + 8, at + 8 + length)
    if (at + 12 + length > bytes.length) throw truncated(bytes.length)
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged(`the type of the chunk at byte ${at} is not four letters`)
    const isCritical = type < 'a'
    if (isCritical && crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw damaged(`the checksum of its ${type} chunk is wrong`)
    }
    if (header === undefined) {
      if (type !== 'IHDR' || length !== 13) throw damaged(`its first chunk is ${type}, expected IHDR`)
      header = readHeader(content)
      checkSize(header, COPIES * (header.depth / 8) * samplesOf(header), limits)
    } else if (type === 'PLTE') palette = content
    else if (type === 'tRNS') transparency = content
    else if (type === 'eXIf') orientation = orientationOf(content)
    else if (type === 'IDAT') data.push(content)
    else if (type === 'IEND') break
    else if (isCritical) throw damaged(`it has an unknown chunk ${type}`)
    at += 12 + length
  }
  return { header, palette, transparency, orientation, data }
}

function readHeader(content: Uint8Array): PngHeader {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const [depth, colorType, compression, filter, interlace] = content.subarray(8) as unknown as number[]
  if (!colorTypes[colorType!]?.depths.includes(depth!)) {
    throw damaged(`colour type ${colorType} with ${depth} bits a sample does not exist`)
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw damaged(
      `compression ${compression}, filter ${filter} or interlace method ${interlace} does not exist`,
    )
  }
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth: depth!,
    colorType: colorType!,
    interlaced: interlace === 1,
  }
}

/** Samples a pixel as stored: 1 to 4. */
export const samplesOf = ({ colorType }: PngHeader): number => colorTypes[colorType]!.samples

const truncated = (length: number) =>
  new ImageError('readImage', 'file/truncated', `the PNG file is truncated after ${length} bytes`)

export const damaged = (what: string, cause?: unknown) =>
  new ImageError('readImage', 'file/damaged', `the PNG file is damaged — ${what}`, { cause })
