/** PNG files of every kind for the tests, made by the specification and without the code under test. */
import { deflateSync } from 'node:zlib'

export interface PngOptions {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colorType: number
  readonly interlaced?: boolean
  readonly palette?: readonly number[]
  readonly transparency?: readonly number[]
  readonly exif?: readonly number[]
  /** Filter of every row: 0 none, 1 sub, 2 up. */
  readonly filter?: 0 | 1 | 2
  /** Replaces the compressed data. */
  readonly data?: Uint8Array
}

const channels: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** A PNG file whose sample `s` of pixel `[y, x]` is `sample(y, x, s)`. */
export function pngOf(options: PngOptions, sample: (y: number, x: number, s: number) => number): Uint8Array {
  const { width, height, depth, colorType, interlaced = false } = options
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([depth, colorType, 0, 0, interlaced ? 1 : 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(options.exif ? [chunk('eXIf', Uint8Array.from(options.exif))] : []),
    ...(options.palette ? [chunk('PLTE', Uint8Array.from(options.palette))] : []),
    ...(options.transparency ? [chunk('tRNS', Uint8Array.from(options.transparency))] : []),
    chunk('IDAT', options.data ?? deflateSync(rowsOf(options, sample))),
    chunk('IEND', new Uint8Array(0)),
  ])
}

export function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc(body))
  return Buffer.concat([length, body, checksum])
}

function rowsOf(options: PngOptions, sample: (y: number, x: number, s: number) => number): Buffer {
  const { width, height, interlaced = false } = options
  const passes = interlaced
    ? [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ]
    : [[0, 0, 1, 1]]
  const rows: number[] = []
  for (const [x0, y0, dx, dy] of passes as [number, number, number, number][]) {
    if (x0 >= width || y0 >= height) continue
    let previous: number[] = []
    for (let y = y0; y < height; y += dy) {
      const line = packRow(options, y, x0, dx, sample)
      rows.push(options.filter ?? 0, ...filterRow(line, previous, options))
      previous = line
    }
  }
  return Buffer.from(rows)
}

function packRow(
  { width, depth, colorType }: PngOptions,
  y: number,
  x0: number,
  dx: number,
  sample: (y: number, x: number, s: number) => number,
): number[] {
  let bits = ''
  for (let x = x0; x < width; x += dx) {
    for (let s = 0; s < channels[colorType]!; s++) bits += sample(y, x, s).toString(2).padStart(depth, '0')
  }
  return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))
}

function filterRow(
  line: number[],
  previous: number[],
  { filter = 0, depth, colorType }: PngOptions,
): number[] {
  const step = Math.max(1, (depth * channels[colorType]!) / 8)
  if (filter === 1) return line.map((byte, i) => (byte - (line[i - step] ?? 0)) & 255)
  if (filter === 2) return line.map((byte, i) => (byte - (previous[i] ?? 0)) & 255)
  return line
}

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return ~value >>> 0
}
