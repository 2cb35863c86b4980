/** Picking elements by index as a step, and adding them up where they were picked: the two are each other's duals. */

import { copyApart } from '../copy/copy.ts'
import { indexOf, pickPlainly } from '../copy/reference.ts'
import { forEachOffset } from '../gemm/matrix.ts'
import { pick, sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { current } from '../wasm/resident.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult } from './result.ts'
import { zero } from './slice.ts'
import type { Gather, Scatter } from './step.ts'
import { type HostValue, tensorOf, type Value } from './value.ts'

const gathers: Kernel<Gather> = {
  perform: gathered,
  reference(_, [x, indices]) {
    const [source, picked] = [tensorOf(x!), valuesIn(tensorOf(indices!))]
    const [b = 0, m = 0] = indices!.shape
    const result = newResult(source.data, [b, m, ...source.shape.slice(2)], 'gather')
    pickPlainly(source, result, ([row = 0, at = 0, ...rest]) => [row, picked[row * m + at]!, ...rest])
    return result
  },
}

const scatters: Kernel<Scatter> = {
  perform: scattered,
  reference({ length }, [rows, indices]) {
    const [source, picked] = [tensorOf(rows!), valuesIn(tensorOf(indices!))]
    const [b = 0, m = 0, ...rest] = source.shape
    const result = newResult(source.data, [b, length, ...rest], 'scatter')
    zero(result)
    const [from, to] = [valuesIn(source), current(result.data) as unknown as number[]]
    const size = sizeOf(rest)
    for (const [n, value] of from.entries()) {
      const [row, at, inside] = [Math.floor(n / size / m), Math.floor(n / size) % m, n % size]
      to[result.offset + (row * length + picked[row * m + at]!) * size + inside]! += value
    }
    return result
  },
}

/** The elements in row-major order. */
function valuesIn({ data, shape, stride, offset }: Tensor): number[] {
  const elements = current(data) as unknown as ArrayLike<number>
  return Array.from({ length: sizeOf(shape) }, (_, n) => {
    const index = indexOf(n, shape)
    return elements[index.reduce((at, i, axis) => at + i * stride[axis]!, offset)]!
  })
}

function gathered(_: Gather, [x, indices]: readonly HostValue[]): Tensor {
  const source = tensorOf(x!)
  const [, m = 0] = indices!.shape
  const result = newResult(source.data, [source.shape[0]!, m, ...source.shape.slice(2)], 'gather')
  for (const [row, index, at] of entriesOf(tensorOf(indices!))) {
    const from = pick(pick(source, 0, row), 0, index)
    copyApart({ data: source.data, ...from }, { data: result.data, ...pick(pick(result, 0, row), 0, at) })
  }
  return result
}

function scattered({ length }: Scatter, [rows, indices]: readonly HostValue[]): Tensor {
  const source = tensorOf(rows!)
  const [b = 0, , ...rest] = source.shape
  const result = newResult(source.data, [b, length, ...rest], 'scatter')
  zero(result)
  const [from, to] = [current(source.data), current(result.data)] as [number[], number[]]
  for (const [row, index, at] of entriesOf(tensorOf(indices!))) {
    const [read, write] = [pick(pick(source, 0, row), 0, at), pick(pick(result, 0, row), 0, index)]
    forEachOffset(rest, [read.stride, write.stride], [read.offset, write.offset], ([i, j]) => {
      to[j!]! += from[i!]!
    })
  }
  return result
}

/** Every index of [b, m] with its row and its place in the row. */
function* entriesOf({ data, shape, stride, offset }: Tensor): Generator<readonly [number, number, number]> {
  const [b = 0, m = 0] = shape
  const indices = data as unknown as ArrayLike<number>
  if (sizeOf(shape) === 0) return
  for (let row = 0; row < b; row++) {
    for (let at = 0; at < m; at++) yield [row, indices[offset + row * stride[0]! + at * stride[1]!]!, at]
  }
}

/** Of each row of the batch the elements along axis 1 that the indices name: x [b, n, …], indices [b, m] → [b, m, …]. */
export function gather(x: Value, indices: Value): Value {
  return perform(gathers, { kind: 'gather' }, [x, indices])
}

/** Rows [b, m, …] added up where the indices [b, m] say, among zeros: → [b, length, …]. */
export function scatter(rows: Value, indices: Value, length: number): Value {
  return perform(scatters, { kind: 'scatter', length }, [rows, indices])
}
