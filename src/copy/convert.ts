/**
 * Copying into a buffer of another dtype. The elements are brought into the target's order as they are, by what copies them anyway, and
 * the platform's `set` converts whole runs of them on their last way: it knows the rules of typed arrays and does many elements at a time.
 * Only between numbers and big integers it refuses; they meet as pairs of 32-bit words.
 */
import { classOf, type Numbers } from '../layout/data.ts'
import { type Dtype, isBigDtype, roundsIntegers } from '../layout/dtype.ts'
import { type Typed, wordsOf } from './memory.ts'
import { type Loop, type Nest, sizeOfLoops, walk } from './nest.ts'
import { copyStaged, fewBytes, type NumbersConstructor } from './staged.ts'
import { tilesOf } from './tiles.ts'
import { copyWords } from './words.ts'

/** From this length on, a run is converted from where it stands. */
const longRun = 128

/** Elements of a tile: both dtypes stay in a fast cache. */
const tileElements = 1 << 14

/** Converts so many elements of one buffer, from one place on, to another buffer at one place. */
type Pass = (source: Typed, from: number, target: Typed, to: number, length: number) => void

/** Copies between typed arrays of two dtypes that share no memory. */
export function convert(source: Typed, read: Dtype, target: Typed, write: Dtype, nest: Nest): void {
  const Source = classOf(read) as NumbersConstructor
  const pass = isBigDtype(read) ? fromBig(write) : isBigDtype(write) ? toBig(Source) : setAs(Source)
  const inner = nest.loops.at(-1)
  if (inner === undefined || (inner.source === 1 && inner.target === 1 && inner.length >= longRun)) {
    const length = inner?.length ?? 1
    walk(nest.loops.slice(0, -1), nest.source, nest.target, (from, to) =>
      pass(source, from, target, to, length),
    )
    return
  }
  const bytes = source.BYTES_PER_ELEMENT
  const staged = !isBigDtype(read) && !isBigDtype(write) && sizeOfLoops(nest.loops) * bytes >= fewBytes
  const left = staged ? copyStaged(source, numbers(target), bytes, nest, Source) : [nest]
  for (const piece of left) convertTiles(source, target, piece, pass, Source, classOf(write)!)
}

function numbers(target: Typed): Numbers {
  return target as unknown as Numbers
}

/** Tile by tile: gathered in the target's order, converted, and scattered where the target has gaps. */
function convertTiles(
  source: Typed,
  target: Typed,
  nest: Nest,
  pass: Pass,
  Source: NumbersConstructor,
  Target: new (size: number) => unknown,
): void {
  const isSmall = sizeOfLoops(nest.loops) <= tileElements
  const tiles = isSmall
    ? [{ outer: [], inner: nest.loops, source: 0, target: 0 }]
    : tilesOf({ loops: nest.loops, source: 0, target: 0 }, tileElements, source.BYTES_PER_ELEMENT)
  const from = wordsOf(source)
  const to = wordsOf(target)
  for (const tile of tiles) {
    const { inner } = tile
    const length = sizeOfLoops(inner)
    const steps = inner.map((_, i) => sizeOfLoops(inner.slice(i + 1)))
    const gather: Loop[] = inner.map((loop, i) => ({ ...loop, target: steps[i]! }))
    const scatter: Loop[] = inner.map((loop, i) => ({ ...loop, source: steps[i]! }))
    const isDense = inner.every((loop, i) => loop.target === steps[i])
    const ordered = new Source(new ArrayBuffer(length * source.BYTES_PER_ELEMENT), 0, length) as Typed
    const converted = (isDense ? null : new Target(length)) as Typed | null
    walk(tile.outer, nest.source + tile.source, nest.target + tile.target, (read, write) => {
      copyWords(from, wordsOf(ordered), { loops: gather, source: read, target: 0 })
      if (converted === null) {
        pass(ordered, 0, target, write, length)
        return
      }
      pass(ordered, 0, converted, 0, length)
      copyWords(wordsOf(converted), to, { loops: scatter, source: 0, target: write })
    })
  }
}

/** Between numbers. */
function setAs(Source: NumbersConstructor): Pass {
  const bytes = Source.BYTES_PER_ELEMENT
  return ({ buffer, byteOffset }, from, target, to, length) =>
    numbers(target).set(new Source(buffer, byteOffset + from * bytes, length), to)
}

/** 2^32: what the upper word of a big integer counts. */
const upper = 4294967296

/** From big integers: the nearest number, or where integers wrap the lower word. */
function fromBig(write: Dtype): Pass {
  const rounds = roundsIntegers(write)
  return (source, from, target, to, length) => {
    const { buffer, byteOffset } = source
    const low = new Uint32Array(buffer, byteOffset + 8 * from, 2 * length)
    const high = isSigned(source) ? new Int32Array(buffer, byteOffset + 8 * from, 2 * length) : low
    const values = new Float64Array(length)
    for (let i = 0; i < length; i++) {
      values[i] = rounds ? high[2 * i + 1]! * upper + low[2 * i]! : low[2 * i]!
    }
    numbers(target).set(values, to)
  }
}

function isSigned(data: Typed): boolean {
  return Object.prototype.toString.call(data) === '[object BigInt64Array]'
}

/** To big integers: whole numbers toward 0, modulo 2^64; what is not finite is 0. */
function toBig(Source: NumbersConstructor): Pass {
  return ({ buffer, byteOffset }, from, target, to, length) => {
    const values = new Source(buffer, byteOffset + from * Source.BYTES_PER_ELEMENT, length)
    const words = new Uint32Array(target.buffer, target.byteOffset + 8 * to, 2 * length)
    for (let i = 0; i < length; i++) {
      const value = Math.trunc(values[i]!)
      // both are taken modulo 2^32 as they are written, and NaN and infinities as 0
      words[2 * i] = value
      words[2 * i + 1] = Math.floor(value / upper)
    }
  }
}
