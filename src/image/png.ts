/**
 * PNG files. fast-png undoes the filters and knows the samples' layout; here the chunks are read first, so that nothing
 * is decompressed beyond what the header promises, and fast-png is asked for one plain image at a time: an interlaced
 * picture is seven of them, each a strided view of the whole.
 */

import { decode } from 'fast-png'
import { copyApart } from '../copy/copy.ts'
import { contiguous } from '../layout/layout.ts'
import { messageOf } from '../layout/realms.ts'
import { inflate } from './inflate.ts'
import type { Picture, ReadLimits } from './picture.ts'
import { damaged, type PngHeader, readChunks, SIGNATURE, samplesOf } from './png-chunks.ts'
import { inColor, type Samples } from './png-color.ts'

export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte)

/** Decodes a PNG file; grey, grey and alpha, RGB or RGBA, 8 bits a sample. */
export async function readPng(bytes: Uint8Array, limits: ReadLimits): Promise<Picture> {
  const chunks = readChunks(bytes, limits)
  const { header, orientation } = chunks
  const passes = passesOf(header)
  const expected = passes.reduce((size, pass) => size + pass.height * (1 + lineBytes(pass.width, header)), 0)
  const rows = await inflate(chunks.data, expected)

  const image = header.interlaced
    ? interlacedImage(rows, passes, header)
    : decodePass(rows, passes[0]!, header)
  return { image: inColor(image, chunks), orientation }
}

function interlacedImage(rows: Uint8Array, passes: readonly Pass[], header: PngHeader): Samples {
  const image = samplesTensor(header.height, header.width, samplesOf(header), header.depth)
  let at = 0
  for (const pass of passes) {
    const length = pass.height * (1 + lineBytes(pass.width, header))
    copyApart(decodePass(rows.subarray(at, at + length), pass, header), viewOf(image, pass))
    at += length
  }
  return image
}

/** One image inside the file: pixel `[i, j]` of it is pixel `[y + i·dy, x + j·dx]` of the picture. */
interface Pass {
  readonly x: number
  readonly y: number
  readonly dx: number
  readonly dy: number
  readonly width: number
  readonly height: number
}

/** x, y, dx, dy of Adam7's passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

function passesOf({ width, height, interlaced }: PngHeader): Pass[] {
  if (!interlaced) return [{ x: 0, y: 0, dx: 1, dy: 1, width, height }]
  return ADAM7.map(([x, y, dx, dy]) => {
    return { x, y, dx, dy, width: Math.ceil((width - x) / dx), height: Math.ceil((height - y) / dy) }
  }).filter((pass) => pass.width > 0 && pass.height > 0)
}

const lineBytes = (width: number, header: PngHeader): number =>
  Math.ceil((width * samplesOf(header) * header.depth) / 8)

function viewOf({ data, shape, stride }: Samples, { x, y, dx, dy, width, height }: Pass): Samples {
  const [row, column, sample] = stride as [number, number, number]
  return {
    data,
    shape: [height, width, shape[2]!],
    stride: [row * dy, column * dx, sample],
    offset: y * row + x * column,
  }
}

function samplesTensor(height: number, width: number, samples: number, depth: number): Samples {
  const shape = [height, width, samples]
  const size = height * width * samples
  return { ...contiguous(shape), data: depth === 16 ? new Uint16Array(size) : new Uint8Array(size) }
}

/** The samples of one pass, `[h, w, samples]`, from its filtered rows. */
function decodePass(rows: Uint8Array, { width, height }: Pass, header: PngHeader): Samples {
  const { depth, colorType } = header
  let data: Uint8Array | Uint16Array
  try {
    data = decode(plainPng(rows, { width, height, depth, colorType })).data as Uint8Array | Uint16Array
  } catch (cause) {
    throw damaged(messageOf(cause), cause)
  }
  const shape = [height, width, samplesOf(header)]
  return {
    ...contiguous(shape),
    data: depth < 8 ? unpackBits(data as Uint8Array, width, height, depth) : data,
  }
}

/** The most bytes that a stored block of deflate can have. */
const BLOCK = 0xffff

/**
 * A PNG file without interlacing whose rows are stored, not compressed. Every block is a chunk of its own: fast-png's
 * decompressor counts the bits of a chunk in 31 bits. The checksums are 0, it does not look at them.
 */
function plainPng(
  rows: Uint8Array,
  { width, height, depth, colorType }: Omit<PngHeader, 'interlaced'>,
): Uint8Array {
  const blocks = Math.ceil(rows.length / BLOCK)
  const file = new Uint8Array(8 + 25 + 14 + 17 * blocks + rows.length + 16 + 12)
  const view = new DataView(file.buffer)
  let at = 0
  const write = (bytes: ArrayLike<number>) => {
    file.set(bytes, at)
    at += bytes.length
  }
  const writeChunk = (type: string, ...parts: ArrayLike<number>[]) => {
    view.setUint32(
      at,
      parts.reduce((length, part) => length + part.length, 0),
    )
    at += 4
    write(Array.from(type, (char) => char.charCodeAt(0)))
    for (const part of parts) write(part)
    at += 4
  }
  const header = new DataView(new ArrayBuffer(8))
  header.setUint32(0, width)
  header.setUint32(4, height)
  write(SIGNATURE)
  writeChunk('IHDR', new Uint8Array(header.buffer), [depth, colorType, 0, 0, 0])
  writeChunk('IDAT', [0x78, 0x01])
  for (let i = 0; i < blocks; i++) {
    const block = rows.subarray(i * BLOCK, (i + 1) * BLOCK)
    const [low, high] = [block.length & 255, block.length >> 8]
    writeChunk('IDAT', [i === blocks - 1 ? 1 : 0, low, high, 255 - low, 255 - high], block)
  }
  writeChunk('IDAT', [0, 0, 0, 0])
  writeChunk('IEND')
  return file
}

/** One byte a sample, from rows of 1, 2 or 4 bits a sample. */
function unpackBits(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const line = Math.ceil((width * depth) / 8)
  const perByte = 8 / depth
  const mask = (1 << depth) - 1
  const samples = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = packed[y * line + Math.floor(x / perByte)]!
      samples[y * width + x] = (byte >> (8 - depth * ((x % perByte) + 1))) & mask
    }
  }
  return samples
}
