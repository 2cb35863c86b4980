/** The end of a row, where fewer than four numbers are left. */

/** The last 1 to 3 numbers of a row, the other lanes filled. */
@inline
export function tail(p: usize, count: i32, fill: f32): v128 {
  let lanes = f32x4.splat(fill)
  lanes = f32x4.replace_lane(lanes, 0, load<f32>(p))
  if (count > 1) lanes = f32x4.replace_lane(lanes, 1, load<f32>(p, 4))
  if (count > 2) lanes = f32x4.replace_lane(lanes, 2, load<f32>(p, 8))
  return lanes
}

/** Stores the first 1 to 3 lanes. */
@inline
export function storeFirst(p: usize, count: i32, lanes: v128): void {
  v128.store_lane<f32>(p, lanes, 0)
  if (count > 1) v128.store_lane<f32>(p, lanes, 1, 4)
  if (count > 2) v128.store_lane<f32>(p, lanes, 2, 8)
}
