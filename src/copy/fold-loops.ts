/** The loops of a reduction: which of them are kept, in what order they stand in memory, and how a tile is cut from them. */
import type { Layout } from '../layout/layout.ts'

export interface FoldLoop {
  readonly length: number
  /** How far a step moves in the source, in elements; never negative. */
  readonly source: number
  /** How far it moves in the result, whose kept loops follow each other as in the source; 0 for dropped ones. */
  readonly result: number
}

export interface FoldNest {
  /** From the largest step in the source to the smallest. */
  readonly loops: readonly FoldLoop[]
  readonly start: number
  /** The result, laid over the kept axes in their own order. */
  readonly natural: Layout
}

/** The fewest loops of a reduction and the order of its result. */
export function foldNestOf(kept: Layout, dropped: Layout): FoldNest {
  let start = kept.offset
  const loops: { length: number; source: number; axis: number }[] = []
  for (const [layout, isKept] of [[kept, true] as const, [dropped, false] as const]) {
    for (const [axis, length] of layout.shape.entries()) {
      const step = layout.stride[axis]!
      if (step < 0) start += step * (length - 1)
      if (length !== 1) loops.push({ length, source: Math.abs(step), axis: isKept ? axis : -1 })
    }
  }
  // what is repeated in memory is read anew each time: it comes first
  const place = (step: number) => (step === 0 ? Number.POSITIVE_INFINITY : step)
  loops.sort((a, b) => (place(a.source) === place(b.source) ? 0 : place(b.source) - place(a.source)))

  const stride = kept.shape.map(() => 0)
  let offset = 0
  let size = 1
  const steps: FoldLoop[] = []
  for (const { length, source, axis } of loops.toReversed()) {
    steps.unshift({ length, source, result: axis < 0 ? 0 : size })
    if (axis < 0) continue
    const backwards = kept.stride[axis]! < 0
    stride[axis] = backwards ? -size : size
    if (backwards) offset += size * (length - 1)
    size *= length
  }
  return { loops: fuse(steps), start, natural: { shape: kept.shape, stride, offset } }
}

/** Makes one loop of neighbours that are one in the source and in the result. */
function fuse(loops: readonly FoldLoop[]): FoldLoop[] {
  const fused: FoldLoop[] = []
  for (const inner of loops) {
    const outer = fused[fused.length - 1]
    const { length, source, result } = inner
    if (outer !== undefined && outer.source === source * length && outer.result === result * length) {
      fused[fused.length - 1] = { length: outer.length * length, source, result }
    } else {
      fused.push(inner)
    }
  }
  return fused
}

/** Tiles that begin results: for each index of `outerKept`, all parts are folded into the same ones. */
export interface FoldPiece {
  readonly outerKept: readonly FoldLoop[]
  readonly parts: readonly FoldPart[]
  /** How many results a tile has, and where the first piece's begin in the source and in the result. */
  readonly results: number
  readonly source: number
  readonly result: number
}

/** Tiles of one size: a run of the source each, or several that lie at equal distances. */
export interface FoldPart {
  readonly outerDropped: readonly FoldLoop[]
  /** Kept loops, dropped ones in them, and last the one along the run. */
  readonly inner: readonly FoldLoop[]
  /** Elements of a run. */
  readonly extent: number
  /** How many runs, and how far from one to the next in the source and in the tile. */
  readonly runs: { readonly count: number; readonly source: number; readonly tile: number }
  readonly source: number
}

/** Whether a tile has all rows of its columns, gathered run by run. */
export function isWhole({ outerDropped, inner, runs }: FoldPart): boolean {
  return runs.count > 1 && inner.length === 2 && outerDropped.every(({ length }) => length === 1)
}

/** What a tile may hold: so many elements, and so many rows of runs that are folded column by column. */
export interface TileLimits {
  readonly tile: number
  readonly rows: number
}

