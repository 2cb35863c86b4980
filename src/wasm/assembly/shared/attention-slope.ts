/**
 * How a change g of attention's result becomes one of queries, keys and values, a head for each part: P = softmax(scale · q kᵀ), dv = Pᵀ g,
 * dS = scale · P ∘ (dP − Σ dP ∘ P) with dP = g vᵀ, dq = dS k, dk = dSᵀ q. P is computed again, so that it need not be kept (Dao et al., FlashAttention,
 * arXiv:2205.14135, appendix B). The products are those of the product module.
 */
import { Matrix, Output } from './epilogue'
import { multiplyBlock, packColumns, softmaxRow } from './products'

/** [heads, n, d]: element (h, i, j) stands heads[h] + rows[i] + columns[j] floats after `origin`. */
@unmanaged
class Tensor {
  origin: usize
  heads: usize // i32[]
  rows: usize // i32[]
  columns: usize // i32[]
}

/** Laid out as src/wasm/attention-slope.ts writes it. */
@unmanaged
export class AttentionSlopeJob {
  kind: i32
  n: i32
  d: i32
  scale: f32
  blockRows: i32
  blockDepth: i32
  /** i32[]: 0, 1, 2, … as far as a row of scores reaches, and where each of the rows begins. */
  counting: usize
  scoreRows: usize
  /** The first thread's workspace, how far the next one's is, and where in it panels, the description of an output, weights and their changes are. */
  space: usize
  spaceBytes: usize
  panelsAt: usize
  outputAt: usize
  weightsAt: usize
  changesAt: usize
  q: Tensor
  k: Tensor
  v: Tensor
  g: Tensor
  dq: Tensor
  dk: Tensor
  dv: Tensor
}

export function attentionSlope(job: AttentionSlopeJob, thread: i32, head: i32): void {
  const n = job.n
  const space = job.space + <usize>thread * job.spaceBytes
  const weights = space + job.weightsAt, changes = space + job.changesAt
  const rowBytes = <usize>((n + 7) & ~7) << 2
  scores(job, space, head, job.q, job.k, weights, job.scale)
  scores(job, space, head, job.g, job.v, changes, 1)
  for (let i = 0, at: usize = 0; i < n; i++, at += rowBytes) {
    softmaxRow(weights + at, n)
    softmaxSlopeRow(changes + at, changes + at, weights + at, n, job.scale)
  }
  sums(job, space, head, changes, job.scoreRows, job.counting, job.k, job.dq)
  sums(job, space, head, changes, job.counting, job.scoreRows, job.q, job.dk)
  sums(job, space, head, weights, job.counting, job.scoreRows, job.g, job.dv)
}

/** to: [n, n], its rows filled up to eights = scale · a [n, d] · b [n, d]ᵀ */
function scores(job: AttentionSlopeJob, space: usize, head: i32, a: Tensor, b: Tensor, to: usize, scale: f32): void {
  packColumns(space + job.panelsAt, <usize>job.d << 5, headOf(b, head), b.columns, job.d, b.rows, job.n)
  const output = outputOf(job, space, to, job.scoreRows, job.counting, scale)
  product(job, space, headOf(a, head), a.rows, a.columns, job.d, output, (job.n + 7) & ~7)
}

/** to: [n, d] = a [n, n] · b [n, d], a given by where its rows and its columns stand */
function sums(
  job: AttentionSlopeJob, space: usize, head: i32, a: usize, rows: usize, columns: usize, b: Tensor, to: Tensor,
): void {
  packColumns(space + job.panelsAt, <usize>job.n << 5, headOf(b, head), b.rows, job.n, b.columns, job.d)
  const output = outputOf(job, space, headOf(to, head), to.rows, to.columns, 1)
  product(job, space, a, rows, columns, job.n, output, job.d)
}

function product(
  job: AttentionSlopeJob, space: usize, source: usize, rows: usize, depths: usize, k: i32, output: Output, columns: i32,
): void {
  for (let row = 0; row < job.n; row += job.blockRows) {
    multiplyBlock(
      source, rows + (<usize>row << 2), depths, k, space + job.panelsAt, changetype<usize>(output), row, min(job.blockRows, job.n - row), columns,
      space, job.blockRows, job.blockDepth,
    )
  }
}

function outputOf(job: AttentionSlopeJob, space: usize, origin: usize, rows: usize, columns: usize, scale: f32): Output {
  const output = changetype<Output>(space + job.outputAt)
  const target = changetype<Matrix>(space + job.outputAt + offsetof<Output>())
  target.origin = origin
  target.rows = rows
  target.columns = columns
  output.target = target
  output.bias = null
  output.residual = null
  output.scale = scale
  output.activation = 0
  return output
}

@inline
function headOf(tensor: Tensor, head: i32): usize {
  return tensor.origin + (<usize>load<i32>(tensor.heads + (<usize>head << 2)) << 2)
}

/** h = scale · y ∘ (g − Σ g y), where y is a softmax: h, g, y: [n]; h may be g. */
export function softmaxSlopeRow(h: usize, g: usize, y: usize, n: i32, scale: f32): void {
  const bytes = <usize>n << 2
  const whole = <usize>(n & ~3) << 2
  const scales = f32x4.splat(scale)
  let total4 = f32x4.splat(0)
  for (let p: usize = 0; p < whole; p += 16) total4 = f32x4.add(total4, f32x4.mul(v128.load(g + p), v128.load(y + p)))
  let sum = total(total4)
  for (let p = whole; p < bytes; p += 4) sum += load<f32>(g + p) * load<f32>(y + p)
  const level = f32x4.splat(sum)
  for (let p: usize = 0; p < whole; p += 16) {
    v128.store(h + p, f32x4.mul(f32x4.mul(scales, v128.load(y + p)), f32x4.sub(v128.load(g + p), level)))
  }
  for (let p = whole; p < bytes; p += 4) store<f32>(h + p, scale * load<f32>(y + p) * (load<f32>(g + p) - sum))
}

@inline
function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  )
}
