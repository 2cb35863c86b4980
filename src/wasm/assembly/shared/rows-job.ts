/** What is done to rows of numbers, or to numbers, in parts that threads share. */

/** Laid out as src/wasm/rows-job.ts writes it. */
@unmanaged
export class RowsJob {
  kind: i32
  /** How many rows or numbers there are, and how many of them are a part. */
  count: i32
  perPart: i32
  /** The length of a row. */
  n: i32
  /** What else a kernel is told: bytes from row to row of its source, an activation, or yes and no. */
  step: i32
  choice: i32
  eps: f64
  scale: f32
  /** Where the tensors begin, the result first. */
  a: usize
  b: usize
  c: usize
  d: usize
}

/** The first row of a part, or the first number. */
@inline
export function firstOf(job: RowsJob, index: i32): i32 {
  return index * job.perPart
}

@inline
export function countOf(job: RowsJob, index: i32): i32 {
  return min(job.perPart, job.count - firstOf(job, index))
}
