/**
 * What folds a tile: vector instructions in WebAssembly for the reductions of floats that matter most, and loops over
 * doubles for everything else. Both take the numbers of a tile in one `set`, which converts them, so that the loops
 * meet one kind of array whatever the dtype.
 */
import { type BigIntegers, dtypeOf, type Numbers } from '../layout/data.ts'
import { isFloat32 } from '../layout/realms.ts'
import { type Apart, instantiateApart } from '../wasm/apart.ts'
import { type FoldKernels, fold } from '../wasm/generated/fold.ts'
import { isBig, readBig } from './big.ts'
import type { FoldLoop, FoldPart, TileLimits } from './fold-loops.ts'
import type { ReductionName } from './reduction.ts'

/** Arrays that a fold reads; big integers as doubles. */
export type Foldable = Numbers | BigIntegers

export interface FoldEngine {
  readonly limits: TileLimits
  /** Begins so many results. */
  begin(results: number): void
  /** Folds the elements of a tile into them. */
  add(source: Foldable, start: number, part: FoldPart): void
  /** Writes the results, divided. */
  finish(target: Numbers, at: number, divisor: number): void
  /** Begins, folds and finishes columns of which a tile has all rows; absent where that saves nothing. */
  readonly whole?: (
    source: Foldable,
    start: number,
    part: FoldPart,
    target: Numbers,
    at: number,
    divisor: number,
  ) => void
  /** What no magnitude of the big integers that were read exceeds; absent where there are none. */
  readonly largest?: () => number
}

/** The results of nothing. Sums begin at −0, so that a sum of −0 stays one. */
const identities: Record<ReductionName, number> = {
  sum: -0,
  mean: -0,
  prod: 1,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  any: 0,
  all: 1,
}

/** The engine for a reduction of a buffer into another one. */
export function engineFor(reduction: ReductionName, source: Foldable, target: Numbers): FoldEngine {
  // where sums of floats are kept as doubles, they are not to be rounded on their way
  const isFloat = isFloat32(source) && dtypeOf(target) !== 'float64'
  if (isFloat && (reduction === 'sum' || reduction === 'mean')) return vectors('sum') ?? doubles(reduction)
  if (isFloat && (reduction === 'max' || reduction === 'min')) return vectors(reduction) ?? doubles(reduction)
  return doubles(reduction)
}

type Vectorised = 'sum' | 'max' | 'min'

/** Linear memory: the loops, a tile, its results as they grow, and as they are written. */
const tableStart = 1024
const vectorTile = 1 << 15
const vectorRows = 8
const resultsStart = tableStart + 4 * vectorTile + 1024
const finishedStart = resultsStart + 8 * vectorTile + 64
const pages = Math.ceil((finishedStart + 4 * vectorTile + 64) / 65536)

let stage: Apart<FoldKernels> | null | undefined

function getStage(): Apart<FoldKernels> | null {
  if (stage === undefined) stage = instantiateApart(fold, pages)
  return stage ?? null
}

function vectors(operation: Vectorised): FoldEngine | null {
  const owner = getStage()
  if (owner === null) return null
  const { kernels, memory } = owner
  const bytes = operation === 'sum' ? 8 : 4
  const table = new Int32Array(memory.buffer, 0, tableStart / 4)
  const heap = new Float32Array(memory.buffer, tableStart, (resultsStart - tableStart) / 4)
  const all =
    operation === 'sum'
      ? new Float64Array(memory.buffer, resultsStart, vectorTile)
      : new Float32Array(memory.buffer, resultsStart, vectorTile)
  let count = 0
  let written: readonly FoldLoop[] | undefined
  const read = (source: Foldable, start: number, { extent, runs }: FoldPart) => {
    for (let i = 0; i < runs.count; i++) {
      const from = start + i * runs.source
      heap.set((source as Numbers).subarray(from, from + extent), i * runs.tile)
    }
  }
  const write = (target: Numbers, at: number, results: number) =>
    target.set(new Float32Array(memory.buffer, finishedStart, results), at)
  return {
    limits: { tile: vectorTile, rows: vectorRows },
    begin(results) {
      count = results
      all.fill(identities[operation], 0, results)
    },
    add(source, start, part) {
      const { inner } = part
      if (written !== inner) writeLoops(table, inner, bytes)
      written = inner
      read(source, start, part)
      kernels[operation](0, Math.max(2, inner.length), tableStart, resultsStart)
    },
    finish(target, at, divisor) {
      if (operation !== 'sum') {
        target.set(all.subarray(0, count), at)
        return
      }
      kernels.divide(resultsStart, count, divisor, finishedStart)
      write(target, at, count)
    },
    ...(operation === 'sum' && {
      whole(source, start, part, target, at, divisor) {
        const { runs, extent } = part
        read(source, start, part)
        kernels.divideSums(tableStart, runs.count, 4 * runs.tile, extent, divisor, finishedStart)
        write(target, at, extent)
      },
    }),
  }
}

