/**
 * A picture as a tensor: which dimensions are rows, columns and channels is told by the shape, as people write it:
 * `[h, w, 3]`, `[…, 3, h, w]` or `[h, w]`.
 */

/** Pixels as `ImageData` holds them: four bytes each, row after row. */
export interface Picture {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

export interface FillOptions {
  readonly like?: readonly number[]
  readonly whole?: readonly number[] | undefined
}

export interface PictureShape {
  readonly rows: number
  readonly columns: number
  /** Dimension of the channels, or null for a grey picture. */
  readonly channels: number | null
}

/** The dimensions of a picture of this shape, or null where none can be seen. */
export function pictureShape(shape: readonly number[]): PictureShape | null {
  const rank = shape.length
  if (rank === 2) return { rows: 0, columns: 1, channels: null }
  if (rank < 3) return null
  if (shape[rank - 1] === 3) return { rows: rank - 3, columns: rank - 2, channels: rank - 1 }
  if (shape[rank - 3] === 3) return { rows: rank - 2, columns: rank - 1, channels: rank - 3 }
  return null
}

/**
 * The values of a tensor of this shape, 0 to 255, from a picture that is resampled to its rows and columns; further
 * dimensions repeat it, each time a step to the side. Null where the shape is no picture's. Of a tensor that is drawn
 * smaller than it is, `like` is its true shape; of one that was cropped or padded, `whole` is the picture's.
 */
export function fillWithPicture(
  picture: Picture,
  shape: readonly number[],
  { like = shape, whole = like }: FillOptions = {},
): Float32Array | null {
  const found = pictureShape(like)
  if (found === null) return null
  const { rows, columns, channels } = found
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1))
  const index = shape.map(() => 0)
  // the length of the whole picture, in elements of what is drawn
  const extent = shape.map((length, dimension) => (whole[dimension]! * length) / like[dimension]!)
  const [tall, wide] = [extent[rows]!, extent[columns]!]
  for (let i = 0; i < values.length; i++) {
    let rest = i
    for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
      index[dimension] = rest % shape[dimension]!
      rest = Math.floor(rest / shape[dimension]!)
    }
    if (index.some((place, dimension) => place >= extent[dimension]!)) continue
    const copies = index.filter((_, d) => d !== rows && d !== columns && d !== channels)
    const shift = copies.reduce((sum, one) => sum + one, 0) * 0.25
    values[i] = sample(
      picture,
      index[rows]! / tall,
      1 / tall,
      (index[columns]! / wide + shift) % 1,
      1 / wide,
      channels === null ? null : index[channels]!,
    )
  }
  return values
}

/** The mean over a box, of one channel or of their luminance. */
function sample(
  { data, width, height }: Picture,
  top: number,
  tall: number,
  left: number,
  wide: number,
  channel: number | null,
): number {
  const fromY = Math.min(height - 1, Math.floor(top * height + 1e-6))
  const toY = Math.min(height, Math.max(fromY + 1, Math.floor((top + tall) * height + 1e-6)))
  const fromX = Math.min(width - 1, Math.floor(left * width + 1e-6))
  const toX = Math.min(width, Math.max(fromX + 1, Math.floor((left + wide) * width + 1e-6)))
  let sum = 0
  for (let y = fromY; y < toY; y++) {
    for (let x = fromX; x < toX; x++) {
      const at = 4 * (y * width + x)
      sum +=
        channel === null
          ? 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!
          : data[at + channel]!
    }
  }
  return sum / ((toY - fromY) * (toX - fromX))
}

/** The side of the patches into which a dropped picture is cut. */
export const patchSide = 24

/** The size at which a dropped picture becomes a tensor: at most 96 on a side, both divisible by the patches' side. */
export function tensorSize(width: number, height: number): { width: number; height: number } {
  const scale = 96 / Math.max(width, height)
  const rounded = (length: number) =>
    Math.max(patchSide, Math.round((length * scale) / patchSide) * patchSide)
  return { width: rounded(width), height: rounded(height) }
}
