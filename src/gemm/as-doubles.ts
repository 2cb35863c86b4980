/**
 * Operands of other dtypes as doubles. V8 compiles a loop for the kinds of arrays that it has met, and one that has met many is five times slower, for the rest of
 * the process: so loops meet floats and doubles alone, and all other numbers are converted on their way, some at a time.
 */

import { halvesOf, slowestLabel } from './halves.ts'
import type { Elements } from './kernel.ts'
import { dataOf, type Operand } from './operand.ts'
import type { Product } from './pair.ts'

/** Elements that are converted at once: 8 MB of doubles. */
const most = 2 ** 20

/** Multiplies by a way that knows floats and doubles. */
export function multiplyAsDoubles(product: Product, multiply: (product: Product) => void): void {
  const { lengths, a, b, output } = product
  const others = [a, b].filter((operand) => !isFloats(operand))
  if (others.length === 0) {
    multiply(product)
    return
  }
  const long = others.find((operand) => rangeOf(lengths, operand).size > most)
  const label = long && slowestLabel(lengths, long)
  if (label !== undefined && lengths[label]! > 1) {
    for (const half of halvesOf(product, label)) multiplyAsDoubles(half, multiply)
    return
  }
  const [left, right] = [a, b].map((operand) => (isFloats(operand) ? operand : converted(lengths, operand)))
  multiply({ ...product, a: left!, b: right!, output })
}

function isFloats({ data, weight }: Operand): boolean {
  return weight !== undefined || data instanceof Float32Array || data instanceof Float64Array
}

/** The elements between the first and the last of an operand. */
function rangeOf(lengths: readonly number[], { offset, stride }: Operand): { first: number; size: number } {
  let first = offset
  let size = 1
  stride.forEach((step, label) => {
    const reach = step * (lengths[label]! - 1)
    if (reach < 0) first += reach
    size += Math.abs(reach)
  })
  return { first, size }
}

function converted(lengths: readonly number[], operand: Operand): Operand {
  const { first, size } = rangeOf(lengths, operand)
  const data = dataOf(operand) as Elements & { subarray?(start: number, end: number): ArrayLike<number> }
  const doubles = new Float64Array(size)
  if (ArrayBuffer.isView(data) && data.subarray) doubles.set(data.subarray(first, first + size))
  else for (let i = 0; i < size; i++) doubles[i] = data[first + i]!
  return { data: doubles, offset: operand.offset - first, stride: operand.stride }
}
