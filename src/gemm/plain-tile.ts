/** sums[4, 4] = aᵀ·b for slivers of 4 rows and 4 columns: local variables, which the engine keeps in registers. */

/** Rows and columns of the tile. */
export const tile = 4

/** a, b: [depth, 4] from `fromA` and `fromB` on; sums: [4, 4] from `to` on, rows `width` apart. */
export function multiplyTile(
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  depth: number,
  sums: Float64Array,
  to: number,
  width: number,
): void {
  let c00 = 0
  let c01 = 0
  let c02 = 0
  let c03 = 0
  let c10 = 0
  let c11 = 0
  let c12 = 0
  let c13 = 0
  let c20 = 0
  let c21 = 0
  let c22 = 0
  let c23 = 0
  let c30 = 0
  let c31 = 0
  let c32 = 0
  let c33 = 0
  let p = fromA
  let q = fromB
  for (let k = 0; k < depth; k++) {
    const a0 = a[p]!
    const a1 = a[p + 1]!
    const a2 = a[p + 2]!
    const a3 = a[p + 3]!
    const b0 = b[q]!
    c00 += a0 * b0
    c10 += a1 * b0
    c20 += a2 * b0
    c30 += a3 * b0
    const b1 = b[q + 1]!
    c01 += a0 * b1
    c11 += a1 * b1
    c21 += a2 * b1
    c31 += a3 * b1
    const b2 = b[q + 2]!
    c02 += a0 * b2
    c12 += a1 * b2
    c22 += a2 * b2
    c32 += a3 * b2
    const b3 = b[q + 3]!
    c03 += a0 * b3
    c13 += a1 * b3
    c23 += a2 * b3
    c33 += a3 * b3
    p += tile
    q += tile
  }
  sums[to] = c00
  sums[to + 1] = c01
  sums[to + 2] = c02
  sums[to + 3] = c03
  sums[to + width] = c10
  sums[to + width + 1] = c11
  sums[to + width + 2] = c12
  sums[to + width + 3] = c13
  sums[to + 2 * width] = c20
  sums[to + 2 * width + 1] = c21
  sums[to + 2 * width + 2] = c22
  sums[to + 2 * width + 3] = c23
  sums[to + 3 * width] = c30
  sums[to + 3 * width + 1] = c31
  sums[to + 3 * width + 2] = c32
  sums[to + 3 * width + 3] = c33
}
