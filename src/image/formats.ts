/** What kind of picture a file is, by how it begins, and the way out where it is not read here. */

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

export const isPng = (bytes: Uint8Array): boolean => PNG.every((byte, i) => bytes[i] === byte)

export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/** Files that are pictures for other programs: their beginnings as Latin-1 text. */
const pictures: readonly (readonly [RegExp, string])[] = [
  [/^GIF8/, 'GIF'],
  [/^RIFF....WEBP/s, 'WebP'],
  [/^BM.{12}[^\0]\0\0\0/s, 'BMP'],
  [/^(II\*\0|MM\0\*|II\+\0|MM\0\+)/, 'TIFF'],
  [/^....ftyp(avif|avis)/s, 'AVIF'],
  [/^....ftyp(hei|hev|mif1|msf1)/s, 'HEIC'],
  [/^(\xff\n|\0\0\0\fJXL )/, 'JPEG XL'],
  [/^(\0\0\0\fjP {2}|\xff\x4f\xff\x51)/, 'JPEG 2000'],
  [/^\0\0[^\0]\0[^\0]\0/, 'ICO'],
  [/^8BPS/, 'PSD'],
  [/^P[1-7][\s#]/, 'PPM'],
  [/^qoif/, 'QOI'],
]

const others: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'it is empty'],
  [/^BM/, 'it is a BMP file'],
  [/^%PDF/, 'it is a PDF file'],
  [/^\s*(\xef\xbb\xbf)?\s*<(\?xml|svg|!doctype|html)/i, 'it is an XML, SVG or HTML file'],
  [/^version https:\/\/git-lfs/, 'it is a pointer of Git LFS, whose file was not fetched'],
]

const beginning = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 48))

/** The format's name; undefined where it is no picture that is known. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const start = beginning(bytes)
  return pictures.find(([pattern]) => pattern.test(start))?.[1]
}

/** What sharp reads as it is installed; browsers read most of these and some more. */
export const isReadBySharp = (format: string): boolean => ['GIF', 'WebP', 'AVIF', 'TIFF'].includes(format)

/** What a file is that is not read, and what can be done. */
export function whatItIs(bytes: Uint8Array): string {
  const format = formatOf(bytes)
  if (format !== undefined) return `it is ${/^[AI]/.test(format) ? 'an' : 'a'} ${format} file`
  const start = beginning(bytes)
  const kind = others.find(([pattern]) => pattern.test(start))
  if (kind !== undefined) return kind[1]
  const text = start.slice(0, 32)
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text)
    ? `it looks like text: ${JSON.stringify(text.slice(0, 16))}`
    : `it begins with the bytes ${[...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`
}
