/**
 * PNG files. The chunks are read first, so that nothing is decompressed beyond what the header promises; then filters are
 * undone in place. An interlaced picture is seven images, each a strided view of the whole.
 */
import { copyApart } from '../copy/copy.ts'
import { contiguous } from '../layout/layout.ts'
import { damaged, truncated } from './error.ts'
import { inflate } from './inflate.ts'
import { upright } from './orientation.ts'
import type { Picture, ReadLimits } from './picture.ts'
import { INDEXED, type PngHeader, readChunks, samplesOf } from './png-chunks.ts'
import { inColor, type Samples } from './png-color.ts'
import { removeFilters } from './png-filters.ts'
import { orientationOfPng } from './png-orientation.ts'
import { isWorthSharp, pixelsBySharp } from './sharp.ts'

/** Decodes a PNG file; grey, grey and alpha, RGB or RGBA, 8 bits a sample. */
export async function readPng(
  bytes: Uint8Array,
  limits: ReadLimits,
  { isOwn }: { readonly isOwn: boolean },
): Promise<Picture> {
  const chunks = readChunks(bytes, limits)
  const { header, isCut, transparency } = chunks
  const isPlain = header.depth === 8 && header.colorType !== INDEXED && samplesOf(header) >= 3
  if (!isOwn && isPlain && !isCut && transparency === undefined && isWorthSharp(header)) {
    const image = await pixelsBySharp(bytes, limits)
    if (image?.shape[2] === samplesOf(header)) {
      return { image: upright(image, await orientationOfPng(chunks)), warnings: [] }
    }
  }
  const passes = passesOf(header)
  const expected = passes.reduce((size, pass) => size + pass.height * (1 + lineBytes(pass.width, header)), 0)
  const { bytes: rows, filled, hasMore } = await inflate(chunks.data, expected)
  if (filled < expected) {
    if (isCut) throw truncated('PNG', bytes.length)
    const what = `its data hold ${filled} bytes of pixels, expected the ${expected} that its header announces`
    throw damaged('PNG', what)
  }
  const warnings: string[] = []
  if (isCut) warnings.push('the file ends before its last chunk, IEND, does; all its pixels are there')
  else if (hasMore) warnings.push('there is more behind the compressed pixels, which was ignored')
  const stored = header.interlaced
    ? interlacedImage(rows, passes, header)
    : decodePass(rows, passes[0]!, header)
  const image = inColor(stored, chunks, warnings)
  return { image: upright(image, await orientationOfPng(chunks)), warnings }
}

function interlacedImage(rows: Uint8Array, passes: readonly Pass[], header: PngHeader): Samples {
  const { width, height, depth } = header
  const shape = [height, width, samplesOf(header)]
  const size = height * width * samplesOf(header)
  const image = { ...contiguous(shape), data: depth === 16 ? new Uint16Array(size) : new Uint8Array(size) }
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

/** The samples of one pass, `[h, w, samples]`, from its filtered rows, which are overwritten. */
function decodePass(rows: Uint8Array, { width, height }: Pass, header: PngHeader): Samples {
  const { depth } = header
  const line = lineBytes(width, header)
  const packed = removeFilters(rows, height, line, Math.max(1, (samplesOf(header) * depth) >> 3))
  const layout = contiguous([height, width, samplesOf(header)])
  if (depth === 8) return { ...layout, data: packed }
  return { ...layout, data: depth === 16 ? joinBytes(packed) : unpackBits(packed, width, height, depth) }
}

function joinBytes(bytes: Uint8Array): Uint16Array {
  const samples = new Uint16Array(bytes.length / 2)
  for (let i = 0; i < samples.length; i++) samples[i] = (bytes[2 * i]! << 8) | bytes[2 * i + 1]!
  return samples
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
