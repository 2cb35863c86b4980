/**
 * The kernel in plain TypeScript: a tile of 4×4 sums in local variables, which the engine keeps in registers, over panels of
 * doubles. One loop then serves every dtype, integers exactly (up to 2^53), and on V8 it is twice as fast as one in single
 * precision, whose every operation JavaScript has to round.
 */
import { activations } from './activation.ts'
import type { Block, Kernel, Numbers, Target } from './kernel.ts'
import { fillOffsets, type Matrix } from './offsets.ts'

const tile = 4
const largest = { rows: 48, columns: 512, depth: 384 } as const

interface Workspace {
  /** Panels of A and B: [sliver, k, row or column within the tile]. */
  readonly a: Float64Array
  readonly b: Float64Array
  /** The block of the product: [row, column], columns padded to whole tiles. */
  readonly sums: Float64Array
  /** Scatter vectors of the matrix at hand. */
  readonly rows: Int32Array
  readonly columns: Int32Array
  readonly depth: Int32Array
}

// made on first use: importing the library costs no memory
let workspace: Workspace | undefined

function getWorkspace(): Workspace {
  workspace ??= {
    a: new Float64Array(largest.rows * largest.depth),
    b: new Float64Array(largest.columns * largest.depth),
    sums: new Float64Array(largest.rows * largest.columns),
    rows: new Int32Array(largest.rows),
    columns: new Int32Array(largest.columns),
    depth: new Int32Array(largest.depth),
  }
  return workspace
}

export const plainKernel: Kernel = {
  largest,

  packA({ data, offset, rows, columns }, block) {
    const space = getWorkspace()
    fillOffsets(rows, block.row, block.rows, space.rows)
    fillOffsets(columns, block.k, block.depth, space.depth)
    pack(data, offset, space.rows, block.rows, space.depth, block.depth, space.a)
  },

  packB({ data, offset, rows, columns }, block) {
    const space = getWorkspace()
    fillOffsets(columns, block.column, block.columns, space.columns)
    fillOffsets(rows, block.k, block.depth, space.depth)
    pack(data, offset, space.columns, block.columns, space.depth, block.depth, space.b)
  },

  multiply(target, block, part) {
    const { a, b, sums } = getWorkspace()
    const { rows, columns, depth } = block
    const width = padded(columns)
    for (let column = 0; column < columns; column += tile) {
      for (let row = 0; row < rows; row += tile) {
        multiplyTile(a, row * depth, b, column * depth, depth, sums, row * width + column, width)
      }
    }
    store(target, block, part)
  },
}

function padded(count: number): number {
  return Math.ceil(count / tile) * tile
}

/**
 * Copies a block into a panel: lines of the matrix (rows of A, columns of B) in slivers of a tile's width, each sliver
 * [depth, line]; missing lines of the last one are zeros.
 */
function pack(
  data: Numbers,
  offset: number,
  lineOffsets: Int32Array,
  lines: number,
  depthOffsets: Int32Array,
  depth: number,
  panel: Float64Array,
): void {
  let to = 0
  let line = 0
  for (; line + tile <= lines; line += tile) {
    const at0 = offset + lineOffsets[line]!
    const at1 = offset + lineOffsets[line + 1]!
    const at2 = offset + lineOffsets[line + 2]!
    const at3 = offset + lineOffsets[line + 3]!
    for (let k = 0; k < depth; k++) {
      const step = depthOffsets[k]!
      panel[to] = data[at0 + step]!
      panel[to + 1] = data[at1 + step]!
      panel[to + 2] = data[at2 + step]!
      panel[to + 3] = data[at3 + step]!
      to += tile
    }
  }
  if (line === lines) return
  panel.fill(0, to, to + tile * depth)
  for (let i = 0; line + i < lines; i++) {
    const at = offset + lineOffsets[line + i]!
    for (let k = 0; k < depth; k++) panel[to + tile * k + i] = data[at + depthOffsets[k]!]!
  }
}

/** sums[4, 4] = a[depth, 4]ᵀ · b[depth, 4] */
function multiplyTile(
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

/** Adds what earlier blocks of the depth left in the output, applies the epilogue after the last one, and writes the block. */
function store(target: Target, block: Block, { first, last }: { first: boolean; last: boolean }): void {
  const { sums } = getWorkspace()
  if (!first) addBlock(target.output, block, sums)
  if (last) {
    const { scale, bias, activation, residual } = target
    const count = block.rows * padded(block.columns)
    if (scale !== 1) for (let i = 0; i < count; i++) sums[i]! *= scale
    if (bias) addBlock(bias, block, sums)
    if (activation) {
      const activate = activations[activation]
      for (let i = 0; i < count; i++) sums[i] = activate(sums[i]!)
    }
    if (residual) addBlock(residual, block, sums)
  }
  const { data, offset } = target.output
  const { rows, columns } = tables(target.output, block)
  const width = padded(block.columns)
  for (let row = 0; row < block.rows; row++) {
    const from = row * width
    const to = offset + rows[row]!
    for (let column = 0; column < block.columns; column++) data[to + columns[column]!] = sums[from + column]!
  }
}

function addBlock(matrix: Matrix<Numbers>, block: Block, sums: Float64Array): void {
  const { data, offset } = matrix
  const { rows, columns } = tables(matrix, block)
  const width = padded(block.columns)
  for (let row = 0; row < block.rows; row++) {
    const to = row * width
    const from = offset + rows[row]!
    for (let column = 0; column < block.columns; column++)
      sums[to + column]! += data[from + columns[column]!]!
  }
}

/** The scatter vectors of a block of rows and columns; valid until the next call. */
function tables({ rows, columns }: Matrix<Numbers>, block: Block): { rows: Int32Array; columns: Int32Array } {
  const space = getWorkspace()
  fillOffsets(rows, block.row, block.rows, space.rows)
  fillOffsets(columns, block.column, block.columns, space.columns)
  return space
}
