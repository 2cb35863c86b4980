/**
 * Decodes a JPEG picture by the kernels in src/wasm/assembly/jpeg.ts, a row of MCUs at a time: of a picture in one scan
 * nothing is in memory but the file, the result and a few rows. Several scans need the coefficients of all blocks.
 */
import { copyApart } from '../copy/copy.ts'
import { contiguous, slice } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { damaged, ImageError, truncated } from './error.ts'
import { JpegMemory } from './jpeg-memory.ts'
import { advance, decodedAt, drawnAt, type Grid, gridOf, type Plane, planesOf } from './jpeg-planes.ts'
import type { Frame, Scan, Segments } from './jpeg-segments.ts'
import { asStored, flips, type Orientation } from './orientation.ts'
import type { Picture, Reduction } from './picture.ts'

/** What the components are, as the kernels number it. */
export type Colors = 'grey' | 'ycc' | 'rgb' | 'inks' | 'ycck'
const kinds: readonly Colors[] = ['grey', 'ycc', 'rgb', 'inks', 'ycck']

/** What a scan gives, as the kernels number it. */
const AT_ONCE = 0
const WHOLE = 1
const FIRST_DC = 2

/** Words of a component in the kernels' memory. */
const WORDS = 20

interface Work {
  readonly memory: JpegMemory
  readonly frame: Frame
  readonly scans: readonly Scan[]
  readonly bytes: Uint8Array
  readonly planes: readonly Plane[]
  readonly grid: Grid
  /** What was wrong with the scans that are done. */
  faults: number
}

/** Decodes a picture at 1/`scale` of its size, upright: grey, or RGB. */
export async function decodeJpeg(
  bytes: Uint8Array,
  { frame, scans, orientation, isWhole }: Segments,
  colors: Colors,
  scale: number,
): Promise<Picture> {
  try {
    const memory = await JpegMemory.open()
    const grid = gridOf(frame, scale)
    const work: Work = {
      memory,
      frame,
      scans,
      bytes,
      grid,
      planes: planesOf(frame, scale, memory),
      faults: 0,
    }
    const [height, width] = [frame.height, frame.width].map((length) => Math.ceil(length / scale)) as [
      number,
      number,
    ]
    const channels = colors === 'grey' ? 1 : 3
    const shape = orientation >= 5 ? [width, height, channels] : [height, width, channels]
    const image = { ...contiguous(shape), data: new Uint8Array(height * width * channels) }
    drawRows(work, kinds.indexOf(colors), asStored(image, orientation))
    const faults = work.faults | memory.kernels.faults()
    memory.close()
    if (!isWhole && (faults & 1 || !isEverythingThere(frame, scans))) throw truncated('JPEG', bytes.length)
    const reduction = scale === 1 ? undefined : reductionOf(frame, orientation, scale)
    return { image, warnings: faultNames.filter((_, i) => faults & (1 << i)), reduction }
  } catch (cause) {
    if (cause instanceof ImageError) throw cause
    if (cause instanceof RangeError) {
      const what = `the picture of ${frame.width}×${frame.height} pixels is too large — there is no memory to decode it`
      throw new ImageError('readImage', 'image/too-large', what, { cause })
    }
    if (isTrap(cause)) throw damaged('JPEG', 'its scans contradict its frame', cause)
    throw cause
  }
}

/** An access beyond the memory; scripts throw sentences. */
const isTrap = (cause: unknown): boolean =>
  typeof cause === 'string' ||
  (typeof WebAssembly !== 'undefined' && cause instanceof WebAssembly.RuntimeError)

/** The last row and column of samples may stand for less than `scale` pixels; turned, they may be the first. */
function reductionOf({ height, width }: Frame, orientation: Orientation, scale: number): Reduction {
  const [h, w] = orientation >= 5 ? [width, height] : [height, width]
  const [top, left] = flips(orientation).map((isFlipped, axis) => {
    const length = (axis === 0 ? h : w) / scale
    return isFlipped ? Math.ceil(length) - length : 0
  }) as [number, number]
  return { height: h, width: w, box: { top, left, height: h / scale, width: w / scale } }
}

