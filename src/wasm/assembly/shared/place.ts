/**
 * Where a register tile stores its sums by itself: scale·sum + bias + residual → target, eight columns that stand side by side in all three.
 * The address of a row's numbers is the matrix's for the first of the eight columns plus the row's offset, an entry of a scatter vector.
 */
@unmanaged
export class Place {
  scale: f32
  target: usize
  targetRows: usize // i32[], offsets in floats
  /** 0 where there is none; so is the residual. */
  bias: usize
  biasRows: usize
  residual: usize
  residualRows: usize
}
