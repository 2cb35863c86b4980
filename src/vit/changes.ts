/** How tensors of other libraries become one of timm's where more than the name differs. */

import { CheckpointError } from '../checkpoint/error.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { einsum } from '../ops/einsum.ts'
import { pack } from '../ops/pack.ts'
import { rearrange } from '../ops/rearrange.ts'
import { reduce } from '../ops/reduce.ts'
import { repeat } from '../ops/repeat.ts'

type Shape = readonly number[]

export interface Change {
  /** The shape of what is made of tensors of these shapes. */
  shape(...from: Shape[]): Shape
  make(...parts: NdArray<Data>[]): NdArray<Data>
}

/** A projection `x @ p` as the weight of a Linear. */
export const transposed: Change = {
  shape: ([rows = 0, columns = 0] = []) => [columns, rows],
  make: (x) => rearrange(x!, 'i o -> o i'),
}

/** The first third of the rows of one map of queries, keys and values: the queries'. */
export const queryRows: Change = rowsOf((rows) => [0, rows / 3])

/** The other two thirds: keys and values. */
export const keyAndValueRows: Change = rowsOf((rows) => [rows / 3, rows])

function rowsOf(range: (rows: number) => [from: number, to: number]): Change {
  return {
    shape([rows = 0, ...rest] = []) {
      const [from, to] = range(rows)
      return [to - from, ...rest]
    },
    make(x) {
      const [from, to] = range(x!.shape[0]!)
      const rest = x!.shape.slice(1)
      return x!.lo(from, ...rest.map(() => 0)).hi(to - from, ...rest)
    },
  }
}

/** A bias times its mask (DINOv3: that of keys is 0). */
export const masked: Change = {
  shape: (bias) => bias!,
  make: (bias, mask) => einsum([bias, mask] as NdArray<Float32Array>[], 'd, d -> d'),
}

/** Positions of patches that each have the class token's as well (ViTPose, which has no class token): [1, 1 + n, d] → [1, n, d]. */
export const withClassPosition: Change = {
  shape: ([batch = 0, count = 0, width = 0] = []) => [batch, count - 1, width],
  make(positions) {
    const [, count = 0, width = 0] = positions!.shape
    const first = repeat(positions!.hi(1, 1, width), '1 1 d -> 1 n d', { n: count - 1 })
    return reduce([positions!.lo(0, 1, 0), first] as NdArray<Float32Array>[], 'two b n d -> b n d', 'sum')
  },
}

/** Zeros of a shape. */
export function zeros(shape: Shape): NdArray<Data> {
  return toNdarray({ ...contiguous(shape), data: new Float32Array(sizeOf(shape)) })
}

const thirdNames = ['query', 'key', 'value'] as const

/** One tensor of queries, keys and values; a bias that is not there is zeros. */
export const together: Change = {
  shape(...shapes) {
    return [shapes.reduce((rows, shape) => rows + (shape[0] ?? 0), 0), ...shapes[0]!.slice(1)]
  },
  make: (...parts) => pack(parts, parts[0]!.shape.length === 2 ? '* d' : '*')[0],
}

/** The error about queries, keys and values of which some are missing. */
export function incomplete(operation: string, name: string, isThere: readonly boolean[]): CheckpointError {
  const missing = thirdNames.filter((_, third) => !isThere[third])
  return new CheckpointError({
    operation,
    code: 'names/incomplete',
    what: `${missing.join(' and ')} of '${name}' ${missing.length === 1 ? 'is' : 'are'} missing`,
  })
}
