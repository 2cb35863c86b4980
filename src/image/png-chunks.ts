/**
 * The chunks of a PNG file (W3C, "Portable Network Graphics", third edition, clauses 5 and 11): what stands in the
 * header is checked before anything is decompressed.
 */
import { crc32 } from './crc.ts'
import { damaged, truncated } from './error.ts'
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
  /** Where the orientation may stand: the first eXIf chunk, and texts. */
  readonly exif: Uint8Array | undefined
  readonly texts: readonly { readonly type: string; readonly content: Uint8Array }[]
  readonly data: readonly Uint8Array[]
  /** Whether the file ends before its last chunk does. */
  readonly isCut: boolean
}

/** Bytes that every PNG file begins with. */
const SIGNATURE = 8
export const GREY = 0
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

/** Reads all chunks of a file; the checksums of those that matter are checked. */
export function readChunks(bytes: Uint8Array, limits: ReadLimits): PngChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let header: PngHeader | undefined
  let palette: Uint8Array | undefined
  let transparency: Uint8Array | undefined
  let exif: Uint8Array | undefined
  let isCut = false
  const texts: { type: string; content: Uint8Array }[] = []
  const data: Uint8Array[] = []

  for (let at = SIGNATURE; ; ) {
    const length = at + 8 > bytes.length ? 0 : view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const content = bytes.subarray(at + 8, at + 8 + length)
    isCut = at + 12 + length > bytes.length
    if (isCut) {
      if (header !== undefined && type === 'IDAT') data.push(content)
      break
    }
    if (!/^[A-Za-z]{4}$/.test(type))
      throw damaged('PNG', `the type of the chunk at byte ${at} is not four letters`)
    const isCritical = type < 'a'
    if (isCritical && crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw damaged('PNG', `the checksum of its ${type} chunk is wrong`)
    }
    if (header === undefined) {
      if (type !== 'IHDR' || length !== 13) throw damaged('PNG', `its first chunk is ${type}, expected IHDR`)
      header = readHeader(content)
      checkSize(header, limits)
    } else if (type === 'PLTE') palette = content
    else if (type === 'tRNS') transparency = content
    else if (type === 'eXIf') exif ??= content
    else if (type === 'tEXt' || type === 'zTXt' || type === 'iTXt') texts.push({ type, content })
    else if (type === 'IDAT') data.push(content)
    else if (type === 'IEND') break
    else if (isCritical) throw damaged('PNG', `it has an unknown chunk ${type}`)
    at += 12 + length
  }
  if (header === undefined || data.length === 0) {
    if (isCut) throw truncated('PNG', bytes.length)
    throw damaged('PNG', 'it has no pixels')
  }
  return { header, palette, transparency, exif, texts, data, isCut }
}

function readHeader(content: Uint8Array): PngHeader {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const [depth, colorType, compression, filter, interlace] = content.subarray(8) as unknown as number[]
  if (!colorTypes[colorType!]?.depths.includes(depth!)) {
    throw damaged('PNG', `colour type ${colorType} with ${depth} bits a sample does not exist`)
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw damaged(
      'PNG',
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
