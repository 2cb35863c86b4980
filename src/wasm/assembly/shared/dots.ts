/**
 * The inner operations of products in integers: c + Σ x·b over the two or four numbers that stand in each 32 bits of x, and in b for four columns. Which of the two
 * over seven bits is faster depends on the processor; both give the same sums, since seven bits times eight, twice, fit sixteen.
 */

/** x, b: i16x8 */
@inline
export function addDot(x: v128, b: v128, c: v128): v128 {
  return i32x4.add(c, i32x4.dot_i16x8_s(x, b))
}

/** x: i8x16 from 0 to 127, b: i8x16; ones: i16x8 of ones, since V8 reads those of an extadd_pairwise from memory anew each time. */
@inline
export function addPairs(x: v128, b: v128, c: v128, ones: v128): v128 {
  return i32x4.add(c, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b, x), ones))
}

/** x: i8x16 from 0 to 127, b: i8x16 */
@inline
export function addFours(x: v128, b: v128, c: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(b, x, c)
}
