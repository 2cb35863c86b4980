/**
 * Reducing: the source is read run by run in the order in which it stands in memory, whichever axes are dropped, and
 * folded tile by tile into results that stay in a fast cache. What has no long runs is copied into order first.
 */

import { allocate, dtypeOf, type Numbers } from '../layout/data.ts'
import { roundsIntegers } from '../layout/dtype.ts'
import { contiguous, type Layout, sizeOf } from '../layout/layout.ts'
import type { Data, Tensor } from '../layout/tensor.ts'
import { allocateUnset } from '../layout/unset.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { current } from '../wasm/resident.ts'
import { isBig, mostExact, writeBig } from './big.ts'
import { copyApart, materialize } from './copy.ts'
import { engineFor, type Foldable, type FoldEngine, visit } from './fold-engines.ts'
import { type FoldPiece, foldNestOf, foldPieces, isWhole } from './fold-loops.ts'
import { foldPlainly } from './fold-reference.ts'
import type { ReductionName } from './reduction.ts'

/** Shorter runs than this cost more to fetch than to copy into order. */
const shortRun = 32

/**
 * Writes into `target` (of `kept`'s shape, sharing no memory with the source) the reduction of the elements that lie at
 * `dropped`'s indices from each of `kept`'s elements. For `min` and `max` there must be some.
 */
export function foldInto(
  reduction: ReductionName,
  data: Data,
  kept: Layout,
  dropped: Layout,
  target: Tensor,
): void {
  computedPlainly()
  if (sizeOf(target.shape) === 0) return
  if (repeats(kept)) {
    // each result once, and then where it comes again
    const once = { ...target, shape: withoutRepeats(kept) }
    foldInto(reduction, data, { ...kept, shape: once.shape }, dropped, once)
    copyApart(
      { ...target, stride: target.stride.map((step, axis) => (kept.stride[axis] === 0 ? 0 : step)) },
      target,
    )
    return
  }
  const source = current(data)
  const count = sizeOf(dropped.shape)
  const goal = current(target.data)
  const big = isBig(source)
  if (!(isNumbers(source) || big) || !(isNumbers(goal) || isBig(goal)) || count === 0) {
    foldPlainly(reduction, source, kept, dropped, target)
    return
  }
  if (!isBig(goal) && !(big && (reduction === 'sum' || !roundsIntegers(dtypeOf(goal))))) {
    const fold = !big && repeats(dropped) ? foldRepeated : foldNumbers
    fold(reduction, source as Data & Foldable, kept, dropped, { ...target, data: goal })
    return
  }
  // whole numbers wrap, and sums cancel, so that doubles serve as far as they are exact
  const numbers = { ...contiguous(kept.shape), data: new Float64Array(sizeOf(target.shape)) }
  if (!big) foldInto(reduction, source, kept, dropped, numbers)
  else {
    const largest = foldNumbers(reduction, source, kept, dropped, numbers)
    if (!isExact(reduction, largest, count, numbers.data)) {
      foldPlainly(reduction, source, kept, dropped, target)
      return
    }
    if (isBig(goal)) {
      const result = allocate(goal, numbers.data.length) as typeof goal
      writeBig(numbers.data, result, 0)
      copyApart({ ...numbers, data: result }, target)
      return
    }
  }
  copyApart(numbers, target)
}

/** Folds numbers that come again and again once. */
function foldRepeated(
  reduction: ReductionName,
  source: Foldable,
  kept: Layout,
  dropped: Layout,
  target: Tensor<Data & Numbers>,
): void {
  const once = { ...dropped, shape: withoutRepeats(dropped) }
  if (reduction !== 'sum' && reduction !== 'prod') {
    foldNumbers(reduction, source, kept, once, target)
    return
  }
  // of doubles, so that the result is rounded once
  const results = { ...contiguous(kept.shape), data: new Float64Array(sizeOf(kept.shape)) }
  foldNumbers(reduction, source, kept, once, results)
  const { data: values } = results
  const times = sizeOf(dropped.shape) / sizeOf(once.shape)
  for (let i = 0; i < values.length; i++) {
    values[i] = reduction === 'sum' ? values[i]! * times : values[i]! ** times
  }
  copyApart(results, target)
}

