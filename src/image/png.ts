/**
 * PNG files. fast-png undoes the filters and knows the samples' layout; here the chunks are read first, so that nothing
 * is decompressed beyond what the header promises, and fast-png is asked for one plain image at a time: an interlaced
 * picture is seven of them, each a strided view of the whole.
 */
import { decode } from 'fast-png'
import { copyApart } from '../copy/copy.ts'
import { contiguous } from '../layout/layout.ts'
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

  const samples = samplesOf(header)
  const image = samplesTensor(header.height, header.width, samples, header.depth)
  let at = 0
  for (const pass of passes) {
    const length = pass.height * (1 + lineBytes(pass.width, header))
    copyApart(decodePass(rows.subarray(at, at + length), pass, header), viewOf(image, pass))
    at += length
  }
  return { image: inColor(image, chunks), orientation }
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
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause)
  }
  const shape = [height, width, samplesOf(header)]
  return {
    ...contiguous(shape),
    data: depth < 8 ? unpackBits(data as Uint8Array, width, height, depth) : data,
  }
}

/** A PNG file without interlacing whose rows are stored, not compressed. */
function plainPng(
  rows: Uint8Array,
  { width, height, depth, colorType }: Omit<PngHeader, 'interlaced'>,
): Uint8Array {
  const block = 0xffff
  const blocks = Math.ceil(rows.length / block)
  const dataLength = 2 + rows.length + 5 * blocks + 4
  const file = new Uint8Array(8 + 25 + 12 + dataLength + 12)
  const view = new DataView(file.buffer)
  const startChunk = (at: number, length: number, type: string) => {
    view.setUint32(at, length)
    for (let i = 0; i < 4; i++) file[at + 4 + i] = type.charCodeAt(i)
  }
  file.set(SIGNATURE)
  startChunk(8, 13, 'IHDR')
  view.setUint32(16, width)
  view.setUint32(20, height)
  file.set([depth, colorType], 24)
  startChunk(33, dataLength, 'IDAT')
  file.set([0x78, 0x01], 41)
  let at = 43
  for (let i = 0; i < blocks; i++) {
    const piece = rows.subarray(i * block, (i + 1) * block)
    file[at] = i === blocks - 1 ? 1 : 0
    view.setUint16(at + 1, piece.length, true)
    view.setUint16(at + 3, ~piece.length, true)
    file.set(piece, at + 5)
    at += 5 + piece.length
  }
  startChunk(at + 8, 0, 'IEND') // after checksums that fast-png does not ask for
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
