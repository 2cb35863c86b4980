/**
 * The segments of a JPEG file (ITU T.81, annex B): what a decoder is about to meet, found without decoding. What libjpeg
 * warns about is read with a warning; a size that the file cannot hold, a picture of a kind that is not supported and a
 * file made to take hours are refused here.
 */
import { damaged, ImageError, truncated } from './error.ts'
import { type HuffmanTable, readHuffmanTables, readQuantization, standardTables } from './jpeg-tables.ts'
import { type Orientation, orientationInXmp, orientationOf } from './orientation.ts'
import { checkSize, type ReadLimits } from './picture.ts'

export interface Component {
  readonly id: number
  /** Sampling factors. */
  readonly columns: number
  readonly rows: number
  /** Which quantisation table it has. */
  readonly quantization: number
}

export interface Frame {
  readonly isProgressive: boolean
  readonly width: number
  readonly height: number
  readonly components: readonly Component[]
}

/** A part of a component in a scan, and its codes. */
export interface ScanPart {
  /** Which of the frame's components it is. */
  readonly component: number
  readonly dc: HuffmanTable
  readonly ac: HuffmanTable
  /** Its factors, 64 in zigzag order; as they stood before its first scan. */
  readonly factors: Uint16Array | undefined
}

export interface Scan {
  readonly parts: readonly ScanPart[]
  /** Which coefficients, in zigzag order: from `first` to `last`. */
  readonly first: number
  readonly last: number
  /** The bit of them that was known before, and the one that is known then; 0 where all are given at once. */
  readonly high: number
  readonly low: number
  /** How many MCUs stand between two restarts; 0: there are none. */
  readonly restarts: number
  /** Where its entropy-coded data stand. */
  readonly start: number
  readonly end: number
}

export interface Adobe {
  /** 0: the components are colours; 1: Y, Cb, Cr; 2: Y, Cb, Cr, K. */
  readonly transform: number
}

export interface Segments {
  readonly frame: Frame
  readonly scans: readonly Scan[]
  readonly orientation: Orientation
  /** Whether it says that it follows JFIF. */
  readonly isJfif: boolean
  /** Whether the end of the image is there. */
  readonly isWhole: boolean
  readonly adobe: Adobe | undefined
  readonly warnings: readonly string[]
}

/** Markers without a length: restarts, start of image. */
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
const HUFFMAN = 0xc4
const END = 0xd9
const SCAN = 0xda
const QUANTIZATION = 0xdb
const LINES = 0xdc
const RESTARTS = 0xdd
const JFIF = 0xe0
const APP1 = 0xe1
const ADOBE = 0xee
/** Ten scans are usual in a progressive picture; each costs a pass over all blocks, however few bytes it has. */
const MOST_SCANS = 100

/** Reads all segments up to the end of the image. */
export function readSegments(bytes: Uint8Array, limits: ReadLimits): Segments {
  const tables = { huffman: standardTables(), quantization: new Map<number, Uint16Array>() }
  const scans: Scan[] = []
  let frame: Frame | undefined
  let adobe: Adobe | undefined
  let isJfif = false
  let isWhole = false
  let exif: { readonly orientation: Orientation | undefined } | undefined
  let xmp: Orientation | undefined
  let restarts = 0
  let junk = 0
  for (let at = 2; ; ) {
    const next = nextMarker(bytes, at)
    if (next === undefined) break
    junk += next - 2 - at
    const marker = bytes[next - 1]!
    at = next
    if (marker === END) {
      isWhole = true
      break
    }
    if (standsAlone(marker)) continue
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    if (at + Math.max(2, length) > bytes.length) {
      if (scans.length > 0) break // what is missing stands behind the picture, or its scans know better
      throw truncated('JPEG', bytes.length)
    }
    if (length < 2) throw damaged('JPEG', `a segment at byte ${at} has length ${length}`)
    const content = bytes.subarray(at + 2, at + length)
    at += length
    if (isFrame(marker)) {
      if (frame !== undefined) throw damaged('JPEG', 'it has two frames')
      frame = readFrame(marker, content)
    } else if (marker === HUFFMAN) readHuffmanTables(content, tables.huffman)
    else if (marker === QUANTIZATION) readQuantization(content, tables.quantization)
    else if (marker === RESTARTS) restarts = (content[0]! << 8) | content[1]!
    else if (marker === LINES && frame?.height === 0)
      frame = { ...frame, height: (content[0]! << 8) | content[1]! }
    else if (marker === JFIF && startsWith(content, 'JFIF\0')) isJfif = true
    else if (marker === APP1 && startsWith(content, 'Exif\0'))
      exif ??= { orientation: orientationOf(content.subarray(6)) }
    else if (marker === APP1 && startsWith(content, 'http://ns.adobe.com/xap/'))
      xmp ??= orientationInXmp(content)
    else if (marker === ADOBE && startsWith(content, 'Adobe') && content.length >= 12)
      adobe = { transform: content[11]! }
    else if (marker === SCAN) {
      if (frame === undefined) throw damaged('JPEG', 'a scan stands before the frame')
      const end = endOfScan(bytes, at)
      scans.push({ ...readScan(content, frame, tables, scans), restarts, start: at, end })
      at = end
    }
  }
  if (frame === undefined || scans.length === 0) throw truncated('JPEG', bytes.length)
  const { width, height, isProgressive } = frame
  checkSize(frame, limits)
  // every block of 64 pixels takes at least one bit
  if (width * height > 512 * bytes.length) throw truncated('JPEG', bytes.length)
  const most = Math.min(MOST_SCANS, Math.floor((20 * limits.maxPixels) / (width * height)))
  if (scans.length > most) throw damaged('JPEG', `it has ${scans.length} scans, expected at most ${most}`)
  if (!isWhole && isProgressive && !isComplete(frame, scans)) throw truncated('JPEG', bytes.length)
  const orientation = exif?.orientation ?? xmp ?? 1
  const warnings = [
    ...(junk > 0 ? [`between its segments stand ${junk} bytes that belong to none`] : []),
    ...(isWhole ? [] : ['the end of the image is missing']),
  ]
  return { frame, scans, orientation, isJfif, isWhole, adobe, warnings }
}

