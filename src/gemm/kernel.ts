/**
 * What a product of matrices needs of a machine: panels to pack blocks of the operands into, and a tile of the product held in
 * registers. Blocks are those of Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a block of A
 * stays in the second-level cache, a sliver of B in the first.
 *
 *          depth                columns
 *        ┌───┬───┐            ┌─────────┬──          A: packed in slivers of a tile's rows, [sliver][k][row]
 *   rows │ A │   │   ·  depth │    B    │     = C    B: packed in slivers of a tile's columns, [sliver][k][column]
 *        ├───┼───┤            ├─────────┼──          slivers that the matrix does not fill end in zeros
 */
import type { Activation } from './activation.ts'
import type { Matrix } from './offsets.ts'

/** Arrays whose elements are numbers. */
export interface Numbers {
  readonly length: number
  [index: number]: number
}

/** A part of a product: rows × columns of the output, a part of the depth. */
export interface Block {
  row: number
  rows: number
  column: number
  columns: number
  k: number
  depth: number
}

/** Where a product goes, and what happens to it on its way: see `Epilogue`. All matrices have the same rows and columns. */
export interface Target {
  readonly output: Matrix<Numbers>
  readonly scale: number
  readonly bias: Matrix<Numbers> | null
  readonly activation: Activation | null
  readonly residual: Matrix<Numbers> | null
}

export interface Kernel {
  /** The largest block that the panels hold. */
  readonly largest: { readonly rows: number; readonly columns: number; readonly depth: number }
  /** Packs the block's rows and depth of A, [rows, depth]. */
  packA(a: Matrix<Numbers>, block: Block): void
  /** Packs the block's depth and columns of B, [depth, columns]. */
  packB(b: Matrix<Numbers>, block: Block): void
  /**
   * Multiplies the packed panels and stores the block. Of the blocks along the depth all but the first add to what stands in
   * the output, and the last one applies the epilogue.
   */
  multiply(target: Target, block: Block, part: { readonly first: boolean; readonly last: boolean }): void
}
