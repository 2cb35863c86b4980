/**
 * The kernels that threads share: each call computes one of the parts of a job, in the workspace of a thread. Jobs are cut and described by src/wasm/product.ts,
 * src/wasm/many.ts and src/wasm/thin.ts.
 */
import { tile1, tile2, tile3, tile4, tile5, tile6 } from './generated/tiles'
import { multiplyRows, packColumns, row32 } from './shared/block'
import { activate } from './shared/activate'
import { activateStored, finish, Matrix, Output } from './shared/epilogue'
import { softmaxRow } from './shared/softmax'
import { multiplyThin, ThinJob } from './shared/thin'

// Functions each, and not inlined: V8 replaces slow first code by fast code at the next call, and these are called often.
export { row32, tile1, tile2, tile3, tile4, tile5, tile6 }

// what other modules take from here
export { activate, packColumns, softmaxRow }

/** A block of rows of a product; all is as `multiplyRows` says. */
export function multiplyBlock(
  source: usize, rows: usize, depths: usize, k: i32, panels: usize, output: usize, row: i32, m: i32, n: i32,
  scratch: usize, blockRows: i32, blockDepth: i32,
): void {
  multiplyRows(source, rows, depths, k, panels, changetype<Output>(output), row, m, n, scratch, blockRows, blockDepth)
}

/** The epilogue of a tile's sums: `finish`. */
export function finishSums(
  output: usize, sums: usize, scratch: usize, row: i32, rows: i32, column: i32, count: i32, runs: i32,
): void {
  finish(changetype<Output>(output), sums, scratch, row, rows, column, count, runs)
}

/** The activation of what tiles stored: `activateStored`. */
export function activateColumns(output: usize, row: i32, rows: i32, column: i32): void {
  activateStored(changetype<Output>(output), row, rows, column)
}

/** What kinds of jobs there are; the first word of each. */
const PRODUCT: i32 = 0, MANY: i32 = 1

/** A product, in parts of `blockRows` rows. Laid out as src/wasm/product-workspace.ts writes it. */
@unmanaged
class Job {
  kind: i32
  m: i32
  n: i32
  k: i32
  /** Rows of a block, and how much of k is packed at a time. */
  blockRows: i32
  blockDepth: i32
  /** A: element (i, p) stands rows[i] + depths[p] floats after `source`. */
  source: usize
  rows: usize
  depths: usize
  /** B, packed. */
  panels: usize
  output: Output
  /** The first thread's workspace, and how far the next one's is. */
  space: usize
  spaceBytes: usize
}

/** Computes part `index` of a job. */
export function compute(description: usize, thread: i32, index: i32): void {
  const kind = load<i32>(description)
  if (kind == PRODUCT) multiplyPart(changetype<Job>(description), thread, index)
  else if (kind == MANY) multiplyEach(changetype<ManyJob>(description), thread, index)
  else multiplyThin(changetype<ThinJob>(description))
}

function multiplyPart(job: Job, thread: i32, index: i32): void {
  const row = index * job.blockRows
  multiplyRows(
    job.source, job.rows + (<usize>row << 2), job.depths, job.k, job.panels, job.output, row, min(job.blockRows, job.m - row), job.n,
    job.space + <usize>thread * job.spaceBytes, job.blockRows, job.blockDepth,
  )
}

/** Products of one size and one layout, in parts of `perPart`. Laid out as src/wasm/many.ts writes it. */
@unmanaged
class ManyJob {
  kind: i32
  count: i32
  perPart: i32
  m: i32
  n: i32
  k: i32
  blockRows: i32
  blockDepth: i32
  /** A, as in a single product. */
  source: usize
  rows: usize
  depths: usize
  /** B: element (p, j) stands rightDepths[p] + columns[j] floats after `right`. */
  right: usize
  rightDepths: usize
  columns: usize
  /** Its matrices stand behind it: target, bias, residual. */
  output: Output
  /** How many floats each product's A, B, target, bias and residual are from the first ones: i32[]. */
  batchA: usize
  batchB: usize
  batchTarget: usize
  batchBias: usize
  batchResidual: usize
  /** The first thread's workspace, how far the next one's is, and where in it are a copy of the output and panels. */
  space: usize
  spaceBytes: usize
  outputAt: usize
  panelsAt: usize
}

function multiplyEach(job: ManyJob, thread: i32, index: i32): void {
  const space = job.space + <usize>thread * job.spaceBytes
  const panels = space + job.panelsAt
  const own = ownOutput(job.output, space + job.outputAt)
  const target = own.target, bias = own.bias, residual = own.residual
  const targetOrigin = target.origin
  const biasOrigin: usize = bias != null ? bias.origin : 0
  const residualOrigin: usize = residual != null ? residual.origin : 0
  const end = min(job.count, (index + 1) * job.perPart)
  for (let i = index * job.perPart; i < end; i++) {
    target.origin = targetOrigin + bytesAt(job.batchTarget, i)
    if (bias != null) bias.origin = biasOrigin + bytesAt(job.batchBias, i)
    if (residual != null) residual.origin = residualOrigin + bytesAt(job.batchResidual, i)
    packColumns(panels, <usize>job.k << 5, job.right + bytesAt(job.batchB, i), job.rightDepths, job.k, job.columns, job.n)
    const source = job.source + bytesAt(job.batchA, i)
    for (let row = 0; row < job.m; row += job.blockRows) {
      multiplyRows(
        source, job.rows + (<usize>row << 2), job.depths, job.k, panels, own, row, min(job.blockRows, job.m - row), job.n,
        space, job.blockRows, job.blockDepth,
      )
    }
  }
}

/** A copy of an output and its matrices, whose origins move. */
function ownOutput(output: Output, at: usize): Output {
  const matrices = changetype<usize>(output) + offsetof<Output>()
  memory.copy(at, changetype<usize>(output), offsetof<Output>() + 3 * offsetof<Matrix>())
  const own = changetype<Output>(at)
  const copies = at + offsetof<Output>()
  own.target = changetype<Matrix>(copies)
  if (output.bias != null) own.bias = changetype<Matrix>(copies + (changetype<usize>(output.bias) - matrices))
  if (output.residual != null) own.residual = changetype<Matrix>(copies + (changetype<usize>(output.residual) - matrices))
  return own
}

@inline
function bytesAt(table: usize, index: i32): usize {
  return <usize>load<i32>(table + (<usize>index << 2)) << 2
}