/** Where the content of the next marker begins: behind its two bytes, whatever stands before them. */
function nextMarker(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1]
    if (code === undefined) return undefined
    if (code !== 0 && code !== 0xff) return at + 2
  }
  return undefined
}

function readFrame(marker: number, content: Uint8Array): Frame {
  if (marker > 0xc2) {
    const kind =
      marker >= 0xc9 ? 'with arithmetic coding' : marker === 0xc3 ? 'without loss' : 'of several frames'
    throw new ImageError('readImage', 'file/unsupported', `JPEG pictures ${kind} are not supported`)
  }
  const [precision, h1, h0, w1, w0, count] = content as unknown as number[]
  if (precision !== 8 || ![1, 3, 4].includes(count!)) {
    throw new ImageError(
      'readImage',
      'file/unsupported',
      `JPEG pictures of ${count} components at ${precision} bits are not supported, only 1, 3 or 4 at 8 bits`,
    )
  }
  if (content.length < 6 + 3 * count!) throw damaged('JPEG', 'its frame is too short')
  const components = Array.from({ length: count! }, (_, i) => {
    const [id, factors, quantization] = content.subarray(6 + 3 * i) as unknown as [number, number, number]
    return { id, columns: factors >> 4, rows: factors & 15, quantization }
  })
  const isFactor = (n: number) => n >= 1 && n <= 4
  if (!components.every(({ columns, rows }) => isFactor(columns) && isFactor(rows))) {
    throw damaged('JPEG', 'a sampling factor is not 1, 2, 3 or 4')
  }
  return { isProgressive: marker === 0xc2, width: (w1! << 8) | w0!, height: (h1! << 8) | h0!, components }
}

type Tables = {
  readonly huffman: ReturnType<typeof standardTables>
  readonly quantization: ReadonlyMap<number, Uint16Array>
}

function readScan(
  content: Uint8Array,
  { components, isProgressive }: Frame,
  { huffman, quantization }: Tables,
  before: readonly Scan[],
): Omit<Scan, 'restarts' | 'start' | 'end'> {
  const count = content[0] ?? 0
  if (count < 1 || count > 4 || content.length < 4 + 2 * count)
    throw damaged('JPEG', 'the header of a scan is wrong')
  const parts = Array.from({ length: count }, (_, i) => {
    const [id, codes] = content.subarray(1 + 2 * i) as unknown as [number, number]
    const component = components.findIndex((one) => one.id === id)
    const [dc, ac] = [huffman.dc[codes >> 4], huffman.ac[codes & 15]]
    if (component < 0) throw damaged('JPEG', `a scan has component ${id}, which its frame has not`)
    if (dc === undefined || ac === undefined)
      throw damaged('JPEG', 'a scan names a Huffman table that there is not')
    const known = before.flatMap(({ parts }) => parts).find((part) => part.component === component)
    const factors = known?.factors ?? quantization.get(components[component]!.quantization)?.slice()
    return { component, dc, ac, factors }
  })
  if (new Set(parts.map(({ component }) => component)).size < count)
    throw damaged('JPEG', 'a scan has a component twice')
  if (!isProgressive) return { parts, first: 0, last: 63, high: 0, low: 0 }
  const [first, last, bits] = content.subarray(1 + 2 * count) as unknown as [number, number, number]
  const [high, low] = [bits >> 4, bits & 15]
  const isBand = first === 0 ? last === 0 : first <= last && last < 64 && count === 1
  if (!isBand || low > 13 || (high !== 0 && low !== high - 1)) {
    throw damaged('JPEG', `a scan has coefficients ${first} to ${last}, bits ${high} to ${low}`)
  }
  return { parts, first, last, high, low }
}

/** Whether the scans give every coefficient of every component with all its bits. */
function isComplete({ components }: Frame, scans: readonly Scan[]): boolean {
  return components.every((_, component) => {
    const isKnown = new Array<boolean>(64).fill(false)
    for (const { parts, first, last, low } of scans) {
      if (low === 0 && parts.some((part) => part.component === component)) isKnown.fill(true, first, last + 1)
    }
    return isKnown.every(Boolean)
  })
}

/** The position of the next marker after entropy-coded data that begins at `start`. */
function endOfScan(bytes: Uint8Array, start: number): number {
  let at = bytes.indexOf(0xff, start)
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1]!
    const isData = next < 0xc0 || (next >= 0xd0 && next <= 0xd7) // below 0xc0 no segment begins
    if (!isData && next !== 0xff) return at
    at = bytes.indexOf(0xff, at + (isData ? 2 : 1))
  }
  return bytes.length
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  [...text].every((char, i) => bytes[i] === char.charCodeAt(0))
