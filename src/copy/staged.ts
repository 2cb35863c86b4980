/**
 * Copying through WebAssembly: the runs of a tile are set into a small linear memory, its elements are put in order
 * there by vector instructions, and the runs of the result are set into the target. That is two copies more than
 * moving elements one by one in JavaScript, and still faster, since `set` moves whole cache lines and a kernel moves
 * many elements at a time, whatever types the program has used before. Where the target has another dtype, that last `set` converts: linear
 * memory only ever holds elements as they were.
 */
import type { Numbers } from '../layout/data.ts'
import { Recent } from '../layout/recent.ts'
import { instantiateApart } from '../wasm/apart.ts'
import { type CopyKernels, copy } from '../wasm/generated/copy.ts'
import type { Typed } from './memory.ts'
import { type Loop, type Nest, walk } from './nest.ts'
import { type Runs, runsOf, type Side, type TiledNest, tilesOf } from './tiles.ts'

/**
 * Bytes of a tile on each side. The runs of a larger one are longer, which matters most where the target is memory that nobody has
 * touched yet; but where other work has filled the caches, it is itself no longer there.
 */
const tileBytes = 1 << 20

/** Fewer bytes than this are moved by loops sooner than they come to linear memory. */
export const fewBytes = 1 << 8

/** Runs of fewer bytes than this make `set` slower than loops. */
const shortRunBytes = 64

/** The memory holds the kernels' constants, the loops of a tile, the source's runs, and the target's. */
const pages = 80
const loopsStart = 1024
const runsStart = 4096

/** For how many loops programs are kept: real programs copy few layouts, again and again. */
const maxEntries = 32

interface Stage {
  readonly kernels: CopyKernels
  readonly loops: Int32Array
  readonly heap: Uint8Array
  readonly entries: Recent<readonly Loop[], Pick<Entry, 'bytes' | 'View'>, Entry>
}

/** Tiles of one size, ready to run wherever their elements begin. */
interface Program {
  readonly piece: TiledNest
  /** The loops inside a tile as the kernels read them. */
  readonly table: Int32Array
  /** Where in the source each run begins, in bytes from the tile's first element, and where it goes. */
  readonly reads: readonly RunStart[]
  readonly readBytes: number
  readonly writes: readonly RunStart[]
  /** The target's runs in linear memory: as bytes, or as numbers where they are converted. */
  readonly results: readonly Numbers[]
  /** The addresses of the tile's first element. */
  readonly from: number
  readonly to: number
}

interface RunStart {
  readonly shift: number
  readonly address: number
}

/** What copies one arrangement of loops: programs, and what is left to plainer loops. */
interface Entry {
  readonly loops: readonly Loop[]
  readonly bytes: number
  readonly View: NumbersConstructor
  readonly programs: readonly Program[]
  readonly left: readonly Nest[]
}

/** What the runs of a result are seen as. */
export type NumbersConstructor = {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Numbers
}

let stage: Stage | null | undefined

function getStage(): Stage | null {
  if (stage === undefined) {
    const apart = instantiateApart(copy, pages)
    stage = apart && {
      kernels: apart.kernels,
      loops: new Int32Array(apart.memory.buffer, loopsStart, (runsStart - loopsStart) / 4),
      heap: new Uint8Array(apart.memory.buffer),
      entries: new Recent(
        maxEntries,
        (entry, loops, { bytes, View }) =>
          entry.bytes === bytes && entry.View === View && sameLoops(entry.loops, loops),
      ),
    }
  }
  return stage ?? null
}

/**
 * Copies what it pays for, given the size of an element, and returns what is left. The target is either the bytes of a buffer, or a
 * buffer of another dtype; then `View` is the class of the source's elements.
 */
export function copyStaged(
  source: Typed,
  target: Numbers,
  bytes: number,
  nest: Nest,
  View: NumbersConstructor = Uint8Array,
): readonly Nest[] {
  const owner = getStage()
  if (owner === null) return [nest]
  const { loops } = nest
  const kind = { bytes, View }
  const { programs, left } =
    owner.entries.find(loops, kind) ?? owner.entries.add(compile(owner, loops, bytes, View))
  const unit = View.BYTES_PER_ELEMENT
  for (const program of programs) run(owner, program, source, target, bytes, unit, nest)
  return left.map(({ loops, source, target }) => ({
    loops,
    source: nest.source + source,
    target: nest.target + target,
  }))
}

