/**
 * What a machine has to offer: the product of two matrices that stand in memory by scatter vectors, blocked and packed as it likes
 * best, with the epilogue applied while it stores. The plain one is TypeScript and takes numbers of every dtype; the one in
 * WebAssembly takes float32 in its own memory.
 *
 * Both follow Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a block of A's rows is packed and stays
 * in the second-level cache, a sliver of B's columns in the first, and a tile of the product in registers.
 *
 *          depth                columns
 *        ┌───┬───┐            ┌─────────┬──          A: packed in slivers of a tile's rows, [sliver][k][row]
 *   rows │ A │   │   ·  depth │    B    │     = C    B: packed in slivers of a tile's columns, [sliver][k][column]
 *        ├───┼───┤            ├─────────┼──
 */
import type { Batch } from '../wasm/many.ts'
import type { Activation } from './activation.ts'
import type { Matrix } from './matrix.ts'

/** Arrays whose elements are numbers. */
export interface Elements {
  readonly length: number
  [index: number]: number
}

/** output = activation(scale · a·b + bias) + residual */
export interface MatrixProduct<D extends Elements = Elements> {
  /** [m, k] */
  readonly a: Matrix<D>
  /** [k, n] */
  readonly b: Matrix<D>
  /** [m, n]; shares no element with an operand. */
  readonly output: Matrix<D>
  readonly scale: number
  /** [m, n], strides of 0 where it repeats. */
  readonly bias: Matrix<D> | null
  readonly activation: Activation | null
  /** [m, n], likewise. */
  readonly residual: Matrix<D> | null
}

export interface Kernel<D extends Elements = Elements> {
  multiply(product: MatrixProduct<D>): void
  /** Multiplies for every index of a batch, or says that it does not. */
  multiplyMany?(product: MatrixProduct<D>, batch: Batch): boolean
}
