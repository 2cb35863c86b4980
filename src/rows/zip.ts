/**
 * Arithmetic element by element: two tensors of one shape, repeated by strides of 0 where one has less, and a third for the results. Floats of
 * single precision are computed as they are, all other numbers in double precision, big integers exactly.
 */

import { isBig } from '../copy/big.ts'
import { copyApart } from '../copy/copy.ts'
import { readElement, writeElement } from '../copy/reference.ts'
import type { Floats } from '../layout/data.ts'
import { broadcastTo, contiguous, type Layout, sizeOf } from '../layout/layout.ts'
import { isFloat32, isFloat64 } from '../layout/realms.ts'
import type { Tensor } from '../layout/tensor.ts'
import { computedPlainly } from '../wasm/recording.ts'
import { current } from '../wasm/resident.ts'
import { newLike, offsets } from './walk.ts'

export type ZipName = 'add' | 'subtract' | 'multiply' | 'divide'

/**
 * Writes the results into `target`, which may be one of the two tensors but share no other memory with them. Big integers, which must be all or none,
 * are not divided.
 */
export function zipInto(name: ZipName, a: Tensor, b: Tensor, target: Tensor): void {
  if (sizeOf(target.shape) === 0) return
  const [x, y, z] = [a, b, target].map((tensor) => ({ ...tensor, data: current(tensor.data) })) as [
    Tensor,
    Tensor,
    Tensor,
  ]
  if (isSingle(x) && isSingle(y) && isSingle(z)) run(singles[name], x, y, z)
  else if (isBig(x.data) || isBig(y.data)) zipPlainly(name, x, y, z)
  else if (isDouble(z)) run(doubles[name], asDoubles(x), asDoubles(y), z)
  else {
    const result = { ...contiguous(z.shape), data: new Float64Array(sizeOf(z.shape)) }
    run(doubles[name], asDoubles(x), asDoubles(y), result)
    copyApart(result, z)
  }
}

/** The result of two tensors whose shapes broadcast to `shape`, as NumPy has it. */
export function zipped<D extends Floats>(
  name: ZipName,
  a: Tensor<D>,
  b: Tensor<D>,
  shape: readonly number[],
): Tensor<D> {
  computedPlainly()
  const result = newLike(a, shape)
  const [x, y] = [a, b].map((tensor) => ({ ...broadcastTo(tensor, shape), data: tensor.data }))
  zipInto(name, x!, y!, result)
  return result
}

/** The same, said plainly: what the loops are tested against, and the way of big integers. */
export function zipPlainly(name: ZipName, a: Tensor, b: Tensor, target: Tensor): void {
  const places = offsets(target)
  const [from, other] = [offsets(a), offsets(b)]
  for (const [i, place] of places.entries()) {
    const value = compute[name](
      readElement(a.data, from[i]!) as number,
      readElement(b.data, other[i]!) as number,
    )
    writeElement(target.data, place, value)
  }
}

const compute: Record<ZipName, (x: number, y: number) => number> = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
}

function isSingle(x: Tensor): x is Tensor<Float32Array> {
  return isFloat32(x.data)
}

function isDouble(x: Tensor): x is Tensor<Float64Array> {
  return isFloat64(x.data)
}

/** The same elements in double precision; what is repeated by a stride of 0 is converted once. */
function asDoubles(x: Tensor): Tensor<Float64Array> {
  if (isDouble(x)) return x
  const shape = x.shape.map((length, axis) => (x.stride[axis] === 0 ? Math.min(1, length) : length))
  const copy = { ...contiguous(shape), data: new Float64Array(sizeOf(shape)) }
  copyApart({ ...x, shape }, copy)
  const stride = copy.stride.map((step, axis) => (x.stride[axis] === 0 ? 0 : step))
  return { data: copy.data, shape: x.shape, stride, offset: 0 }
}

/** A loop over elements: how often, and how far a step is in the two operands and in the target. */
interface Loop {
  readonly length: number
  readonly a: number
  readonly b: number
  readonly to: number
}

type Kernel<D> = (x: D, y: D, z: D, a: number, b: number, to: number, outer: Loop, inner: Loop) => void

function run<D extends Float32Array | Float64Array>(
  kernel: Kernel<D>,
  a: Tensor<D>,
  b: Tensor<D>,
  target: Tensor<D>,
): void {
  const loops = loopsOf(a, b, target)
  const once: Loop = { length: 1, a: 0, b: 0, to: 0 }
  const [outer, inner] = [once, once, ...loops].slice(-2) as [Loop, Loop]
  visit(loops.slice(0, -2), a.offset, b.offset, target.offset, (i, j, to) =>
    kernel(a.data, b.data, target.data, i, j, to, outer, inner),
  )
}

/** The fewest loops, those with the larger step in the target outside. */
function loopsOf(a: Layout, b: Layout, target: Layout): Loop[] {
  const all = target.shape
    .map((length, axis) => ({ length, a: a.stride[axis]!, b: b.stride[axis]!, to: target.stride[axis]! }))
    .filter(({ length }) => length !== 1)
    .sort((p, q) => Math.abs(q.to) - Math.abs(p.to))
  const fused: Loop[] = []
  for (const inner of all) {
    const outer = fused.at(-1)
    const { length, a, b, to } = inner
    if (outer && outer.a === a * length && outer.b === b * length && outer.to === to * length) {
      fused[fused.length - 1] = { length: outer.length * length, a, b, to }
    } else {
      fused.push(inner)
    }
  }
  return fused
}

function visit(
  [loop, ...inner]: readonly Loop[],
  a: number,
  b: number,
  to: number,
  call: (a: number, b: number, to: number) => void,
): void {
  if (loop === undefined) call(a, b, to)
  else {
    for (let i = 0; i < loop.length; i++) {
      visit(inner, a + i * loop.a, b + i * loop.b, to + i * loop.to, call)
    }
  }
}

/** Two loops of each operation for each kind of array, written out: V8 makes code for what a function has met. */
const singles: Record<ZipName, Kernel<Float32Array>> = {
  add(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! + y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! + y[q]!
      }
    }
  },
  subtract(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! - y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! - y[q]!
      }
    }
  },
  multiply(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! * y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! * y[q]!
      }
    }
  },
  divide(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! / y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! / y[q]!
      }
    }
  },
}

const doubles: Record<ZipName, Kernel<Float64Array>> = {
  add(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! + y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! + y[q]!
      }
    }
  },
  subtract(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! - y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! - y[q]!
      }
    }
  },
  multiply(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! * y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! * y[q]!
      }
    }
  },
  divide(x, y, z, a, b, to, outer, { length, a: da, b: db, to: dt }) {
    for (let i = 0; i < outer.length; i++, a += outer.a, b += outer.b, to += outer.to) {
      if (da === 1 && db === 1 && dt === 1) {
        for (let j = 0; j < length; j++) z[to + j] = x[a + j]! / y[b + j]!
      } else {
        for (let j = 0, p = a, q = b, r = to; j < length; j++, p += da, q += db, r += dt) z[r] = x[p]! / y[q]!
      }
    }
  },
}
