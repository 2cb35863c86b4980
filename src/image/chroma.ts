/**
 * Colour of JPEG pictures as libjpeg computes it, so that a photo has the pixels that Pillow and browsers show: colour
 * differences stored at half the resolution are interpolated, not repeated (libjpeg-turbo `jdsample.c`, "fancy
 * upsampling": the nearer sample counts 3, the farther 1), and converted in 16-bit fixed point (`jdcolor.c`).
 */

/** How many columns and rows of the picture share one sample. */
export interface Subsampling {
  readonly columns: number
  readonly rows: number
}

/** Turns `[h, w, (Y Cb Cr)]` with repeated colour samples into RGB in place. */
export function convertToRgb(
  pixels: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  subsampling: readonly Subsampling[],
): void {
  const [blue, red] = [1, 2].map((channel) => {
    return smoothPlane(gatherPlane(pixels, width, height, channel, subsampling[channel]!))
  }) as [Uint8Array, Uint8Array]
  for (let i = 0; i < width * height; i++) {
    const y = pixels[3 * i]!
    const cb = blue[i]! - 128
    const cr = red[i]! - 128
    pixels[3 * i] = clamp(y + ((91_881 * cr + 32_768) >> 16)) // 1.402
    pixels[3 * i + 1] = clamp(y + ((-22_554 * cb - 46_802 * cr + 32_768) >> 16)) // 0.344136, 0.714136
    pixels[3 * i + 2] = clamp(y + ((116_130 * cb + 32_768) >> 16)) // 1.772
  }
}

const clamp = (value: number): number => Math.min(255, Math.max(0, value))

/** One channel as stored, and the size of the picture that it has to cover. */
interface Plane extends Subsampling {
  readonly samples: Uint8Array
  readonly stored: { readonly width: number; readonly height: number }
  readonly width: number
  readonly height: number
}

function gatherPlane(
  pixels: Uint8Array,
  width: number,
  height: number,
  channel: number,
  { columns, rows }: Subsampling,
): Plane {
  const stored = { width: Math.ceil(width / columns), height: Math.ceil(height / rows) }
  const samples = new Uint8Array(stored.width * stored.height)
  const first = (index: number, step: number, length: number) => Math.min(length - 1, Math.ceil(index * step))
  let at = 0
  for (let i = 0; i < stored.height; i++) {
    const from = first(i, rows, height) * width
    for (let j = 0; j < stored.width; j++)
      samples[at++] = pixels[3 * (from + first(j, columns, width)) + channel]!
  }
  return { samples, stored, width, height, columns, rows }
}

function smoothPlane(plane: Plane): Uint8Array {
  const { samples, stored, width, height, columns, rows } = plane
  const isWide = columns === 2 && stored.width > 2
  if (columns === 1 && rows === 1) return samples
  if (rows === 1 && isWide) return smooth(plane, { rounding: [1, 2], shift: 2 })
  if (rows === 2 && isWide) return smooth(plane, { rounding: [8, 7], shift: 4 })
  if (rows === 2 && columns === 1) return smoothColumns(plane)
  const repeated = new Uint8Array(width * height)
  for (let i = 0; i < height; i++) {
    const from = Math.floor(i / rows) * stored.width
    for (let j = 0; j < width; j++) repeated[i * width + j] = samples[from + Math.floor(j / columns)]!
  }
  return repeated
}

/** Doubles the columns, and the rows where the plane has half of them. */
function smooth(
  { samples, stored, width, height, rows }: Plane,
  {
    rounding: [left, right],
    shift,
  }: { readonly rounding: readonly [number, number]; readonly shift: number },
): Uint8Array {
  const plane = new Uint8Array(width * height)
  const line = new Int32Array(stored.width)
  const last = stored.width - 1
  for (let i = 0; i < height; i++) {
    blendRows(line, samples, i, stored, rows)
    for (let j = 0; j < width; j++) {
      const near = j >> 1
      const far = j % 2 === 0 ? Math.max(0, near - 1) : Math.min(last, near + 1)
      plane[i * width + j] = (3 * line[near]! + line[far]! + (j % 2 === 0 ? left : right)) >> shift
    }
  }
  return plane
}

/** Row `i` of the picture in the plane: the nearer stored row three times, the farther one once. */
function blendRows(
  line: Int32Array,
  samples: Uint8Array,
  i: number,
  { width, height }: Plane['stored'],
  rows: number,
): void {
  const near = rows === 2 ? i >> 1 : i
  const far = i % 2 === 0 ? Math.max(0, near - 1) : Math.min(height - 1, near + 1)
  for (let j = 0; j < width; j++) {
    const sample = samples[near * width + j]!
    line[j] = rows === 2 ? 3 * sample + samples[far * width + j]! : sample
  }
}

function smoothColumns({ samples, stored, width, height, rows }: Plane): Uint8Array {
  const plane = new Uint8Array(width * height)
  const line = new Int32Array(width)
  for (let i = 0; i < height; i++) {
    blendRows(line, samples, i, stored, rows)
    for (let j = 0; j < width; j++) plane[i * width + j] = (line[j]! + (i % 2 === 0 ? 1 : 2)) >> 2
  }
  return plane
}
