/**
 * The samples of a JPEG picture on their way: of each component the rows that one row of MCUs gives, those of the row
 * before, and the last row before these, since colours stored at less resolution are interpolated between rows.
 */
import type { JpegMemory } from './jpeg-memory.ts'
import type { Frame } from './jpeg-segments.ts'

/** A component and its memory. */
export interface Plane {
  /** Blocks of it in an MCU. */
  readonly columns: number
  readonly rows: number
  /** Samples along a side of its blocks: 8, 4, 2 or 1. */
  readonly size: number
  /** How many samples count. */
  readonly width: number
  readonly height: number
  /** How many columns and rows of the picture share a sample, as fractions. */
  readonly across: readonly [number, number]
  readonly down: readonly [number, number]
  readonly isSmooth: boolean
  /** Bytes from a row of samples to the next, and where their first is: the row before those that are drawn. */
  readonly stride: number
  readonly start: number
  readonly line: number
  readonly sums: number
}

/** How many MCUs there are, and what they are in the picture. */
export interface Grid {
  readonly columns: number
  readonly rows: number
  /** Rows of the picture, at its scale, in a row of MCUs. */
  readonly height: number
}

export function gridOf(frame: Frame, scale: number): Grid {
  const [columns, rows] = mostOf(frame)
  return {
    columns: Math.ceil(frame.width / (8 * columns)),
    rows: Math.ceil(frame.height / (8 * rows)),
    height: (8 * rows) / scale,
  }
}

/** The largest sampling factors; those of a single component mean nothing. */
function mostOf({ components }: Frame): [number, number] {
  if (components.length === 1) return [1, 1]
  return [Math.max(...components.map((c) => c.columns)), Math.max(...components.map((c) => c.rows))]
}

/** The planes of a frame that is decoded at 1/`scale`, by libjpeg's rules (jdmaster.c, jdsample.c). */
export function planesOf(frame: Frame, scale: number, memory: JpegMemory): Plane[] {
  const [most, mostRows] = mostOf(frame)
  const grid = gridOf(frame, scale)
  const least = 8 / scale
  return frame.components.map((component) => {
    const { columns, rows } = frame.components.length === 1 ? { columns: 1, rows: 1 } : component
    let size = least
    const divides = (n: number, factor: number) => (n * least) % (factor * size * 2) === 0
    while (size < 8 && divides(most, columns) && divides(mostRows, rows)) size *= 2
    const width = Math.ceil((frame.width * columns * size) / (most * 8))
    const across = reduced(most * least, columns * size)
    const down = reduced(mostRows * least, rows * size)
    const isDouble = ([n, of]: readonly [number, number]) => n === 2 && of === 1
    const isSame = ([n, of]: readonly [number, number]) => n === of
    const isWide = isDouble(across) && width > 2 && (isDouble(down) || isSame(down))
    const stride = Math.ceil((grid.columns * columns * size + 16) / 16) * 16
    return {
      ...{ columns, rows, size, width, across, down, stride },
      height: Math.ceil((frame.height * rows * size) / (mostRows * 8)),
      isSmooth: least > 1 && (isWide || (isSame(across) && isDouble(down))),
      start: memory.clear(stride * (2 * rows * size + 2)),
      line: memory.allocate(2 * grid.columns * most * least + 64),
      sums: memory.allocate(2 * stride + 64),
    }
  })
}

function reduced(n: number, of: number): [number, number] {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  const common = divisor(n, of)
  return [n / common, of / common]
}

/** Where the rows that are drawn begin. */
export const drawnAt = ({ start, stride }: Plane): number => start + stride

/** Where the rows of the next row of MCUs go. */
export const decodedAt = ({ start, stride, rows, size }: Plane): number => start + stride * (1 + rows * size)

/** Row `row` of MCUs was decoded, and becomes what is drawn; at the picture's edges the nearest row stands for what is beyond. */
export function advance(plane: Plane, row: number, grid: Grid, bytes: Uint8Array): void {
  const { start, stride, rows, size, height } = plane
  const count = rows * size
  const copyRow = (from: number, to: number) =>
    bytes.copyWithin(start + to * stride, start + from * stride, start + (from + 1) * stride)
  if (row === grid.rows - 1) {
    const real = height - row * count
    copyRow(count + real, count + real + 1)
  }
  copyRow(count, 0)
  bytes.copyWithin(start + stride, decodedAt(plane), start + stride * (2 * count + 2))
  if (row === 0) copyRow(1, 0)
}
