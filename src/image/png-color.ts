/** The colours of a PNG picture: its samples as bytes, its palette looked up, its transparent colour an alpha channel. */
import { contiguous } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { damaged } from './error.ts'
import { INDEXED, type PngChunks, RGB, samplesOf } from './png-chunks.ts'

/** Samples as stored, `[h, w, samples]`, contiguous. */
export type Samples = Tensor<Uint8Array | Uint16Array>

/** The picture as uint8, its palette looked up and its transparent colour made an alpha channel. */
export function inColor(
  image: Samples,
  { header, palette, transparency }: PngChunks,
  warnings: string[],
): Tensor<Uint8Array> {
  const { depth, colorType } = header
  if (colorType === INDEXED) return lookUp(image as Tensor<Uint8Array>, palette, transparency, warnings)
  const full = toBytes(image, depth)
  if (transparency === undefined || colorType > RGB) return full
  const key = new DataView(transparency.buffer, transparency.byteOffset, transparency.byteLength)
  const samples = samplesOf(header)
  if (transparency.length < 2 * samples) {
    warnings.push(`its tRNS chunk has ${transparency.length} bytes, expected ${2 * samples}, and was ignored`)
    return full
  }
  // only the lower bits count, as many as a sample has
  const most = 2 ** depth - 1
  return withAlpha(
    image,
    full,
    Array.from({ length: samples }, (_, i) => key.getUint16(2 * i) & most),
  )
}

/** Eight bits of every sample: the upper ones of sixteen, as Pillow does, and 0…255 for 1, 2 and 4 bits. */
function toBytes({ data, ...layout }: Samples, depth: number): Tensor<Uint8Array> {
  if (depth === 8) return { data: data as Uint8Array, ...layout }
  const bytes = new Uint8Array(data.length)
  const scale = 255 / (2 ** depth - 1)
  for (let i = 0; i < bytes.length; i++) bytes[i] = depth === 16 ? data[i]! >> 8 : data[i]! * scale
  return { data: bytes, ...layout }
}

function lookUp(
  { data, shape }: Tensor<Uint8Array>,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
  warnings: string[],
): Tensor<Uint8Array> {
  if (palette === undefined || palette.length === 0 || palette.length % 3 !== 0) {
    throw damaged('PNG', `its palette has ${palette?.length ?? 0} bytes, expected three for every colour`)
  }
  const colors = palette.length / 3
  const samples = transparency === undefined ? 3 : 4
  const pixels = new Uint8Array(data.length * samples)
  let most = 0
  for (let i = 0; i < data.length; i++) {
    const color = data[i]!
    if (color > most) most = color
    for (let s = 0; s < 3; s++) pixels[i * samples + s] = palette[3 * color + s] ?? 0
    if (transparency !== undefined) pixels[i * samples + 3] = transparency[color] ?? 255
  }
  if (most >= colors) {
    warnings.push(`a pixel has colour ${most} of a palette of ${colors}; such pixels are black`)
  }
  return { data: pixels, ...contiguous([shape[0]!, shape[1]!, samples]) }
}

/** Adds a channel that is 0 where the original samples are those of `key`. */
function withAlpha(
  original: Samples,
  { data, shape }: Tensor<Uint8Array>,
  key: number[],
): Tensor<Uint8Array> {
  const samples = key.length
  const count = data.length / samples
  const pixels = new Uint8Array(count * (samples + 1))
  for (let i = 0; i < count; i++) {
    let isKey = true
    for (let s = 0; s < samples; s++) {
      pixels[i * (samples + 1) + s] = data[i * samples + s]!
      if (original.data[i * samples + s] !== key[s]) isKey = false
    }
    pixels[i * (samples + 1) + samples] = isKey ? 0 : 255
  }
  return { data: pixels, ...contiguous([shape[0]!, shape[1]!, samples + 1]) }
}