/** Cuts loops into tiles, or returns null where fewer than `fewest` elements would be consecutive. */
export function foldPieces(
  loops: readonly FoldLoop[],
  { tile, rows }: TileLimits,
  fewest: number,
): FoldPiece[] | null {
  const last = loops.at(-1)
  // columns that are too long for a tile of several rows are cut shorter
  const cut = last !== undefined && isKept(last) && last.length * rows > tile && !loops.every(isKept)
  const size = cut ? Math.floor(tile / rows) : tile
  let extent = 1
  let first = loops.length // of the loops that lie whole in a tile
  while (first > 0) {
    const { length, source } = loops[first - 1]!
    if (source !== extent || extent * length > size) break
    extent *= length
    first--
  }
  const whole = loops.slice(first)
  const next = loops[first - 1]
  const block = next?.source === extent ? Math.min(next.length, Math.floor(size / extent)) : 1
  if (extent * block < fewest) return null
  const most = Math.min(rows, Math.floor(tile / (extent * block)))
  if (next === undefined || block < 2) {
    return [pieceOf(loops.slice(0, first), [partOf([], whole, 0)], 0, 0, most)]
  }

  const { length, source, result } = next
  const even = Math.ceil(length / Math.ceil(length / block))
  const count = Math.floor(length / even)
  const left = length - count * even
  const outer = loops.slice(0, first - 1)
  const over = { length: count, source: source * even, result: result * even }
  const blocks = [{ length: even, source, result }, ...whole]
  const rest = [{ length: left, source, result }, ...whole]
  const restStart = count * even * source
  if (isKept(next)) {
    const pieces = [pieceOf([...outer, over], [partOf([], blocks, 0)], 0, 0, most)]
    if (left > 0) pieces.push(pieceOf(outer, [partOf([], rest, 0)], restStart, count * even * result, most))
    return pieces
  }
  const parts = [partOf([over], blocks, 0)]
  if (left > 0) parts.push(partOf([], rest, restStart))
  return [pieceOf(outer, parts, 0, 0, most)]
}

function isKept(loop: FoldLoop): boolean {
  return loop.result !== 0
}

function pieceOf(
  outer: readonly FoldLoop[],
  parts: readonly FoldPart[],
  source: number,
  result: number,
  mostRuns: number,
): FoldPiece {
  const dropped = outer.filter((loop) => !isKept(loop))
  return {
    outerKept: outer.filter(isKept),
    parts: parts.flatMap((part) => {
      return gathered({ ...part, outerDropped: [...dropped, ...part.outerDropped] }, mostRuns)
    }),
    results: parts[0]!.inner.filter(isKept).reduce((product, { length }) => product * length, 1),
    source,
    result,
  }
}

function partOf(outerDropped: readonly FoldLoop[], tile: readonly FoldLoop[], source: number): FoldPart {
  const others = tile.slice(0, -1)
  return {
    outerDropped,
    inner: [...others.filter(isKept), ...others.filter((loop) => !isKept(loop)), ...tile.slice(-1)],
    extent: tile.reduce((product, { length }) => product * length, 1),
    runs: { count: 1, source: 0, tile: 0 },
    source,
  }
}

/** Elements between the runs of a tile: at equal places of a page they would share cache lines. */
const gap = 16

/** The same with up to `most` runs in a tile where columns are folded: their results then stay in registers. */
function gathered(part: FoldPart, most: number): FoldPart[] {
  const { outerDropped, inner, extent, source } = part
  const over = outerDropped.at(-1)
  const last = inner.at(-1)
  if (over === undefined || last === undefined || !isKept(last) || Math.min(over.length, most) < 2)
    return [part]
  const rows = Math.ceil(over.length / Math.ceil(over.length / most))
  const whole = Math.floor(over.length / rows)
  const tile = (count: number, first: number, loops: readonly FoldLoop[]): FoldPart => ({
    outerDropped: [...outerDropped.slice(0, -1), ...loops],
    inner: [...inner.slice(0, -1), { length: count, source: extent + gap, result: 0 }, last],
    extent,
    runs: { count, source: over.source, tile: extent + gap },
    source: source + first * over.source,
  })
  const tiles = [tile(rows, 0, [{ length: whole, source: over.source * rows, result: 0 }])]
  const left = over.length - whole * rows
  if (left > 0) tiles.push(tile(left, whole * rows, []))
  return tiles
}
