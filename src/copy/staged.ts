/**
 * Copying through WebAssembly: the runs of a tile are set into a small linear memory, its elements are put in order
 * there by vector instructions, and the runs of the result are set into the target. That is two copies more than
 * moving elements one by one in JavaScript, and still faster, since `set` moves whole cache lines and a kernel moves
 * many elements at a time, whatever types the program has used before.
 */
import { Recent } from '../layout/recent.ts'
import { instantiateApart } from '../wasm/apart.ts'
import { type CopyKernels, copy } from '../wasm/generated/copy.ts'
import { type Loop, type Nest, walk } from './nest.ts'
import { type Runs, runsOf, type Side, type TiledNest, tilesOf } from './tiles.ts'

/**
 * Bytes of a tile on each side. The runs of a larger one are longer, which matters most where the target is memory that nobody has
 * touched yet; but where other work has filled the caches, it is itself no longer there.
 */
const tileBytes = 1 << 20

/** Runs of fewer bytes than this make `set` slower than loops. */
const shortRunBytes = 64

/** The memory holds the loops of a tile, then the source's runs, then the target's. */
const pages = 80
const runsStart = 4096

/** For how many loops programs are kept: real programs copy few layouts, again and again. */
const maxEntries = 32

interface Stage {
  readonly kernels: CopyKernels
  readonly loops: Int32Array
  readonly heap: Uint8Array
  readonly entries: Recent<readonly Loop[], number, Entry>
}

/** Tiles of one size, ready to run wherever their elements begin. */
interface Program {
  readonly piece: TiledNest
  /** The loops inside a tile as the kernels read them. */
  readonly table: Int32Array
  /** Where in the source each run begins, in bytes from the tile's first element, and where it goes. */
  readonly reads: readonly Place[]
  readonly readBytes: number
  readonly writes: readonly Place[]
  /** The target's runs in linear memory. */
  readonly results: readonly Uint8Array[]
  /** The addresses of the tile's first element. */
  readonly from: number
  readonly to: number
}

interface Place {
  readonly shift: number
  readonly address: number
}

/** What copies one arrangement of loops: programs, and what is left to plainer loops. */
interface Entry {
  readonly loops: readonly Loop[]
  readonly bytes: number
  readonly programs: readonly Program[]
  readonly left: readonly Nest[]
}

let stage: Stage | null | undefined

function getStage(): Stage | null {
  if (stage === undefined) {
    const apart = instantiateApart(copy, pages)
    stage = apart && {
      kernels: apart.kernels,
      loops: new Int32Array(apart.memory.buffer, 0, runsStart / 4),
      heap: new Uint8Array(apart.memory.buffer),
      entries: new Recent(
        maxEntries,
        (entry, loops, bytes) => entry.bytes === bytes && sameLoops(entry.loops, loops),
      ),
    }
  }
  return stage ?? null
}

/** Copies what it pays for, given both buffers' bytes and the size of an element, and returns what is left. */
export function copyStaged(
  source: Uint8Array,
  target: Uint8Array,
  bytes: number,
  nest: Nest,
): readonly Nest[] {
  const owner = getStage()
  if (owner === null) return [nest]
  const { programs, left } =
    owner.entries.find(nest.loops, bytes) ?? owner.entries.add(compile(owner, nest.loops, bytes))
  for (const program of programs) run(owner, program, source, target, bytes, nest)
  return left.map(({ loops, source, target }) => ({
    loops,
    source: nest.source + source,
    target: nest.target + target,
  }))
}

function run(
  { kernels, loops, heap }: Stage,
  { piece, table, reads, readBytes, writes, results, from, to }: Program,
  source: Uint8Array,
  target: Uint8Array,
  bytes: number,
  nest: Nest,
): void {
  const rank = table.length / 3
  loops.set(table)
  walk(piece.outer, nest.source + piece.source, nest.target + piece.target, (read, write) => {
    for (let i = 0; i < reads.length; i++) {
      const { shift, address } = reads[i]!
      heap.set(new Uint8Array(source.buffer, source.byteOffset + read * bytes + shift, readBytes), address)
    }
    kernels.copy(bytes, 0, rank, from, to)
    for (let i = 0; i < results.length; i++) target.set(results[i]!, write * bytes + writes[i]!.shift)
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

function compile({ heap }: Stage, loops: readonly Loop[], bytes: number): Entry {
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
      results: to.places.map(({ address }) => heap.subarray(address, address + writes.extent * bytes)),
      from: from.first,
      to: to.first,
    })
  }
  return { loops, bytes, programs, left }
}

/** Where the runs of a tile stand in linear memory, and how many bytes a step of each loop is there. */
interface Placed {
  readonly places: readonly Place[]
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
