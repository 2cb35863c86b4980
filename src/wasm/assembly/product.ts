/**
 * The kernels that threads share: each call computes one of the parts of a job, in the workspace of a thread. Jobs are cut and described by src/wasm/product.ts
 * and src/wasm/attention.ts.
 */
import { tile1, tile2, tile3, tile4, tile5, tile6 } from './generated/tiles'
import { attendRows, AttentionJob, packHead } from './shared/attention'
import { multiplyRows, packColumns, row32 } from './shared/block'
import { Output } from './shared/epilogue'

// Functions each, and not inlined: V8 replaces slow first code by fast code at the next call, and these are called often.
export { row32, tile1, tile2, tile3, tile4, tile5, tile6 }

export { packColumns }

/** What kinds of jobs there are; the first word of each. */
const PRODUCT: i32 = 0, HEADS: i32 = 1

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
  else if (kind == HEADS) packHead(changetype<AttentionJob>(description), thread, index)
  else attendRows(changetype<AttentionJob>(description), thread, index)
}

function multiplyPart(job: Job, thread: i32, index: i32): void {
  const row = index * job.blockRows
  multiplyRows(
    job.source, job.rows + (<usize>row << 2), job.depths, job.k, job.panels, job.output, row, min(job.blockRows, job.m - row), job.n,
    job.space + <usize>thread * job.spaceBytes, job.blockRows, job.blockDepth,
  )
}