/** Whether an axis of a layout is the same element again and again. */
function repeats({ shape, stride }: Layout): boolean {
  return stride.includes(0) && stride.some((step, axis) => step === 0 && shape[axis]! > 1)
}

/** The shape with length 1 for what only repeats. */
function withoutRepeats({ shape, stride }: Layout): number[] {
  return shape.map((length, axis) => (stride[axis] === 0 ? Math.min(length, 1) : length))
}

/** Whether doubles have counted as big integers would have. */
function isExact(reduction: ReductionName, largest: number, count: number, results: Float64Array): boolean {
  if (reduction === 'any' || reduction === 'all') return true
  if (reduction === 'sum') return largest * count <= mostExact
  // a product that grew too large stays so, or is 0 all the same, unless it is not even a number
  if (reduction === 'prod') return results.every((result) => Math.abs(result) <= mostExact)
  return largest <= mostExact
}

/** The same for what can be read as numbers; of big integers gives the largest magnitude. */
function foldNumbers(
  reduction: ReductionName,
  source: Foldable,
  kept: Layout,
  dropped: Layout,
  target: Tensor<Data & Numbers>,
): number {
  const count = sizeOf(dropped.shape)
  const engine = engineFor(reduction, source, target.data)
  const { loops, start, natural } = foldNestOf(kept, dropped)
  const pieces = foldPieces(loops, engine.limits, Math.min(shortRun, sizeOf(kept.shape) * count))
  if (pieces === null) {
    const ordered = inOrder(source as Data & Numbers, kept, dropped)
    return foldNumbers(reduction, ordered.data as Foldable, ordered.kept, ordered.dropped, target)
  }
  const divisor = reduction === 'mean' ? count : 1
  const goal = target.data
  if (isLaidOut(target, natural)) {
    for (const piece of pieces) foldTiles(engine, piece, source, start, goal, target.offset, divisor)
  } else {
    const result = allocateUnset<Data>(goal, sizeOf(kept.shape)) as Numbers
    for (const piece of pieces) foldTiles(engine, piece, source, start, result, 0, divisor)
    copyApart({ ...natural, data: result }, target)
  }
  return engine.largest?.() ?? 0
}

function foldTiles(
  engine: FoldEngine,
  { outerKept, parts, results, source: from, result: to }: FoldPiece,
  source: Foldable,
  sourceStart: number,
  result: Numbers,
  resultStart: number,
  divisor: number,
): void {
  const [part] = parts
  const { whole } = engine
  if (whole && part && parts.length === 1 && isWhole(part)) {
    visit(outerKept, sourceStart + from + part.source, resultStart + to, (read, write) =>
      whole(source, read, part, result, write, divisor),
    )
    return
  }
  visit(outerKept, sourceStart + from, resultStart + to, (read, write) => {
    engine.begin(results)
    for (const part of parts) {
      visit(part.outerDropped, read + part.source, 0, (start) => engine.add(source, start, part))
    }
    engine.finish(result, write, divisor)
  })
}

/** Whether a tensor's elements stand as those of a layout at another offset, which begins with its first element. */
function isLaidOut({ shape, stride }: Layout, natural: Layout): boolean {
  return (
    natural.offset === 0 &&
    shape.every((length, axis) => length === 1 || stride[axis] === natural.stride[axis])
  )
}

/** The source copied so that each result's elements are one run. */
function inOrder(
  data: Numbers,
  kept: Layout,
  dropped: Layout,
): { data: Numbers; kept: Layout; dropped: Layout } {
  const shape = [...kept.shape, ...dropped.shape]
  const copy = materialize({ data, shape, stride: [...kept.stride, ...dropped.stride], offset: kept.offset })
  const rank = kept.shape.length
  return {
    data: copy.data,
    kept: { shape: kept.shape, stride: copy.stride.slice(0, rank), offset: 0 },
    dropped: { shape: dropped.shape, stride: copy.stride.slice(rank), offset: 0 },
  }
}

/** Whether elements are numbers that `set` converts: typed arrays but those of big integers and of polyfills. */
function isNumbers(data: Data): data is Data & Numbers {
  return ArrayBuffer.isView(data) && !isBig(data)
}