const faultNames = [
  'the data of a scan end early; what is missing is grey',
  'there are codes that no table has',
  'restart markers are not where they should be',
  'a scan has more data than its frame has blocks',
]

const isEverythingThere = ({ components }: Frame, scans: readonly Scan[]): boolean =>
  components.every((_, i) => scans.some(({ parts }) => parts.some((part) => part.component === i)))

/** Decodes all rows of MCUs and draws each into `target`, `[h, w, c]` as stored. */
function drawRows(work: Work, kind: number, target: Tensor<Uint8Array>): void {
  const { memory, planes, grid } = work
  const [height, width, channels] = target.shape as [number, number, number]
  const decodeRow = isOneScan(work) ? decodeAtOnce(work) : decodeKept(work)
  const drawing = componentList(work, (plane) => ({ samples: drawnAt(plane) }))
  const strip = memory.allocate(grid.height * width * channels + 64)
  const draw = (row: number) => {
    const top = row * grid.height
    const rows = Math.min(grid.height, height - top)
    memory.kernels.draw(drawing, planes.length, kind, rows, width, strip)
    const pixels = memory.bytes.subarray(strip, strip + rows * width * channels)
    const source = { ...contiguous([rows, width, channels]), data: pixels }
    copyApart(source, { data: target.data, ...slice(target, 0, top, top + rows) })
  }
  for (let row = 0; row < grid.rows; row++) {
    decodeRow(row)
    if (row > 0) draw(row - 1)
    for (const plane of planes) advance(plane, row, grid, memory.bytes)
  }
  draw(grid.rows - 1)
}

const isOneScan = ({ frame, scans }: Work): boolean =>
  !frame.isProgressive && scans.length === 1 && scans[0]!.parts.length === frame.components.length

/** Blocks are transformed as soon as they are decoded. */
function decodeAtOnce(work: Work): (row: number) => void {
  const { memory, planes, grid, scans } = work
  const scan = scans[0]!
  const list = scanList(work, scan, (plane) => ({ samples: decodedAt(plane) }))
  begin(work, scan)
  const parts = scan.parts.length
  return (row) => {
    const columns = planes.length === 1 ? Math.ceil(planes[0]!.width / planes[0]!.size) : grid.columns
    memory.kernels.decode(list, parts, AT_ONCE, row, columns, 0, 63, 0)
  }
}

/** The coefficients of all blocks are decoded, scan by scan; then row by row they are transformed. */
function decodeKept(work: Work): (row: number) => void {
  const { memory, planes, grid, frame, scans } = work
  // where a block becomes one sample only the first coefficient counts
  const stepOf = ({ size }: Plane) => (size === 1 ? 2 : 128)
  const coefficients = planes.map((plane) => {
    const blocks = grid.columns * plane.columns * grid.rows * plane.rows
    return memory.clear(blocks * stepOf(plane))
  })
  const kept = (plane: Plane, i: number): Partial<Words> => ({
    ...{ blocks: grid.columns * plane.columns, step: stepOf(plane), coefficients: coefficients[i]! },
  })
  for (const scan of scans) {
    const { parts, first, last, low, high } = scan
    if (first > 0 && parts.every(({ component }) => planes[component]!.size === 1)) continue
    const mark = memory.mark()
    const list = scanList(work, scan, kept)
    begin(work, scan)
    const kind = frame.isProgressive ? FIRST_DC + (high > 0 ? 1 : 0) + (first > 0 ? 2 : 0) : WHOLE
    const { columns, rows } = parts.length > 1 ? grid : blocksOf(planes[parts[0]!.component]!)
    for (let row = 0; row < rows; row++) {
      memory.kernels.decode(list, parts.length, kind, row, columns, first, last, low)
    }
    work.faults |= memory.kernels.faults()
    memory.release(mark)
  }
  const list = componentList(work, (plane, i) => ({ ...kept(plane, i), samples: decodedAt(plane) }))
  return (row) => {
    for (const [i, plane] of planes.entries()) {
      for (let y = 0; y < plane.rows; y++) {
        const target = decodedAt(plane) + y * plane.size * plane.stride
        memory.kernels.transformRow(list, i, row * plane.rows + y, target)
      }
    }
  }
}

