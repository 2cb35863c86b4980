/** Whether the next entries of a scatter vector (i32 element offsets) count up by one: then the elements can be moved as vectors. */

@inline
export function isRun4(offsets: usize): bool {
  const here = v128.load(offsets)
  const run = i32x4.add(i32x4.splat(load<i32>(offsets)), i32x4(0, 1, 2, 3))
  return i32x4.all_true(i32x4.eq(here, run))
}

@inline
export function isRun8(offsets: usize): bool {
  return isRun4(offsets) && isRun4(offsets + 16) && load<i32>(offsets, 16) == load<i32>(offsets) + 4
}