function writeLoops(table: Int32Array, loops: readonly FoldLoop[], bytes: number): void {
  let at = 0
  for (let missing = 2 - loops.length; missing > 0; missing--) {
    table.set([1, 0, 0], at)
    at += 3
  }
  for (const { length, source, result } of loops) {
    table.set([length, source * 4, result * bytes], at)
    at += 3
  }
}

/** A tile of doubles stays in the first-level cache. */
const doublesTile = 1 << 11

function doubles(reduction: ReductionName): FoldEngine {
  const tile = new Float64Array(doublesTile)
  const results = new Float64Array(doublesTile)
  const { row, columns } = loopsOf[reduction]
  let count = 0
  let largest = 0
  return {
    limits: { tile: doublesTile, rows: 1 },
    begin(size) {
      count = size
      results.fill(identities[reduction], 0, size)
    },
    add(source, start, { inner, extent }) {
      if (isBig(source)) largest = Math.max(largest, readBig(source, start, extent, tile))
      else tile.set(source.subarray(start, start + extent))
      const { length, result } = inner[inner.length - 1] ?? { length: 1, result: 0 }
      visit(inner.slice(0, -1), 0, 0, (from, to) => {
        if (result === 0) row(tile, from, length, results, to)
        else columns(tile, from, length, results, to)
      })
    },
    finish(target, at, divisor) {
      if (reduction === 'mean') for (let i = 0; i < count; i++) results[i]! /= divisor
      target.set(results.subarray(0, count), at)
    },
    largest: () => largest,
  }
}

/** Calls `call` for every combination of the loops' indices. */
export function visit(
  loops: readonly FoldLoop[],
  source: number,
  result: number,
  call: (source: number, result: number) => void,
  depth: number = 0,
): void {
  const loop = loops[depth]
  if (loop === undefined) {
    call(source, result)
    return
  }
  for (let i = 0; i < loop.length; i++) {
    visit(loops, source + i * loop.source, result + i * loop.result, call, depth + 1)
  }
}

type Loop = (x: Float64Array, from: number, n: number, y: Float64Array, to: number) => void

/** One number of a row, and a row onto results; written out, since each is a loop of its own machine code. */
const loopsOf: Record<ReductionName, { readonly row: Loop; readonly columns: Loop }> = {
  sum: { row: sumRow, columns: sumColumns },
  mean: { row: sumRow, columns: sumColumns },
  prod: {
    row(x, from, n, y, to) {
      let product = y[to]!
      for (let i = 0; i < n; i++) product *= x[from + i]!
      y[to] = product
    },
    columns(x, from, n, y, to) {
      for (let i = 0; i < n; i++) y[to + i]! *= x[from + i]!
    },
  },
  min: {
    row(x, from, n, y, to) {
      let least = y[to]!
      for (let i = 0; i < n; i++) least = Math.min(least, x[from + i]!)
      y[to] = least
    },
    columns(x, from, n, y, to) {
      for (let i = 0; i < n; i++) y[to + i] = Math.min(y[to + i]!, x[from + i]!)
    },
  },
  max: {
    row(x, from, n, y, to) {
      let most = y[to]!
      for (let i = 0; i < n; i++) most = Math.max(most, x[from + i]!)
      y[to] = most
    },
    columns(x, from, n, y, to) {
      for (let i = 0; i < n; i++) y[to + i] = Math.max(y[to + i]!, x[from + i]!)
    },
  },
  any: {
    row(x, from, n, y, to) {
      for (let i = 0; i < n; i++) if (x[from + i] !== 0) y[to] = 1
    },
    columns(x, from, n, y, to) {
      for (let i = 0; i < n; i++) if (x[from + i] !== 0) y[to + i] = 1
    },
  },
  all: {
    row(x, from, n, y, to) {
      for (let i = 0; i < n; i++) if (x[from + i] === 0) y[to] = 0
    },
    columns(x, from, n, y, to) {
      for (let i = 0; i < n; i++) if (x[from + i] === 0) y[to + i] = 0
    },
  },
}

/** Four sums at a time: one addition need not wait for the last. */
function sumRow(x: Float64Array, from: number, n: number, y: Float64Array, to: number): void {
  let a = y[to]!
  let b = -0
  let c = -0
  let d = -0
  let i = 0
  for (; i + 4 <= n; i += 4) {
    a += x[from + i]!
    b += x[from + i + 1]!
    c += x[from + i + 2]!
    d += x[from + i + 3]!
  }
  for (; i < n; i++) a += x[from + i]!
  y[to] = a + b + (c + d)
}

function sumColumns(x: Float64Array, from: number, n: number, y: Float64Array, to: number): void {
  for (let i = 0; i < n; i++) y[to + i]! += x[from + i]!
}
