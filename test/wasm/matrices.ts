/** Matrices at random places of a linear memory, and the scalar product that the kernels are held against. */
import fc from 'fast-check'
import type { FusedActivation } from '../../src/wasm/activation-codes.ts'
import type { LinearMemory } from '../../src/wasm/memory.ts'
import type { ResidentMatrix } from '../../src/wasm/product.ts'

/** How a matrix lies in memory. */
export interface Placement {
  /** The columns lie closer together than the rows, or the other way round. */
  readonly columnsInside: boolean
  /** Elements between neighbours along the inner and along the outer side, beyond what they need. */
  readonly gaps: readonly [number, number]
  readonly reversed: readonly [boolean, boolean]
  /** Rows and columns are two axes each where their number allows it, in exchanged order. */
  readonly split: boolean
}

export const placements: fc.Arbitrary<Placement> = fc.record({
  columnsInside: fc.boolean(),
  gaps: fc.oneof(fc.constant([0, 0] as const), fc.tuple(fc.nat(2), fc.nat(5))),
  reversed: fc.oneof(fc.constant([false, false] as const), fc.tuple(fc.boolean(), fc.boolean())),
  split: fc.boolean(),
})

/** Lengths where something changes: 0, 1, around a tile, around a block, primes. */
export const lengths = (block: number) =>
  fc.constantFrom(
    ...new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 23, block - 1, block, block + 1, block + 7]),
  )

/** Stores values [m, n] as `placement` says; the rest of the block is filled with `rest`. */
export function place(
  memory: LinearMemory,
  values: Float32Array,
  m: number,
  n: number,
  placement: Placement,
  rest = Number.NaN,
): ResidentMatrix & { readonly block: number; readonly floats: number } {
  const [inner, outer] = placement.columnsInside ? [n, m] : [m, n]
  const near = 1 + placement.gaps[0]
  const far = Math.max(1, inner) * near + placement.gaps[1]
  const floats = far * Math.max(1, outer) + 1
  const block = memory.allocate(floats * 4)
  let start = 0
  const walk = (length: number, stride: number, reversed: boolean) => {
    if (reversed && length > 0) start += (length - 1) * stride
    const step = reversed ? -stride : stride
    const parts = placement.split ? factor(length) : [length]
    return parts.length === 1
      ? { lengths: [length], strides: [step] }
      : { lengths: parts, strides: [step * parts[1]!, step] }
  }
  const [rowStride, columnStride] = placement.columnsInside ? [far, near] : [near, far]
  const rows = walk(m, rowStride, placement.reversed[0])
  const columns = walk(n, columnStride, placement.reversed[1])
  const matrix = { origin: block + start * 4, rows, columns, block, floats }
  memory.floats(block, floats).fill(rest)
  const offset = (i: number, j: number) => start + i * rows.strides.at(-1)! + j * columns.strides.at(-1)!
  const data = memory.floats(block, floats)
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) data[offset(i, j)] = values[i * n + j]!
  return matrix
}

function factor(length: number): number[] {
  for (let d = 2; d * d <= length; d++) if (length % d === 0) return [d, length / d]
  return [length]
}

/** The values of a matrix, [m, n]. */
export function read(memory: LinearMemory, matrix: ResidentMatrix, m: number, n: number): Float32Array {
  const out = new Float32Array(m * n)
  const all = new Float32Array(memory.memory.buffer)
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const offset = i * matrix.rows.strides.at(-1)! + j * matrix.columns.strides.at(-1)!
      out[i * n + j] = all[matrix.origin / 4 + offset]!
    }
  }
  return out
}

/** Numbers in [−1, 1), the same for the same seed. */
export function numbers(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

export interface Problem {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly a: Float32Array
  readonly b: Float32Array
  readonly scale?: number
  readonly bias?: Float32Array
  readonly residual?: Float32Array
  readonly activation?: FusedActivation | null
}

/** activation(scale·a·b + bias) + residual in double precision, and how far single precision may be from it. */
export function scalarProduct(problem: Problem, activate: (x: number) => number) {
  const { m, n, k, a, b, scale = 1, bias, residual } = problem
  const value = new Float64Array(m * n)
  const tolerance = new Float64Array(m * n)
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      let size = 0
      for (let p = 0; p < k; p++) {
        const term = a[i * k + p]! * b[p * n + j]!
        sum += term
        size += Math.abs(term)
      }
      const at = i * n + j
      const added = bias?.[at] ?? 0
      const rest = residual?.[at] ?? 0
      value[at] = activate(scale * sum + added) + rest
      // every activation's slope is below 1.2
      tolerance[at] =
        1.2 *
        (2 ** -24 * (k + 4) * Math.abs(scale) * size +
          1e-6 * (Math.abs(added) + Math.abs(rest) + Math.abs(value[at]!)))
    }
  }
  return { value, tolerance }
}
