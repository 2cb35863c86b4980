/**
 * Cutting a copy into tiles that are staged: what a tile reads is a few long runs of the source, what it writes a few
 * long runs of the target, and both fit a fast cache. Blocks of the loops grow by doubling, of the loop along the
 * source or of the one along the target, so that both runs lengthen, until the tile is full: for a transpose that is a
 * rectangle, for interleaving few channels all of them and a long stretch of pixels.
 */
import type { Loop, Nest } from './nest.ts'

/** Tiles of one size. */
export interface TiledNest {
  /** The loops over the tiles. */
  readonly outer: readonly Loop[]
  /** The loops inside a tile. */
  readonly inner: readonly Loop[]
  readonly source: number
  readonly target: number
}

/** Runs that together hold all elements which some loops reach on one side of a copy. */
export interface Runs {
  /** The loops that stay inside a run. */
  readonly inside: readonly Loop[]
  /** The loops from one run to the next. */
  readonly between: readonly Loop[]
  /** Elements of a run. */
  readonly extent: number
}

export type Side = 'source' | 'target'

/** How much of what a run of the source holds may lie unused between elements. */
const slack = 2

/**
 * How many times longer than the target's runs the source's should be: fetching a run needs a new view of a buffer that differs
 * from call to call, while the views of results in linear memory are kept.
 */
const longer = 4

/**
 * A run of the source that is spread over rows of the target, and they a multiple of so many bytes apart, falls on few lines of a
 * cache: such rows stay runs of their own, between which linear memory has gaps.
 */
const unfitBytes = 1024

/** Runs of a tile on either side: where they stay short, a larger tile would only be more of them. */
const mostRuns = 2048

/** The runs of some loops: on the source side they may have gaps, on the target side none. */
export function runsOf(loops: readonly Loop[], side: Side, bytes: number): Runs {
  const sorted = bySteps(loops, side)
  const inside: Loop[] = []
  const between: Loop[] = []
  let extent = 1
  for (const loop of sorted) {
    // a run once left stays left: later loops take larger steps
    if (between.length === 0 && joins(loop, side, extent, bytes)) {
      inside.push(loop)
      extent += Math.abs(loop[side]) * (loop.length - 1)
    } else {
      between.push(loop)
    }
  }
  return { inside, between, extent }
}

function joins(loop: Loop, side: Side, extent: number, bytes: number): boolean {
  const step = Math.abs(loop[side])
  if (side === 'source') return step <= extent * slack
  const unfit = Math.abs(loop.source) === 1 && (step * bytes) % unfitBytes === 0
  return step === extent && !unfit
}

function bySteps(loops: readonly Loop[], side: Side): Loop[] {
  return loops.toSorted((a, b) => Math.abs(a[side]) - Math.abs(b[side]))
}

/**
 * Cuts a nest into tiles of at most `size` elements of `bytes` each; whatever does not come out even is pieces of smaller
 * tiles.
 */
export function tilesOf({ loops, source, target }: Nest, size: number, bytes: number): TiledNest[] {
  const blocks = new Map(loops.map((loop) => [loop, 1]))
  const chains = { source: bySteps(loops, 'source'), target: bySteps(loops, 'target') }
  let elements = 1
  while (true) {
    const read = reached(chains, 'source', blocks, bytes)
    const written = reached(chains, 'target', blocks, bytes)
    const loop = chains[read < longer * written ? 'source' : 'target'].find(
      (loop) => blocks.get(loop)! < loop.length,
    )
    if (loop === undefined || elements >= mostRuns * Math.min(read, written)) break
    const block = blocks.get(loop)!
    const others = elements / block
    const larger = Math.min(loop.length, 2 * block, Math.floor(size / others))
    if (larger <= block) break
    blocks.set(loop, larger)
    elements = others * larger
  }
  return cut(loops, blocks, source, target)
}

/** The extent of a run that begins with the smallest steps and goes on as long as whole loops follow each other. */
function reached(
  chains: Record<Side, readonly Loop[]>,
  side: Side,
  blocks: ReadonlyMap<Loop, number>,
  bytes: number,
): number {
  let extent = 1
  for (const loop of chains[side]) {
    if (!joins(loop, side, extent, bytes)) break
    const block = blocks.get(loop)!
    extent += Math.abs(loop[side]) * (block - 1)
    if (block < loop.length) break
  }
  return extent
}

/** The whole blocks of every loop, and what is left at their ends. */
function cut(
  loops: readonly Loop[],
  blocks: ReadonlyMap<Loop, number>,
  source: number,
  target: number,
): TiledNest[] {
  let pieces: TiledNest[] = [{ outer: [], inner: [], source, target }]
  for (const loop of loops) {
    const block = evenly(loop.length, blocks.get(loop)!)
    const whole = Math.floor(loop.length / block)
    const rest = loop.length - whole * block
    const over = { length: whole, source: loop.source * block, target: loop.target * block }
    pieces = pieces.flatMap(({ outer, inner, source, target }) => {
      const blocks = {
        outer: whole > 1 ? [...outer, over] : outer,
        inner: block > 1 ? [...inner, { ...loop, length: block }] : inner,
        source,
        target,
      }
      if (rest === 0) return [blocks]
      const end = {
        outer,
        inner: rest > 1 ? [...inner, { ...loop, length: rest }] : inner,
        source: source + whole * over.source,
        target: target + whole * over.target,
      }
      return [blocks, end]
    })
  }
  return pieces
}

/** The largest block up to a length that leaves the smallest rest. */
function evenly(length: number, block: number): number {
  return Math.ceil(length / Math.ceil(length / block))
}
