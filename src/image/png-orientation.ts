/**
 * Where programs write into PNG files which way up a picture is: the eXIf chunk, EXIF data in hexadecimal as a text
 * ("Raw profile type exif", ImageMagick's), or XMP.
 */
import { inflate } from './inflate.ts'
import { type Orientation, orientationInXmp, orientationOf } from './orientation.ts'
import type { PngChunks } from './png-chunks.ts'

/** The most bytes of a compressed text that are looked at. */
const MOST = 1 << 20

export async function orientationOfPng({ exif, texts }: PngChunks): Promise<Orientation> {
  let found = exif && orientationOf(withoutName(exif))
  for (const wanted of [/^Raw profile type (exif|APP1)$/, /^XML:com\.adobe\.xmp$/]) {
    for (const chunk of texts) {
      if (found !== undefined) return found
      const text = await textOf(chunk, wanted)
      if (text === undefined) continue
      found = wanted.source.startsWith('^Raw')
        ? orientationOf(withoutName(bytesOfProfile(text)))
        : orientationInXmp(text)
    }
  }
  return found ?? 1
}

/** The text of a chunk whose keyword matches; compressed ones are decompressed. */
async function textOf(
  { type, content }: PngChunks['texts'][number],
  wanted: RegExp,
): Promise<Uint8Array | undefined> {
  const end = content.indexOf(0)
  if (end < 1 || end > 79 || !wanted.test(latin(content.subarray(0, end)))) return undefined
  let text = content.subarray(end + 1)
  let isCompressed = type === 'zTXt'
  if (type === 'iTXt') {
    // compressed?, method, language, keyword in that language, text
    isCompressed = text[0] === 1
    for (let skipped = 0, at = 2; skipped < 2; skipped++) {
      const next = text.indexOf(0, at)
      if (next < 0) return undefined
      at = next + 1
      if (skipped === 1) text = text.subarray(at)
    }
  } else if (isCompressed) text = text.subarray(1)
  if (!isCompressed) return text
  const { bytes, filled } = await inflate([text], Math.min(MOST, 1032 * text.length))
  return bytes.subarray(0, filled)
}

/** The bytes of a raw profile: its name, its length, then hexadecimal digits in lines. */
function bytesOfProfile(text: Uint8Array): Uint8Array {
  const [, digits = ''] = /^\s*\S+\s+\d+\s+([\da-f\s]*)/i.exec(latin(text)) ?? []
  const pairs = digits.replace(/\s/g, '').match(/../g) ?? []
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))
}

/** EXIF data without the name that it has in JPEG files. */
const withoutName = (exif: Uint8Array): Uint8Array =>
  latin(exif.subarray(0, 6)) === 'Exif\0\0' ? exif.subarray(6) : exif

const latin = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes)
