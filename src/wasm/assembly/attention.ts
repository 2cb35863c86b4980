/**
 * Attention, softmax(scale · q kᵀ + bias) v, for any number of threads: first the keys and values of every head are packed, then blocks of query rows are
 * computed, each from scores to output, so that a thread has no more than one block of scores.
 */
import { Matrix, Output } from './shared/epilogue'
import { multiplyBlock, packColumns, softmaxRow } from './shared/products'

/** What kinds of jobs there are; the first word of each. */
const PACK: i32 = 0

/** Computes part `index` of a job: packs a head, or attends a block of rows. */
export function compute(description: usize, thread: i32, index: i32): void {
  const job = changetype<AttentionJob>(description)
  if (job.kind == PACK) packHead(job, thread, index)
  else attendRows(job, thread, index)
}

/** [heads, rows, columns]: element (h, i, j) stands heads[h] + i·rows + j·columns floats after `origin`. */
@unmanaged
class Tensor {
  origin: usize // 0 where there is none
  heads: usize // i32[]
  rows: i32
  columns: i32
}

/** Laid out as src/wasm/attention-engine.ts writes it. */
@unmanaged
class AttentionJob {
  kind: i32
  /** The first of the heads whose panels exist at a time. */
  firstHead: i32
  /** Queries and keys; the length of both; the length of values. */
  n: i32
  m: i32
  d: i32
  e: i32
  scale: f32
  /** Rows of a block, how much of a sum's depth is packed at a time, and how many blocks a head has. */
  blockRows: i32
  blockDepth: i32
  blocks: i32
  /** Of each head [keys] [values], packed. */
  panels: usize
  headBytes: usize
  valuesAt: usize
  /** i32[]: 0, 1, 2, … as far as a row of scores reaches. */
  counting: usize
  /** The first thread's workspace, how far the next one's is, and where in it scores and tables are. */
  space: usize
  spaceBytes: usize
  scoresAt: usize
  tablesAt: usize
  q: Tensor
  k: Tensor
  v: Tensor
  output: Tensor
  weights: Tensor
  bias: Tensor
}

/** In a thread's workspace: what the products are told, and three scatter vectors. */
@unmanaged
class Tables {
  output: Output
  /** max(m, blockRows), max(d, e), and blockRows entries. */
  rows: usize
  columns: usize
  scoreRows: usize
}

/** Scores of a row, up to whole panels: what is beyond the m-th is computed and never read. */
@inline
function paddedTo8(m: i32): i32 {
  return (m + 7) & ~7
}

/** Packs the keys and values of a head. */
function packHead(job: AttentionJob, thread: i32, index: i32): void {
  const tables = tablesOf(job, job.space + <usize>thread * job.spaceBytes)
  const head = job.firstHead + index
  const keys = job.panels + <usize>index * job.headBytes
  const k = job.k, v = job.v
  fill(tables.rows, job.m, k.rows)
  fill(tables.columns, job.d, k.columns)
  packColumns(keys, <usize>job.d << 5, headOf(k, head), tables.columns, job.d, tables.rows, job.m)
  fill(tables.rows, job.m, v.rows)
  fill(tables.columns, job.e, v.columns)
  packColumns(keys + job.valuesAt, <usize>job.m << 5, headOf(v, head), tables.rows, job.m, tables.columns, job.e)
}

/** Attends a block of query rows of a head. */
function attendRows(job: AttentionJob, thread: i32, index: i32): void {
  const space = job.space + <usize>thread * job.spaceBytes
  const tables = tablesOf(job, space)
  const output = tables.output
  const place = index / job.blocks
  const head = job.firstHead + place
  const keys = job.panels + <usize>place * job.headBytes
  const row = (index - place * job.blocks) * job.blockRows
  const rows = min(job.blockRows, job.n - row)
  const m = job.m, padded = paddedTo8(m)
  const scores = space + job.scoresAt

  // scores: [rows, m] = scale · q [rows, d] · k [m, d]
  fill(tables.rows, rows, job.q.rows)
  fill(tables.columns, job.d, job.q.columns)
  fill(tables.scoreRows, rows, padded)
  target(output, scores, tables.scoreRows, job.counting, job.scale)
  multiplyBlock(
    rowOf(job.q, head, row), tables.rows, tables.columns, job.d, keys, changetype<usize>(output), 0, rows, padded, space, job.blockRows, job.blockDepth,
  )
  for (let i = 0; m > 0 && i < rows; i++) {
    const from = scores + (<usize>(i * padded) << 2)
    if (job.bias.origin) addStrided(from, rowOf(job.bias, head, row + i), job.bias.columns, m)
    softmaxRow(from, m)
    if (job.weights.origin) memory.copy(rowOf(job.weights, head, row + i), from, <usize>m << 2)
  }

  // output: [rows, e] = scores [rows, m] · v [m, e]
  fill(tables.rows, rows, job.output.rows)
  fill(tables.columns, job.e, job.output.columns)
  target(output, rowOf(job.output, head, row), tables.rows, tables.columns, 1)
  multiplyBlock(
    scores, tables.scoreRows, job.counting, m, keys + job.valuesAt, changetype<usize>(output), 0, rows, job.e, space, job.blockRows, job.blockDepth,
  )
}

function tablesOf(job: AttentionJob, space: usize): Tables {
  const at = space + job.tablesAt
  const tables = changetype<Tables>(at)
  const output = changetype<Output>(at + offsetof<Tables>())
  const target = changetype<Matrix>(changetype<usize>(output) + offsetof<Output>())
  output.target = target
  output.bias = null
  output.residual = null
  output.activation = 0
  tables.output = output
  tables.rows = changetype<usize>(target) + offsetof<Matrix>()
  tables.columns = tables.rows + (<usize>max(job.m, job.blockRows) << 2)
  tables.scoreRows = tables.columns + (<usize>max(job.d, job.e) << 2)
  return tables
}

@inline
function target(output: Output, origin: usize, rows: usize, columns: usize, scale: f32): void {
  const target = output.target
  target.origin = origin
  target.rows = rows
  target.columns = columns
  output.scale = scale
}

@inline
function headOf(tensor: Tensor, head: i32): usize {
  return tensor.origin + (<usize>load<i32>(tensor.heads + (<usize>head << 2)) << 2)
}

@inline
function rowOf(tensor: Tensor, head: i32, row: i32): usize {
  return headOf(tensor, head) + (<usize>(row * tensor.rows) << 2)
}

/** A scatter vector of equal steps. */
function fill(table: usize, count: i32, step: i32): void {
  for (let i = 0, offset = 0; i < count; i++, offset += step) store<i32>(table + (<usize>i << 2), offset)
}

/** x[i] += y[i·step], i < n; x is contiguous. */
function addStrided(x: usize, y: usize, step: i32, n: i32): void {
  let i = 0
  if (step == 1) for (; i + 4 <= n; i += 4, x += 16, y += 16) v128.store(x, f32x4.add(v128.load(x), v128.load(y)))
  for (; i < n; i++, x += 4, y += <usize>step << 2) store<f32>(x, load<f32>(x) + load<f32>(y))
}
