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

/** Whether all entries do. */
export function isRun(offsets: usize, count: i32): bool {
  for (; count > 4; count -= 4, offsets += 16) {
    if (!isRun4(offsets) || load<i32>(offsets, 16) != load<i32>(offsets) + 4) return false
  }
  for (let i = 1; i < count; i++) if (load<i32>(offsets + (<usize>i << 2)) != load<i32>(offsets) + i) return false
  return true
}
