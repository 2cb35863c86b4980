/**
 * Where a tile of integers stores its sums, as floats: (sum − zero · column sum) · column's scale · row's scale + bias + residual → target, eight columns that stand
 * side by side in all three. As Place, of which it differs in what becomes of a sum.
 */
@unmanaged
export class IntegerPlace {
  target: usize
  targetRows: usize // i32[], offsets in floats
  /** 0 where there is none; so is the residual. */
  bias: usize
  biasRows: usize
  residual: usize
  residualRows: usize
  /** Of the eight columns: f32[8], and the sums of their codes, i32[8]; 0 where rows have no zeros. */
  scales: usize
  columnSums: usize
  /** Of rows, by their number in the output: f32[], i32[]. */
  factors: usize
  zeros: usize
}

/** The sums of a row as floats. */
@inline
export function scaled(place: IntegerPlace, row: i32, sums: v128, half: usize): v128 {
  const at = <usize>row << 2
  if (place.columnSums) {
    const zero = v128.load32_splat(place.zeros + at)
    sums = i32x4.sub(sums, i32x4.mul(zero, v128.load(place.columnSums + half)))
  }
  const value = f32x4.mul(f32x4.convert_i32x4_s(sums), v128.load(place.scales + half))
  return f32x4.mul(value, v128.load32_splat(place.factors + at))
}

export function storeRow(place: IntegerPlace, row: i32, left: v128, right: v128): void {
  const at = <usize>row << 2
  left = scaled(place, row, left, 0)
  right = scaled(place, row, right, 16)
  if (place.bias) {
    const from = place.bias + (<usize>load<i32>(place.biasRows + at) << 2)
    left = f32x4.add(left, v128.load(from))
    right = f32x4.add(right, v128.load(from, 16))
  }
  if (place.residual) {
    const from = place.residual + (<usize>load<i32>(place.residualRows + at) << 2)
    left = f32x4.add(left, v128.load(from))
    right = f32x4.add(right, v128.load(from, 16))
  }
  const to = place.target + (<usize>load<i32>(place.targetRows + at) << 2)
  v128.store(to, left)
  v128.store(to, right, 16)
}