function run(
  { kernels, loops, heap }: Stage,
  { piece, table, reads, readBytes, writes, results, from, to }: Program,
  source: Typed,
  target: Numbers,
  bytes: number,
  unit: number,
  nest: Nest,
): void {
  const rank = table.length / 3
  loops.set(table)
  walk(piece.outer, nest.source + piece.source, nest.target + piece.target, (read, write) => {
    for (let i = 0; i < reads.length; i++) {
      const { shift, address } = reads[i]!
      heap.set(new Uint8Array(source.buffer, source.byteOffset + read * bytes + shift, readBytes), address)
    }
    kernels.copy(bytes, loopsStart, rank, from, to)
    for (let i = 0; i < results.length; i++) {
      target.set(results[i]!, (write * bytes + writes[i]!.shift) / unit)
    }
  })
}

function sameLoops(a: readonly Loop[], b: readonly Loop[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ length, source, target }, i) => {
      const other = b[i]!
      return length === other.length && source === other.source && target === other.target
    })
  )
}

function compile({ heap }: Stage, loops: readonly Loop[], bytes: number, View: NumbersConstructor): Entry {
  const programs: Program[] = []
  const left: Nest[] = []
  for (const piece of tilesOf({ loops, source: 0, target: 0 }, tileBytes / bytes, bytes)) {
    const reads = runsOf(piece.inner, 'source', bytes)
    const writes = runsOf(piece.inner, 'target', bytes)
    const from = place(reads, 'source', runsStart, bytes)
    const to = place(writes, 'target', from.end, bytes)
    const short = Math.min(reads.extent, writes.extent) * bytes < shortRunBytes
    if (short || to.end > heap.length) {
      left.push({ loops: [...piece.outer, ...piece.inner], source: piece.source, target: piece.target })
      continue
    }
    programs.push({
      piece,
      table: tableOf(piece.inner, from.steps, to.steps, bytes),
      reads: from.places,
      readBytes: reads.extent * bytes,
      writes: to.places,
      results: to.places.map(
        ({ address }) => new View(heap.buffer, address, (writes.extent * bytes) / View.BYTES_PER_ELEMENT),
      ),
      from: from.first,
      to: to.first,
    })
  }
  return { loops, bytes, View, programs, left }
}

/** Where the runs of a tile stand in linear memory, and how many bytes a step of each loop is there. */
interface Placed {
  readonly places: readonly RunStart[]
  readonly steps: ReadonlyMap<Loop, number>
  /** The address of the tile's first element. */
  readonly first: number
  readonly end: number
}

function place({ inside, between, extent }: Runs, side: Side, start: number, bytes: number): Placed {
  const steps = new Map<Loop, number>()
  let below = 0 // how far a run reaches before its first element, where it is walked backwards
  for (const loop of inside) {
    steps.set(loop, loop[side] * bytes)
    below += Math.min(0, loop[side]) * (loop.length - 1)
  }
  // kernels load whole vectors, also at the end of a run; and runs at equal places of a page would share cache lines
  const pitch = Math.ceil((extent * bytes) / 64) * 64 + 64
  let places = [{ shift: below * bytes, address: start }]
  let count = 1
  for (const loop of between) {
    const step = pitch * count
    steps.set(loop, step)
    places = Array.from({ length: loop.length }, (_, i) =>
      places.map(({ shift, address }) => ({
        shift: shift + i * loop[side] * bytes,
        address: address + i * step,
      })),
    ).flat()
    count *= loop.length
  }
  return { places, steps, first: start - below * bytes, end: start + pitch * count }
}

/** A tile's loops as the kernels read them: the one along the target's elements and the one along the source's last. */
function tableOf(
  inner: readonly Loop[],
  source: ReadonlyMap<Loop, number>,
  target: ReadonlyMap<Loop, number>,
  bytes: number,
): Int32Array {
  const along = inner.find((loop) => target.get(loop) === bytes)
  const across = inner.find((loop) => source.get(loop) === bytes) ?? along
  const last = [along, across].filter(
    (loop, i) => loop !== undefined && (i === 1 || loop !== across),
  ) as Loop[]
  const order = [...inner.filter((loop) => !last.includes(loop)), ...last]
  const rows = order.map((loop) => [loop.length, source.get(loop)!, target.get(loop)!])
  while (rows.length < 2) rows.unshift([1, 0, 0])
  return Int32Array.from(rows.flat())
}