/** The blocks of a component that hold samples of the picture: those of its own scans. */
const blocksOf = ({ width, height, size }: Plane) => ({
  columns: Math.ceil(width / size),
  rows: Math.ceil(height / size),
})

function begin({ memory, bytes }: Work, { start, end, restarts }: Scan): void {
  const data = memory.place(bytes.subarray(start, end))
  memory.kernels.begin(data, data + end - start, restarts)
}

/** What differs from list to list. */
interface Words {
  readonly columns: number
  readonly rows: number
  readonly blocks: number
  readonly step: number
  readonly coefficients: number
  readonly dc: number
  readonly ac: number
  readonly samples: number
}

/** The components of a scan: one alone comes block by block, whatever its sampling. */
function scanList(work: Work, { parts }: Scan, more: (plane: Plane, i: number) => Partial<Words>): number {
  const tables = new Map<object, number>()
  const tableOf = (table: Scan['parts'][number]['dc']): number => {
    const known = tables.get(table) ?? work.memory.prepare(table)
    tables.set(table, known)
    return known
  }
  const alone = parts.length === 1 ? { columns: 1, rows: 1 } : {}
  const components = parts.map(({ component }) => component)
  const words = parts.map(({ component, dc, ac }) => {
    return { ...more(work.planes[component]!, component), ...alone, dc: tableOf(dc), ac: tableOf(ac) }
  })
  return writeList(work, components, words)
}

function componentList(work: Work, more: (plane: Plane, i: number) => Partial<Words>): number {
  const all = work.planes.map((_, i) => i)
  return writeList(
    work,
    all,
    all.map((i) => more(work.planes[i]!, i)),
  )
}

/** Writes components as the kernels read them (class Component). */
function writeList(work: Work, components: readonly number[], different: readonly Partial<Words>[]): number {
  const { memory, planes } = work
  const list = memory.allocate(4 * WORDS * components.length)
  for (const [place, i] of components.entries()) {
    const plane = planes[i]!
    const words = { ...different[place]! }
    memory.write(list + 4 * WORDS * place, [
      words.columns ?? plane.columns,
      words.rows ?? plane.rows,
      plane.size,
      words.blocks ?? 0,
      words.step ?? 0,
      words.coefficients ?? 0,
      placeFactors(work, i),
      words.dc ?? 0,
      words.ac ?? 0,
      0, // the last block's first coefficient
      words.samples ?? 0,
      plane.stride,
      plane.width,
      ...plane.across,
      ...plane.down,
      plane.isSmooth ? 1 : 0,
      plane.line,
      plane.sums,
    ])
  }
  return list
}

/** Where the coefficients of a block stand, in zigzag order. */
const ZIGZAG = Uint8Array.of(
  ...[
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21,
  ],
  ...[
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53,
    60, 61,
  ],
  ...[54, 47, 55, 62, 63],
)

/** The factors of a component in natural order. */
function placeFactors({ memory, scans }: Work, component: number): number {
  const parts = scans.flatMap((scan) => scan.parts).filter((part) => part.component === component)
  const natural = new Int16Array(64).fill(1)
  const factors = parts[0]?.factors
  if (parts.length > 0 && factors === undefined) throw damaged('JPEG', 'it has no quantisation factors')
  factors?.forEach((factor, i) => {
    natural[ZIGZAG[i]!] = factor
  })
  return memory.place(new Uint8Array(natural.buffer))
}
